"""Read the results of HybrIK, `res.pk`: poses, betas and the place of a person in the camera.

The camera has x right, y down, z forward. x and y are meters. HybrIK gives a depth for each box as
if a camera of a focal length of 1,000 pixels saw the box 256 pixels wide, so the depth of the whole
video is that times 256 / width: right if the focal length of the video is 1,000 pixels, and else in
proportion to it. Frames before the first detection are absent, so frame 0 need not be the video's.
Source: `scripts/demo_video.py`, `hybrik/models/HRNetWithCam.py` and `layers/smpl/SMPL.py` of
Jeff-sjtu/HybrIK.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.recording import SMPL_SHAPES
from motiondata.rotations import quaternion_to_rotvec
from motiondata.sources.smpl.upright import pelvis_at_rest

THETAS = "pred_thetas"
"""The key of the rotations, by which these files are known."""
QUATERNIONS = 24 * 4
"""Numbers of a frame of rotations in newer results: a quaternion for each joint, w first."""
NOMINAL = "the distance to the camera is right for a focal length of 1,000 pixels"
"""What a report says of the place of the person."""
BOX_PIXELS = 256.0
"""Width of a box as the network sees it."""


def hybrik_to_smpl(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return HybrIK's results under the names of SMPL's parameters.

    The place is left out if the file has none.
    """
    thetas = np.atleast_1d(values[THETAS])
    if thetas.dtype.kind == "f" and 0 < thetas.size == len(thetas) * QUATERNIONS:
        thetas = quaternion_to_rotvec(thetas.reshape(len(thetas), -1, 4).astype(np.float64))
    betas = values.get("pred_betas")
    smpl = {"poses": thetas, **({} if betas is None else {"betas": betas})}
    place = _place(values.get("pred_cam_root"), values.get("bbox"), len(thetas))
    rate = {name: values[name] for name in ("fps", "frame_rate") if name in values}
    return {**smpl, **rate, **({} if place is None else {"trans": place})}


def _place(root: Any, boxes: Any, frames: int) -> NDArray[np.float64] | None:
    """Return SMPL's `trans` of the pelvis in the camera, and the corners of its box in pixels."""
    if _floats_shape(root) != (frames, 3) or _floats_shape(boxes) != (frames, 4):
        return None
    place = np.array(root, np.float64)
    width = np.asarray(boxes, np.float64)
    place[:, 2] *= BOX_PIXELS / np.maximum(width[:, 2] - width[:, 0], 1.0)
    return place - pelvis_at_rest(SMPL_SHAPES, np.zeros(10))


def _floats_shape(value: Any) -> tuple[int, ...] | None:
    """Return the shape of an array of floats, None for anything else."""
    is_floats = isinstance(value, np.ndarray) and value.dtype.kind == "f"
    return value.shape if is_floats else None
