"""Write a recording as AMASS lays out its SMPL+H recordings, so that every reader knows it.

`numpy.savez` gives each member the same date, so that the same recording gives the same bytes.
"""

import os
import tempfile
from pathlib import Path

import numpy as np

from motiondata.recording import Recording
from motiondata.skeleton import JOINTS

SMPLH_JOINTS = 52
"""After the 22 joints of the body AMASS's poses go on with the fingers', which are at rest here."""


def write_recording(path: Path, recording: Recording) -> None:
    """Write a recording to an `.npz` file that is there as a whole or not at all."""
    poses = np.zeros((recording.frames, SMPLH_JOINTS, 3))
    poses[:, :JOINTS] = recording.pose
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=f".{path.name}.") as folder:
        whole = Path(folder) / "tmp"
        with whole.open("wb") as file:
            np.savez_compressed(
                file,
                poses=poses.reshape(recording.frames, -1),
                trans=recording.trans,
                betas=recording.betas,
                gender=np.array(recording.gender),
                mocap_framerate=np.array(recording.fps),
                shape_space=np.array(recording.shape_space),
                licence=np.array(recording.licence),
            )
            file.flush()
            os.fsync(file.fileno())
        whole.replace(path)
