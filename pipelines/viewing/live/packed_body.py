"""A body for the page, which poses it: skin and faces once per body, shape and poses per clip.

A clip of 154 frames takes 33 kB; its surfaces, of 6,900 vertices, would take 6 MB.
`page/skinning.js` reads what is written here, and poses as `motiondata.bodies.posing` does.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.body import Body
from motiondata.skeletons import JOINTS, PARENTS
from pipelines.viewing.clip_body import ClipBody
from pipelines.viewing.report.streams import deflate, step_for, to_steps, whole_numbers
from pipelines.viewing.viewed_clip import Meshes

Floats = NDArray[np.float64]
Packed = dict[str, Any]
"""Plain JSON: `head`, and `data` in base64."""

ANGLE_STEP = 1e-4
"""Rotations are rounded to this, radians: 0.1 mm at arm's length."""
ROOT_STEP, REST_STEP = 5e-4, 1e-4
"""Places of the pelvis, and vertices at rest, are rounded to these, meters."""
WEIGHT_STEPS = 2**16 - 1
BLEND_STEPS = 127
"""Pose blend shapes have 8 bits: an error of less than 1 mm, and 4 MB for SMPL."""
FAST = 1
"""zlib's level for what is sent once and quickly."""


def pack_skin(body: Body) -> Packed:
    """Pack what all shapes and poses of a body share."""
    weights = body.driven_weights
    most = int((weights > 0).sum(axis=1).max())
    joints = np.argsort(-weights, axis=1, kind="stable")[:, :most]
    shares = np.take_along_axis(weights, joints, axis=1)
    blend, step = _blend_shapes(body)
    data = b"".join((
        body.faces.astype("<u4").tobytes(),
        np.rint(shares * WEIGHT_STEPS).astype("<u2").tobytes(),
        joints.astype(np.uint8).tobytes(),
        blend.tobytes(),
    ))  # fmt: skip
    head = {
        "vertices": len(body.vertices),
        "faces": len(body.faces),
        "most": most,
        "blend_step": step,
        "blends": len(blend),
        "parents": PARENTS,
    }
    return {"head": head, "data": deflate(data, FAST)}


def _blend_shapes(body: Body) -> tuple[NDArray[np.int8], float]:
    """Return the pose blend shapes of the posed joints, shaped (shapes, 3 vertices), and a step."""
    if body.pose_dirs is None:
        return np.empty((0, 3 * len(body.vertices)), np.int8), 0.0
    shapes = body.pose_dirs[..., : 9 * (JOINTS - 1)]
    step = float(np.abs(shapes).max()) / BLEND_STEPS or 1.0
    steps = np.rint(shapes / step).astype(np.int8)
    return np.ascontiguousarray(steps.reshape(-1, shapes.shape[2]).T), step


def pack_body(body: ClipBody, origin: Floats) -> Packed:
    """Pack the shape and the poses of a clip. `origin` is the place of the page's origin, (3,)."""
    shaped = body.shaped
    roots, rest = body.roots - origin, shaped.vertices - shaped.joints[0]
    pose = body.pose.reshape(len(body.pose), -1)
    values = ((pose, ANGLE_STEP), (roots, ROOT_STEP), (rest, REST_STEP))
    steps = [step_for(numbers, least) for numbers, least in values]
    streams = (to_steps(each[0], step) for each, step in zip(values, steps, strict=True))
    head = {
        "skin": shaped.body.id,
        "frames": len(body.pose),
        "steps": steps,
        "joints": (shaped.joints[:JOINTS] - shaped.joints[0]).round(6).tolist(),
        "note": _note_of(body),
    }
    return {"head": head, "data": deflate(b"".join(map(whole_numbers, streams)), FAST)}


def pack_meshes(meshes: Meshes, origin: Floats) -> Packed:
    """Pack meshes in time. Faces that all frames share are packed once."""
    vertices = np.concatenate(meshes.vertices) - origin
    step = step_for(vertices, REST_STEP)
    same = all(np.array_equal(faces, meshes.faces[0]) for faces in meshes.faces[1:])
    faces = meshes.faces[:1] if same else meshes.faces
    head = {
        "meshes": True,
        "step": step,
        "vertices": [len(each) for each in meshes.vertices],
        "faces": [len(each) for each in faces],
        "note": "",
    }
    indices = np.concatenate(faces).astype("<u4").tobytes()
    return {"head": head, "data": deflate(whole_numbers(to_steps(vertices, step)) + indices, FAST)}


def _note_of(body: ClipBody) -> str:
    if body.has_shape:
        return ""
    name = body.shaped.body.name
    return f"The body is {name} in its mean shape; choose the body of the dataset by --body"
