"""Read one AMASS recording with a single call."""

from pathlib import Path

from motiondata.errors import InputError
from motiondata.recording import Recording
from motiondata.sources.amass.reader import read_recording


def read_amass(path: str | Path) -> Recording:
    """Read a recording (`.npz`) of AMASS's SMPL+H or SMPL-X release.

    The release is detected from the keys of the file. The result has `pose` (frames, 22, 3),
    axis-angle, radians; `trans` (frames, 3), meters, world frame, z up; `fps`, `gender` and
    `betas`. Raises `InputError` if there is no file at `path`, and `RecordingError` if the file is
    not a recording.
    """
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: expected an AMASS recording (.npz), found no file")
    return read_recording(path, str(path))
