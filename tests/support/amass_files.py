"""Small AMASS files, made for tests."""

from pathlib import Path
from typing import Any

import numpy as np

FRAMES = 7


def smplh_arrays(**changes: Any) -> dict[str, Any]:
    """Return the arrays of a SMPL+H recording of seven frames; `None` takes a key away."""
    random = np.random.default_rng(0)
    arrays = {
        "poses": random.normal(size=(FRAMES, 156)),
        "trans": random.normal(size=(FRAMES, 3)),
        "betas": random.normal(size=16),
        "gender": np.array("female"),
        "mocap_framerate": np.array(120.0),
        "dmpls": random.normal(size=(FRAMES, 8)),
    }
    arrays.update(changes)
    return {key: array for key, array in arrays.items() if array is not None}


def smplx_arrays(**changes: Any) -> dict[str, Any]:
    """Return the arrays of a SMPL-X recording of seven frames; `None` takes a key away."""
    random = np.random.default_rng(1)
    arrays = {
        "gender": np.array("neutral"),
        "mocap_frame_rate": np.array(30.0),
        "root_orient": random.normal(size=(FRAMES, 3)),
        "pose_body": random.normal(size=(FRAMES, 63)),
        "pose_hand": random.normal(size=(FRAMES, 90)),
        "poses": random.normal(size=(FRAMES, 165)),
        "trans": random.normal(size=(FRAMES, 3)),
        "betas": random.normal(size=16),
    }
    arrays.update(changes)
    return {key: array for key, array in arrays.items() if array is not None}


def save_npz(path: Path, arrays: dict[str, Any], *, compressed: bool = False) -> Path:
    """Write an `.npz` file and the folders above it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    (np.savez_compressed if compressed else np.savez)(path, **arrays)
    return path
