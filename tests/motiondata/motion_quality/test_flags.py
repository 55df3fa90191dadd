"""Flags of quality: none on made or recorded motion without a reason, each on its own fault."""

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from motiondata.bodies.posing import pose_joints
from motiondata.errors import InputError
from motiondata.motion_quality.feet import SoleHeights, foot_heights, sole_heights
from motiondata.motion_quality.flags import measure_quality, quality_flags
from motiondata.motion_quality.limits import LIMITS
from motiondata.skeletons import JOINT
from motiondata.sources.cmu.convert import read_motion, read_subject
from motiondata.synthesis.acts import Act
from tests.support.performances import act_out, shaped
from tests.support.reference_data import reference_data

Floats = NDArray[np.float64]
FPS = 20.0
ACTS = {
    "walk": Act(kind="walk", side="left", direction="forward", count=8, turn_deg=0),
    "circle": Act(kind="walk", side="left", direction="forward", count=12, turn_deg=360),
    "run": Act(kind="run", side="left", direction="forward", count=8, turn_deg=0),
    "march": Act(kind="march", side="left", direction="place", count=8, turn_deg=0),
    "stand": Act(kind="stand", side="", direction="", count=1, turn_deg=0),
    "jump": Act(kind="jump", side="", direction="forward", count=2, turn_deg=0),
    "kick": Act(kind="kick", side="right", direction="", count=2, turn_deg=0),
    "raise_arms": Act(kind="raise_arms", side="both", direction="side", count=2, turn_deg=0),
    "sit": Act(kind="sit", side="", direction="", count=1, turn_deg=0),
    "turn": Act(kind="turn", side="left", direction="left", count=1, turn_deg=90),
}


@lru_cache
def performed(name: str, fps: float = FPS) -> tuple[Floats, SoleHeights]:
    """Return the joints of an act, and the heights of its subject's soles."""
    scene = act_out(ACTS[name], fps=fps)
    return scene.joints, sole_heights(shaped(scene.subject))


def flags_of(joints: Floats, soles: SoleHeights, fps: float = FPS) -> tuple[str, ...]:
    return quality_flags(measure_quality(joints, fps, soles))


@pytest.mark.parametrize("fps", [20.0, 60.0, 120.0])
@pytest.mark.parametrize("name", ACTS)
def test_made_motion_has_no_flag(name: str, fps: float) -> None:
    assert flags_of(*performed(name, fps), fps) == ()


@pytest.mark.parametrize(
    ("trial", "flags"), [("02_01", ()), ("02_03", ()), ("02_04", ()), ("01_08", ("floating",))]
)
def test_recorded_motion_has_only_flags_with_a_reason(trial: str, flags: tuple[str, ...]) -> None:
    """Trial 01_08 is in a playground: the person climbs and hangs for 15 seconds."""
    folder = reference_data("cmu_asfamc", "subjects", trial[:2])
    subject = read_subject(folder / f"{trial[:2]}.asf")
    recording = read_motion(Path(folder / f"{trial}.amc"), subject)
    joints = pose_joints(subject.shaped, recording.pose, recording.trans)[::6]
    assert flags_of(joints, sole_heights(subject.shaped)) == flags


def slide(joints: Floats) -> Floats:
    seconds = np.arange(len(joints)) / FPS
    spoiled: Floats = joints + seconds[:, None, None] * [0.8, 0.0, 0.0]
    return spoiled


def hold(joints: Floats) -> Floats:
    spoiled: Floats = joints - joints[:, :1] * [1.0, 1.0, 0.0]
    return spoiled


def sink(joints: Floats) -> Floats:
    spoiled: Floats = joints - [0.0, 0.0, 0.1]
    return spoiled


def lie_below(joints: Floats) -> Floats:
    """Lay the body down at the height of the floor's surface."""
    lying = joints[..., [0, 2, 1]] * [1.0, 1.0, 0.1]
    spoiled: Floats = lying - [0.0, 0.0, lying[..., 2].max() + 0.05]
    return spoiled


def lift(joints: Floats) -> Floats:
    spoiled: Floats = joints + np.array([0.0, 0.0, 0.4])
    return spoiled


def skip(joints: Floats) -> Floats:
    later = np.arange(len(joints)) >= len(joints) // 2
    spoiled: Floats = joints + later[:, None, None] * [0.25, 0.0, 0.0]
    return spoiled


def shake(joints: Floats) -> Floats:
    noise: Floats = np.random.default_rng(0).normal(0, 0.01, joints.shape)
    return joints + noise


def spread_arms(joints: Floats) -> Floats:
    """Put the arms to the sides, level with the shoulders."""
    spread = joints.copy()
    for side, sign in (("left", 1.0), ("right", -1.0)):
        shoulder = joints[:, JOINT[f"{side}_shoulder"]]
        across = shoulder - joints[:, JOINT["neck"]]
        level = across * [1.0, 1.0, 0.0] / np.linalg.norm(across[:, :2], axis=1)[:, None]
        assert sign * (level @ [1.0, 0.0, 0.0]).mean() > 0
        spread[:, JOINT[f"{side}_elbow"]] = shoulder + 0.27 * level
        spread[:, JOINT[f"{side}_wrist"]] = shoulder + 0.5 * level
    return spread


FAULTS: dict[str, tuple[str, Callable[[Floats], Floats]]] = {
    "foot_skating": ("walk", slide),
    "foot_penetration": ("stand", sink),
    "body_penetration": ("stand", lie_below),
    "floating": ("walk", lift),
    "frame_jump": ("walk", skip),
    "jitter": ("stand", shake),
    "treadmill": ("walk", hold),
    "t_pose": ("stand", spread_arms),
}


@pytest.mark.parametrize("flag", FAULTS)
def test_a_fault_has_its_flag(flag: str) -> None:
    name, spoil = FAULTS[flag]
    joints, soles = performed(name)
    assert flag in flags_of(spoil(joints), soles)


def test_every_flag_has_a_fault_that_is_tested() -> None:
    assert list(FAULTS) == list(LIMITS)


@pytest.mark.parametrize("name", ["run", "circle"])
def test_other_gaits_on_a_treadmill_have_its_flag(name: str) -> None:
    joints, soles = performed(name)
    assert "treadmill" in flags_of(hold(joints), soles)


def test_marching_in_place_is_no_treadmill() -> None:
    joints, soles = performed("march")
    assert measure_quality(joints, FPS, soles)["treadmill"] < LIMITS["treadmill"].value


def test_the_speed_of_a_treadmill_is_that_of_the_walk() -> None:
    joints, soles = performed("walk")
    speed = np.linalg.norm(np.diff(joints[10:-10, 0, :2], axis=0), axis=1).mean() * FPS
    found = measure_quality(hold(joints), FPS, soles)["treadmill"]
    assert found == pytest.approx(speed, rel=0.25)


def test_the_noise_of_a_still_body_is_measured_in_meters() -> None:
    joints, soles = performed("stand")
    still = np.repeat(joints[:1], 400, axis=0)
    assert measure_quality(shake(still), FPS, soles)["jitter"] == pytest.approx(0.01, rel=0.1)


def test_soles_of_a_body_at_rest_are_on_the_floor() -> None:
    scene = act_out(ACTS["stand"])
    soles = sole_heights(shaped(scene.subject))
    assert np.abs(foot_heights(scene.joints, soles)).max() < 0.02


@settings(deadline=None, max_examples=20)
@given(st.floats(-np.pi, np.pi), st.floats(-5, 5), st.floats(-5, 5))
def test_place_and_direction_change_no_measure(yaw: float, x: float, y: float) -> None:
    joints, soles = performed("walk")
    cosine, sine = np.cos(yaw), np.sin(yaw)
    turned = np.stack(
        [
            cosine * joints[..., 0] - sine * joints[..., 1] + x,
            sine * joints[..., 0] + cosine * joints[..., 1] + y,
            joints[..., 2],
        ],
        axis=-1,
    )
    own, other = (measure_quality(clip, FPS, soles) for clip in (joints, turned))
    assert other == pytest.approx(own, rel=1e-3, abs=1e-6)


@pytest.mark.parametrize("frames", [0, 1, 2, 3, 7])
def test_short_clips_have_measures(frames: int) -> None:
    joints, soles = performed("walk")
    assert list(measure_quality(joints[:frames], FPS, soles)) == list(LIMITS)


def test_joints_that_are_not_finite_are_refused() -> None:
    with pytest.raises(InputError, match="joints: expected finite numbers"):
        measure_quality(np.full((5, 22, 3), np.nan), FPS, SoleHeights(0.08, 0.02))
