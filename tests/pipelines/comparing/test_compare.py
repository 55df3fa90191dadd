"""Comparisons of motions whose differences are known."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from motiondata.bodies.bundled import bundled_body
from motiondata.errors import InputError
from motiondata.skeletons import JOINT, JOINTS, PARENTS
from pipelines.comparing.bone_directions import BONES, angles_between, bone_directions
from pipelines.comparing.compare import Performance, compare, compare_performances
from pipelines.comparing.comparison import Comparison
from pipelines.comparing.options import CompareOptions
from pipelines.viewing.skeletons import PosedSkeleton
from pipelines.viewing.viewed_clip import ViewedClip
from shards.format.dataset import Dataset

Floats = NDArray[np.float64]
FPS = 20.0


def standing(frames: int) -> Floats:
    """Return the joints of the bundled body at rest, z up, facing forward, with a swaying trunk."""
    rest = bundled_body().joints_template[:JOINTS]
    joints = np.repeat(rest[None, :, [2, 0, 1]], frames, 0)  # y up, facing z: now z up, facing x
    sway = 0.3 * np.sin(np.arange(frames) * 0.2)[:, None]
    above = [JOINT[name] for name in ("spine1", "spine2", "spine3", "neck", "head")]
    joints[:, above, 0] += sway * (joints[:, above, 2] - joints[:, [0], 2])
    return joints


def raised(joints: Floats, start: int, stop: int, degrees: float) -> Floats:
    """Turn the left forearm and hand upward about the axis forward, from one frame to another."""
    elbow, wrist = JOINT["left_elbow"], JOINT["left_wrist"]
    changed, angle = joints.copy(), np.radians(degrees)
    forearm = joints[start:stop, wrist] - joints[start:stop, elbow]
    across = np.cross(forearm, (1.0, 0, 0))
    turned = forearm * np.cos(angle) + np.cross((1.0, 0, 0), forearm) * np.sin(angle)
    assert np.allclose(np.linalg.norm(across, axis=-1), np.linalg.norm(forearm[:, 1:], axis=-1))
    changed[start:stop, wrist] = joints[start:stop, elbow] + turned
    return changed


def clip_of(joints: Floats, fps: float = FPS, key: str = "clip") -> ViewedClip:
    skeleton = PosedSkeleton(joints, PARENTS)
    return ViewedClip(key, len(joints), fps, (), None, skeleton, None, None, {})


def compared(first: Floats, second: Floats, fps: float = FPS) -> Comparison:
    one = Performance.of(clip_of(first), "A", FPS)
    other = Performance.of(clip_of(second, fps), "B", FPS)
    return compare_performances(one, other, CompareOptions.part_degrees)


def test_a_performance_is_like_itself() -> None:
    found = compared(standing(30), standing(30))
    assert found.distance_degrees == pytest.approx(0, abs=1e-6)
    assert found.partings == ()
    assert found.path == tuple((at / FPS, at / FPS) for at in range(30))
    assert "they do not part" in str(found)


def test_size_place_and_heading_do_not_matter() -> None:
    turn = np.array([[0.6, -0.8, 0], [0.8, 0.6, 0], [0, 0, 1]])
    other = 1.3 * standing(20) @ turn.T + (3, -2, 0.1)
    assert compared(standing(20), other).distance_degrees == pytest.approx(0, abs=1e-5)


def test_pauses_and_another_rate_do_not_matter() -> None:
    slow = np.repeat(standing(20), 3, axis=0)
    found = compared(standing(20), slow)
    assert found.distance_degrees == pytest.approx(0, abs=1e-6)
    assert len(found.path) == 60
    assert compared(standing(20), slow, fps=3 * FPS).distance_degrees < 1e-6


def test_a_raised_forearm_is_found_with_its_angle_and_time() -> None:
    found = compared(standing(60), raised(standing(60), 20, 35, 70))
    worst = found.bones[0]
    assert worst.bone == "left_wrist"
    assert worst.largest_degrees == pytest.approx(70, abs=1)
    (parting,) = found.partings
    assert parting.bones == ("left_wrist",)
    assert parting.second_seconds == pytest.approx((20 / FPS, 34 / FPS))
    assert all(each.mean_degrees < 5 for each in found.bones[1:])
    assert "A 1.00-1.70 s, B 1.00-1.70 s: up to 70 degrees; left_wrist" in str(found)


def test_order_changes_the_sides_only() -> None:
    one, other = standing(25), raised(standing(40), 5, 20, 60)
    forth, back = compared(one, other), compared(other, one)
    assert forth.distance_degrees == pytest.approx(back.distance_degrees)
    assert [each.bone for each in forth.bones] == [each.bone for each in back.bones]


@pytest.mark.parametrize("degrees", [0.0, 1e-4, 30.0, 90.0, 180.0])
def test_angles_are_exact_also_where_they_are_small(degrees: float) -> None:
    angle = np.radians(degrees)
    found = angles_between(np.array([1.0, 0, 0]), np.array([np.cos(angle), np.sin(angle), 0]))
    assert found == pytest.approx(degrees, rel=1e-6)


def test_directions_are_forward_left_and_up() -> None:
    directions = bone_directions(standing(1), "a")[0]
    assert directions[BONES.index("left_hip")] @ (0, 1, 0) > 0.5
    assert directions[BONES.index("head")] @ (0, 0, 1) > 0.7
    assert directions[BONES.index("left_foot")] @ (1, 0, 0) > 0.5


def test_one_frame_is_compared() -> None:
    assert compared(standing(1), standing(5)).path[-1] == (0.0, 4 / FPS)


def test_bones_without_a_length_and_other_skeletons_are_refused() -> None:
    joints = standing(3)
    joints[1, JOINT["head"]] = joints[1, JOINT["neck"]]
    with pytest.raises(InputError, match="found none to head in frame 1"):
        compared(joints, standing(3))
    joints[1, JOINT["head"]] = np.nan
    with pytest.raises(InputError, match="found none to head in frame 1"):
        compared(joints, standing(3))
    bare = ViewedClip("k", 3, FPS, (), None, None, None, None, {})
    with pytest.raises(InputError, match="expected a motion with SMPL's 22 joints, found none"):
        Performance.of(bare, "bare", FPS)


def test_clips_of_a_dataset_are_compared_by_their_keys(built: Dataset) -> None:
    keys = sorted(built.manifest["key"].to_pylist())
    options = CompareOptions(key=keys[0], other_key=keys[0])
    assert compare(built.path, built.path, options).distance_degrees < 1e-6
    other = compare(built.path, built.path, CompareOptions(key=keys[0], other_key=keys[-1]))
    assert other.second.endswith(keys[-1])
    with pytest.raises(InputError, match="choose one with --key"):
        compare(built.path, built.path, CompareOptions())
    with pytest.raises(InputError, match="expected the key of a clip"):
        compare(built.path, built.path, CompareOptions(key="nothing"))


def test_a_recording_is_compared_with_the_clip_made_of_it(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", standing(30).astype(np.float32)[..., [1, 2, 0]])
    found = compare(tmp_path / "a.npy", tmp_path / "a.npy", CompareOptions())
    assert found.distance_degrees < 1e-3


@pytest.mark.parametrize("wrong", [{"fps": 0.0}, {"part_degrees": 0.0}, {"fps": float("nan")}])
def test_options_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(InputError, match=f"{next(iter(wrong))}: expected"):
        CompareOptions(**wrong)  # type: ignore[arg-type]
