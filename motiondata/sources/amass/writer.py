"""Write recordings in the layout of AMASS's SMPL+H release, which AMASS readers understand.

The same recording always gives the same bytes. Source of the keys: nghorbani/amass.
"""

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from motiondata.files import whole_or_absent
from motiondata.npz_writing import arrays_to_npz
from motiondata.recording import Recording
from motiondata.skeletons import JOINTS

SMPLH_JOINTS = 52
"""The 22 body joints, followed by the finger joints, which are written at rest."""


LABEL = "label_"
"""The keys of labels begin with this text."""


def write_amass(path: Path, recording: Recording, dtype: DTypeLike = np.float64) -> int:
    """Write a recording atomically to an `.npz` file; return the size of the file in bytes."""
    with whole_or_absent(path) as whole:
        return whole.write_bytes(recording_to_npz(recording, dtype))


def recording_to_npz(recording: Recording, dtype: DTypeLike = np.float64) -> bytes:
    """Return a recording as the bytes of an `.npz` file.

    AMASS stores `poses` and `trans` as float64; float32 (precision 1e-7 rad, 1 um at 10 m) takes
    half the space. Keys added to those of AMASS: `shape_space`, `licence` `synthetic` for
    synthetic motion only, and `label_*` for labels. Other readers ignore them.
    """
    poses = np.zeros((recording.frames, SMPLH_JOINTS, 3), dtype)
    poses[:, :JOINTS] = recording.pose
    arrays: dict[str, NDArray[Any]] = {
        "poses": poses.reshape(recording.frames, -1),
        "trans": recording.trans.astype(dtype),
        "betas": recording.betas,
        "gender": np.array(recording.gender),
        "mocap_framerate": np.array(recording.fps),
        "shape_space": np.array(recording.shape_space),
        "licence": np.array(recording.licence),
    }
    if recording.synthetic:
        arrays["synthetic"] = np.array(True)
    arrays |= {f"{LABEL}{name}": label for name, label in recording.labels.items()}
    return arrays_to_npz(arrays)
