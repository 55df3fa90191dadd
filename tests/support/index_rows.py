"""Rows and recordings made for tests: small, of any length, and with frame numbers for values."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from motiondata.recording import Recording
from motiondata.skeletons import JOINTS
from motiondata.sources.humanml3d.index import Row

FRAME_RATES = (60.0, 59.999989, 100.0, 120.0, 120.000046, 150.0, 250.0)
"""Every frame rate in AMASS's SMPL+H release. Source: BABEL's table of frame rates."""

SUBSETS = (
    "ACCAD", "BMLhandball", "BMLmovi", "BioMotionLab_NTroje", "CMU", "DFaust_67", "EKUT",
    "Eyes_Japan_Dataset", "HumanEva", "KIT", "MPI_HDM05", "MPI_Limits", "MPI_mosh", "SFU",
    "SSM_synced", "TotalCapture", "Transitions_mocap",
)  # fmt: skip
"""The subsets in HumanML3D's index that have poses."""


def made_row(subset: str = "KIT", start: int = 0, end: int = 10, name: str = "000000") -> Row:
    """Return a row of a made path."""
    return Row(0, f"./pose_data/{subset}/3/kick_high_left02_poses.npy", start, end, name)


def numbered_recording(frames: int, fps: float) -> Recording:
    """Return a recording whose every value is the number of its frame."""
    numbers = _numbers(frames)
    return Recording(
        pose=np.broadcast_to(numbers[:, None, None], (frames, JOINTS, 3)),
        trans=np.broadcast_to(numbers[:, None], (frames, 3)),
        fps=fps,
        gender="neutral",
        betas=np.zeros(16),
        source="KIT/3/kick_high_left02_poses.npz",
    )


@lru_cache(maxsize=64)
def _numbers(frames: int) -> NDArray[np.float64]:
    return np.arange(frames, dtype=np.float64)
