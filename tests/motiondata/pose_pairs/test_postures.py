"""Postures have no heading and no place."""

import numpy as np
import pytest

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import pose_body, shape_body
from motiondata.pose_pairs.postures import Headings
from motiondata.rotations import about, rotvec_to_rotmat
from tests.support.postures import UPRIGHT, posed, random_poses

TURNS = np.array([-3.0, -1.2, 0.0, 0.7, 2.9])


def about_vertical(root: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Turn root rotations (poses, 3) by angles, with SciPy, which shares no code with ours."""
    from scipy.spatial.transform import Rotation

    return (
        Rotation.from_rotvec(np.outer(angle, (0, 0, 1))) * Rotation.from_rotvec(root)
    ).as_rotvec()


def test_the_upright_body_has_the_heading_by_which_it_is_turned() -> None:
    root = about_vertical(np.tile(UPRIGHT, (len(TURNS), 1)), TURNS)
    assert Headings.of(root).angles == pytest.approx(TURNS, abs=1e-12)


def test_a_posture_does_not_depend_on_the_heading_of_its_recording() -> None:
    poses = random_poses(len(TURNS))[:, 0] + UPRIGHT
    plain, turned = poses, about_vertical(poses, TURNS)
    removed = [Headings.of(each).remove_from_roots(each) for each in (plain, turned)]
    assert removed[0] == pytest.approx(removed[1], abs=1e-9)


def test_points_and_roots_are_turned_back_alike() -> None:
    root = random_poses(20, spread=1.5)[:, 0]
    headings = Headings.of(root)
    points = np.random.default_rng(1).normal(size=(20, 4, 3))
    back = np.swapaxes(about("z", headings.angles), 1, 2)
    assert headings.remove_from_points(points) == pytest.approx(points @ np.swapaxes(back, 1, 2))
    expected = back @ rotvec_to_rotmat(root)
    assert rotvec_to_rotmat(headings.remove_from_roots(root)) == pytest.approx(expected, abs=1e-9)


def test_a_mirrored_pose_has_the_opposite_heading() -> None:
    root = random_poses(20, spread=1.5)[:, 0]
    mirrored = Headings.of(root * (1, -1, -1))
    assert mirrored.angles == pytest.approx(-Headings.of(root).angles)


def test_a_body_that_is_upside_down_has_no_heading() -> None:
    assert Headings.of(np.array([[-np.pi / 2, 0.0, 0.0]])).angles == pytest.approx(0)


def test_the_pelvis_is_above_the_origin_and_the_person_faces_minus_y() -> None:
    postures = posed(np.zeros((1, 22, 3)))
    pelvis, left_hip, left_foot = postures.joints[0, [0, 1, 10]]
    assert pelvis[:2] == pytest.approx(0, abs=1e-6)
    assert left_hip[0] > 0.03
    assert left_foot[1] < pelvis[1] - 0.05


def test_soles_are_on_the_floor() -> None:
    body = shape_body(bundled_body(), np.zeros(0))
    postures = posed(random_poses(20, spread=0.1))
    surfaces = pose_body(body, postures.pose, postures.trans).vertices
    assert np.abs(surfaces[..., 2].min(axis=1)).max() < 0.03
