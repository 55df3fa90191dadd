"""A body that is fitted to joints returns them, in any frame and unit, and bends as people do."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from numpy.typing import NDArray

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import pose_joints, shape_body
from motiondata.errors import DropReason, InputError, RecordingError
from motiondata.fitting.fit_joints import FittedMotion, fit_joints
from motiondata.fitting.gauss_newton import MOST_FRAMES
from motiondata.fitting.limits import bounds
from motiondata.representations.joint_sets import (
    amass_to_y_up,
    pose_smpl_joints,
    smpl_to_kit,
    to_kit_frame,
)
from motiondata.rotations import about, rotvec_to_rotmat
from motiondata.skeletons import JOINT
from motiondata.sources.amass.reader import read_smplh
from motiondata.sources.cmu.convert import read_motion, read_subject
from tests.support.performances import recorded_scenes
from tests.support.reference_data import reference_data

Floats = NDArray[np.float64]

FPS = 20.0
BETAS = np.array([0.8, -1.2, 0.5, 0.3, 0.0, -0.6])


@lru_cache
def made(number: int = 3, frames: int = 60) -> Floats:
    """Return the joints of made motion at about 20 Hz, shaped (frames, 22, 3), z up."""
    scene = recorded_scenes()[number]
    joints: Floats = scene.joints[:: max(1, round(scene.fps / FPS))][:frames]
    return joints


@lru_cache
def fitted(number: int = 3) -> FittedMotion:
    return fit_joints(made(number), up="z", fps=FPS)


def degrees_between(first: Floats, second: Floats) -> Floats:
    """Return the angles between rotation vectors shaped (..., 3), degrees."""
    a, b = rotvec_to_rotmat(first), rotvec_to_rotmat(second)
    cosines = ((a * b).sum(axis=(-1, -2)) - 1.0) / 2.0
    degrees: Floats = np.degrees(np.arccos(np.clip(cosines, -1.0, 1.0)))
    return degrees


def posed(motion: FittedMotion) -> Floats:
    return pose_joints(shape_body(bundled_body(), motion.betas), motion.pose, motion.trans)


@pytest.mark.parametrize("number", [0, 3, 11, 20, 35])
def test_joints_of_the_bundled_body_are_returned(number: int) -> None:
    motion = fitted(number)
    errors = np.linalg.norm(posed(motion) - made(number), axis=-1)
    np.testing.assert_allclose(errors, motion.errors, atol=1e-9)
    assert errors.mean() < 0.003
    assert np.percentile(errors, 99) < 0.01


def test_the_shape_is_found() -> None:
    scene = recorded_scenes()[5]
    tall = shape_body(bundled_body(), BETAS)
    joints = pose_joints(tall, scene.motion.pose[::3], scene.motion.trans[::3])
    motion = fit_joints(joints, up="z", fps=FPS)
    assert motion.errors.mean() < 0.002
    given = fit_joints(joints, up="z", fps=FPS, betas=BETAS)
    np.testing.assert_array_equal(given.betas[: len(BETAS)], BETAS)
    assert given.errors.mean() < 0.001


@pytest.mark.parametrize("number", [0, 3, 11, 20, 35])
def test_rotations_do_not_jump(number: int) -> None:
    """No joint turns faster than in the motion that was posed, with a margin for its twist."""
    scene = recorded_scenes()[number]
    true = scene.motion.pose[:: max(1, round(scene.fps / FPS))][:60]
    fastest = degrees_between(true[1:], true[:-1]).max()
    motion = fitted(number)
    assert degrees_between(motion.pose[1:], motion.pose[:-1]).max() < fastest + 15.0


@pytest.mark.parametrize("number", [0, 3, 11, 20, 35])
def test_joints_stay_within_the_limits_of_people(number: int) -> None:
    pose = fitted(number).pose
    angle = np.linalg.norm(pose, axis=-1, keepdims=True)
    turned = pose * (2 * np.sin(angle / 2) / np.where(angle > 0, angle, 1.0))
    low, high = bounds()
    assert (turned > low - 0.06).all()
    assert (turned < high + 0.06).all()


def test_overstretched_knees_do_not_turn_the_legs_around() -> None:
    """A standing person's knees are pushed back by 3 cm, to about 9 degrees beyond straight."""
    standing = np.repeat(made(0)[:1], 10, axis=0)
    across = standing[:, JOINT["left_hip"]] - standing[:, JOINT["right_hip"]]
    forward = np.cross(across, [0.0, 0.0, 1.0]) / np.linalg.norm(across, axis=-1, keepdims=True)
    straight = fit_joints(standing, up="z", fps=FPS)
    for knee in ("left_knee", "right_knee"):
        standing[:, JOINT[knee]] -= 0.03 * forward
    motion = fit_joints(standing, up="z", fps=FPS)
    assert degrees_between(motion.pose[:, 1:3], straight.pose[:, 1:3]).max() < 30.0
    assert motion.pose[:, [JOINT["left_knee"], JOINT["right_knee"]], 0].min() > -0.2


def test_turning_the_positions_turns_the_root_only() -> None:
    turn = about("z", np.array([2.1]))[0]
    turned = fit_joints(made() @ turn.T + [3.0, -1.0, 0.0], up="z", fps=FPS)
    straight = fitted()
    np.testing.assert_allclose(turned.betas, straight.betas, atol=1e-6)
    assert degrees_between(turned.pose[:, 1:], straight.pose[:, 1:]).max() < 0.01
    np.testing.assert_allclose(
        rotvec_to_rotmat(turned.pose[:, 0]),
        turn @ rotvec_to_rotmat(straight.pose[:, 0]),
        atol=1e-5,
    )


def test_y_up_is_turned_to_z_up() -> None:
    motion = fit_joints(amass_to_y_up(made()), up="y", fps=FPS)
    np.testing.assert_array_equal(motion.pose, fitted().pose)
    np.testing.assert_array_equal(motion.trans, fitted().trans)


@pytest.mark.parametrize(("unit", "meters"), [("mm", 0.001), ("cm", 0.01), ("inch", 0.0254)])
def test_the_unit_is_found(unit: str, meters: float) -> None:
    found = fit_joints(made() / meters, up="z", fps=FPS)
    given = fit_joints(made() / meters, up="z", fps=FPS, unit=unit)
    assert found.scale == given.scale == meters
    np.testing.assert_allclose(found.trans, fitted().trans, atol=1e-6)


def test_a_small_person_is_scaled_to_the_body() -> None:
    motion = fit_joints(made() * 0.55, up="z", fps=FPS)
    assert motion.scale == pytest.approx(1 / 0.55, rel=0.2)
    assert motion.errors.mean() < 0.005


def test_kit_s_joints_are_fitted_without_those_that_it_lacks() -> None:
    kit = to_kit_frame(smpl_to_kit(amass_to_y_up(made())))
    motion = fit_joints(kit, up="y", fps=FPS)
    assert motion.scale == 0.001
    lacking = [JOINT[name] for name in ("spine2", "left_collar", "right_collar")]
    assert np.isnan(motion.errors[:, lacking]).all()
    errors = np.linalg.norm(posed(motion) - made(), axis=-1)
    assert np.delete(errors, lacking, axis=1).mean() < 0.005
    assert errors.mean() < 0.01


@pytest.mark.parametrize("number", [5, 17, 45, 49, 53])
def test_no_joint_turns_by_itself_where_kit_s_joints_lack_neighbors(number: int) -> None:
    """Collars can turn about their own bone, which no joint shows and a shoulder can undo."""
    scene = recorded_scenes()[number]
    chosen = slice(None, None, round(scene.fps / 12.5))
    kit = to_kit_frame(smpl_to_kit(amass_to_y_up(scene.joints[chosen][:80])))
    motion = fit_joints(kit, up="y", fps=12.5)
    true = scene.motion.pose[chosen][:80]
    excess = degrees_between(motion.pose[1:], motion.pose[:-1]) - degrees_between(
        true[1:], true[:-1]
    )
    assert excess.max() < 10.0


def test_hands_turn_the_wrists() -> None:
    scene, shaped = recorded_scenes()[3], shape_body(bundled_body(), np.zeros(10))
    pose = scene.motion.pose[:40].copy()
    pose[:, JOINT["left_wrist"]] = [0.0, 0.3, -0.5]
    joints = pose_smpl_joints(shaped, pose, scene.motion.trans[:40])
    motion = fit_joints(joints, up="z", fps=FPS)
    again = pose_smpl_joints(shape_body(bundled_body(), motion.betas), motion.pose, motion.trans)
    assert np.linalg.norm(again - joints, axis=-1).max() < 0.01


def test_the_same_positions_give_the_same_bits() -> None:
    again = fit_joints(made().copy(), up="z", fps=FPS)
    np.testing.assert_array_equal(again.pose, fitted().pose)


def test_noise_of_a_centimeter_does_not_flip_limbs() -> None:
    noise = np.random.default_rng(5).normal(0.0, 0.01, made().shape)
    motion = fit_joints(made() + noise, up="z", fps=FPS)
    assert np.linalg.norm(posed(motion) - made(), axis=-1).mean() < 0.02
    knees = motion.pose[:, [JOINT["left_knee"], JOINT["right_knee"]], 0]
    assert knees.min() > -0.25


@pytest.mark.slow
def test_a_long_clip_is_fitted_in_parts() -> None:
    joints = np.concatenate([made(3), made(3)[::-1]] * (MOST_FRAMES // 120 + 1))
    assert len(joints) > MOST_FRAMES
    motion = fit_joints(joints, up="z", fps=FPS)
    assert motion.errors.mean() < 0.003
    around = slice(MOST_FRAMES - 2, MOST_FRAMES + 2)
    steps = degrees_between(motion.pose[around][1:], motion.pose[around][:-1])
    assert steps.max() < 20.0


def test_nan_is_refused_with_its_frame() -> None:
    joints = made().copy()
    joints[7, 3, 1] = np.nan
    with pytest.raises(RecordingError, match="first one is frame 7") as caught:
        fit_joints(joints, up="z", fps=FPS, where="walk.npy")
    assert caught.value.reason == DropReason.NOT_FINITE
    assert str(caught.value).startswith("walk.npy: ")


@pytest.mark.parametrize(
    ("joints", "reason"),
    [
        (np.zeros((5, 22, 3)), DropReason.INVALID),
        (np.zeros((5, 23, 3)), DropReason.INVALID),
        (np.zeros((5, 66)), DropReason.INVALID),
        (np.array([["a"]]), DropReason.INVALID),
        (np.zeros((0, 22, 3)), DropReason.TOO_SHORT),
        (np.ones((1, 22, 3)), DropReason.TOO_SHORT),
    ],
)
def test_what_cannot_be_fitted_is_refused(joints: Floats, reason: DropReason) -> None:
    with pytest.raises(RecordingError) as caught:
        fit_joints(joints, up="z", fps=FPS)
    assert caught.value.reason == reason


def test_a_bone_without_length_is_refused() -> None:
    joints = made().copy()
    joints[4, JOINT["left_wrist"]] = joints[4, JOINT["left_elbow"]]
    with pytest.raises(RecordingError, match=r"left_elbow and left_wrist .* in frame 4"):
        fit_joints(joints, up="z", fps=FPS)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"up": "x", "fps": 20.0}, "up: expected y or z"),
        ({"up": "y", "fps": 0.0}, "fps: expected a rate"),
        ({"up": "y", "fps": 20.0, "unit": "feet"}, "unit: expected one of"),
    ],
)
def test_options_are_checked(options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        fit_joints(made(), **options)  # type: ignore[arg-type]


def test_a_real_recording_is_fitted() -> None:
    recording = read_smplh(reference_data("amass", "amass_sample.npz"), "amass_sample.npz")
    shaped = shape_body(bundled_body(), recording.betas)
    joints = pose_joints(shaped, recording.pose[::6], recording.trans[::6])
    motion = fit_joints(joints, up="z", fps=FPS)
    assert motion.errors.mean() < 0.005
    assert np.percentile(motion.errors, 99) < 0.02


@pytest.mark.parametrize("trial", ["01_01", "02_03", "02_10"])
def test_captures_are_fitted(trial: str) -> None:
    folder = reference_data("cmu_asfamc", "subjects", trial[:2])
    recording = read_motion(folder / f"{trial}.amc", read_subject(folder / f"{trial[:2]}.asf"))
    recording = replace(recording, pose=recording.pose[::6], trans=recording.trans[::6])
    shaped = shape_body(bundled_body(), recording.betas)
    motion = fit_joints(pose_joints(shaped, recording.pose, recording.trans), up="z", fps=FPS)
    assert motion.errors.mean() < 0.005
    assert np.percentile(motion.errors, 99) < 0.02
    fastest = degrees_between(recording.pose[1:], recording.pose[:-1]).max()
    assert degrees_between(motion.pose[1:], motion.pose[:-1]).max() < fastest + 15.0
