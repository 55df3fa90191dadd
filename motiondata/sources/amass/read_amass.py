"""Reading one of AMASS's recordings in one call."""

from pathlib import Path

from motiondata.errors import InputError
from motiondata.recording import Recording
from motiondata.sources.amass.reader import read_recording


def read_amass(path: str | Path) -> Recording:
    """Read a recording (`.npz`) of AMASS's SMPL+H or SMPL-X release; its keys tell which.

    The result has `pose` (frames, 22, 3), axis-angle, radians, and `trans` (frames, 3), metres,
    world frame, z up; `fps`, `gender`, `betas`. Raises `InputError` where no file is at `path`, and
    `RecordingError` where it is not a recording.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: expected an AMASS recording (.npz), found no file")
    return read_recording(path, str(path))
