"""Fit a body to joint positions: SMPL poses, a path and a shape, thousands of frames a second.

First the shape follows from the distances between joints, and the rotations from the directions of
bones, both in closed form. A few Gauss-Newton steps on the whole clip then share out what is left.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motiondata.arrays import finite_array
from motiondata.bodies.body import Body
from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import shape_body
from motiondata.errors import InputError
from motiondata.fitting.analytic import least_rotation, solve_rotations
from motiondata.fitting.fit_shape import fit_betas, rest_joints
from motiondata.fitting.gauss_newton import Problem, State, refine
from motiondata.fitting.joint_clip import UNITS, UPS, JointClip, read_clip
from motiondata.recording import BETAS, MAX_FPS
from motiondata.representations.joint_sets import hands_of
from motiondata.representations.sixd import multiply, rotate
from motiondata.rotations import rotmat_to_rotvec
from motiondata.skeletons import JOINT, JOINTS, PARENTS

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class FittedMotion:
    """A motion of a body that follows joint positions; AMASS's world, z up, meters, radians."""

    pose: Floats
    """Axis-angle rotations in SMPL's order, shaped (frames, 22, 3)."""
    trans: Floats
    """AMASS's `trans`, shaped (frames, 3)."""
    betas: Floats
    """Coefficients of the body's shape space, shaped (16,)."""
    errors: Floats
    """The distance of each joint from its position, meters, shaped (frames, 22); NaN for joints
    that the source lacks."""
    scale: float
    """The factor from the source's unit to meters. It is not the unit itself where a person is
    outside the sizes of the body, and was scaled to the mean one."""


def fit_joints(
    joints: ArrayLike,
    *,
    up: str,
    fps: float,
    unit: str | None = None,
    body: Body | None = None,
    betas: ArrayLike | None = None,
    where: str = "joints",
) -> FittedMotion:
    """Fit a body to joint positions.

    `joints` are positions shaped (frames, 22, 3) or (frames, 24, 3) in SMPL's order, or (frames,
    21, 3) in KIT-ML's order and mirrored frame. `up` is the axis that points up, `y` (HumanML3D's
    frame) or `z` (AMASS's world). `fps` is the frame rate, Hz. `unit` is `m`, `cm`, `mm` or `inch`;
    None finds it from the size of the person. `body` is the bundled one by default. `betas` fix the
    shape, (betas,); None fits it. `where` names the source in errors.

    Rotations that no joint shows are those at rest: head, toes, and hands unless the source has 24
    joints. A body posed by the bundled one is found to below a millimeter in the mean.

    Raises `RecordingError` for positions that cannot be fitted, as `read_clip` does, and
    `InputError` for other arguments.
    """
    _expect_options(up, fps, unit)
    body = body or bundled_body()
    clip = read_clip(joints, up, unit, body.joints_template, where)
    shape = fit_betas(clip, body) if betas is None else _given(betas)
    rest, directions = rest_joints(body, shape)
    shapes = directions.shape[2]
    start = State(
        solve_rotations(clip.joints, rest, fps), clip.joints[:, 0].copy(), shape[:shapes].copy()
    )
    template, _ = rest_joints(body, np.zeros(BETAS))
    problem = Problem(clip, template, directions, start, fps, betas is None)
    state = refine(problem)
    shape[:shapes] = state.betas
    return _finished(clip, state, problem.rest(state), body, shape)


def _expect_options(up: str, fps: float, unit: str | None) -> None:
    if up not in UPS:
        raise InputError(f"up: expected y or z, found {up!r}")
    if unit is not None and unit not in UNITS:
        raise InputError(f"unit: expected one of {', '.join(UNITS)}, found {unit!r}")
    if not 0 < fps <= MAX_FPS:
        raise InputError(f"fps: expected a rate above 0 and up to {MAX_FPS:g} Hz, found {fps!r}")


def _given(betas: ArrayLike) -> Floats:
    given = finite_array(betas, "betas", ("betas",))
    return np.concatenate([given, np.zeros(BETAS)])[:BETAS]


def _finished(
    clip: JointClip, state: State, rest: Floats, body: Body, betas: Floats
) -> FittedMotion:
    world, places = posed_joints(state.local, state.root, rest)
    local = state.local.copy()
    if clip.hands is not None:
        _point_wrists(local, world, places, clip.hands, shape_body(body, betas).joints, body)
    differences = places - clip.joints
    errors = np.sqrt((differences * differences).sum(axis=-1))
    errors[:, clip.weights == 0] = np.nan
    return FittedMotion(rotmat_to_rotvec(local), state.root - rest[0], betas, errors, clip.scale)


def posed_joints(local: Floats, root: Floats, rest: Floats) -> tuple[Floats, Floats]:
    """Return the world rotations (frames, 22, 3, 3) and the places (frames, 22, 3) of all joints.

    `local` are local rotations (frames, 22, 3, 3), `root` (frames, 3), `rest` (22, 3).
    """
    world, places = local.copy(), np.empty((len(local), JOINTS, 3))
    places[:, 0] = root
    for joint, parent in enumerate(PARENTS):
        if parent >= 0:
            world[:, joint] = multiply(world[:, parent], local[:, joint])
            bone = rest[joint] - rest[parent]
            places[:, joint] = places[:, parent] + rotate(world[:, parent], bone)
    return world, places


def _point_wrists(
    local: Floats, world: Floats, places: Floats, hands: Floats, rest: Floats, body: Body
) -> None:
    """Turn the wrists by the least rotation that points them at the hands."""
    shaped = shape_body(body, np.zeros(0))
    for place, number in enumerate(hands_of(shaped)):
        wrist = JOINT[("left_wrist", "right_wrist")[place]]
        forearm = world[:, PARENTS[wrist]]
        wanted = rotate(np.swapaxes(forearm, -1, -2), hands[:, place] - places[:, wrist])
        bone = np.broadcast_to(rest[number] - rest[wrist], wanted.shape)
        local[:, wrist] = least_rotation(bone, wanted)
