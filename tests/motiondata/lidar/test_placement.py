"""Placement: where the sensor stands, which way it looks, and which way a subject faces."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from motiondata.lidar.placement import first_heading, invert_rigid, place_sensor
from motiondata.skeletons import JOINT, JOINTS

PATH = np.array([[0.0, 0.0, 0.9], [1.0, 3.0, 1.1], [4.0, 1.0, 0.9], [4.0, 1.0, 0.9]])
angles = st.floats(-np.pi, np.pi)


def toward(azimuth: float) -> NDArray[np.float64]:
    return np.array([np.cos(azimuth), np.sin(azimuth)])


def test_the_sensor_looks_level_at_the_middle_of_the_path() -> None:
    (placed,) = place_sensor(PATH, toward(0.7), distance=8.0, height=1.0)
    middle_sensor = invert_rigid(placed) @ [2.0, 1.5, 1.0, 1.0]
    np.testing.assert_allclose(middle_sensor, [8.0, 0.0, 0.0, 1.0], atol=1e-12)
    np.testing.assert_array_equal(placed[:3, 2], [0, 0, 1])


def test_the_sensor_stands_where_the_subject_faces() -> None:
    (placed,) = place_sensor(PATH, toward(np.pi / 2), distance=5.0, height=1.5, floor=-0.2)
    np.testing.assert_allclose(placed[:3, 3], [2.0, 6.5, 1.3], atol=1e-12)


@given(angles, st.integers(1, 12))
def test_views_are_rigid_and_spread_evenly_round_the_middle(heading: float, views: int) -> None:
    placed = place_sensor(PATH, toward(heading), distance=8.0, height=1.0, views=views)
    rotation = placed[:, :3, :3]
    np.testing.assert_allclose(
        rotation @ rotation.swapaxes(1, 2), np.broadcast_to(np.eye(3), (views, 3, 3)), atol=1e-12
    )
    np.testing.assert_allclose(np.linalg.det(rotation), 1)
    away = (placed[:, :2, 3] - [2.0, 1.5]) @ [1, 1j]
    expected = 8 * np.exp(1j * (heading + 2 * np.pi * np.arange(views) / views))
    np.testing.assert_allclose(away, expected, atol=1e-12)


def test_one_view_is_the_first_of_many() -> None:
    one, four = (place_sensor(PATH, toward(1.0), distance=8, height=1, views=n) for n in (1, 4))
    np.testing.assert_array_equal(one[0], four[0])


@given(angles, angles, st.integers(1, 4))
def test_an_azimuth_turns_all_views_as_another_heading_does(
    heading: float, azimuth: float, views: int
) -> None:
    where: dict[str, Any] = {"distance": 8.0, "height": 1.0, "views": views}
    turned = place_sensor(PATH, toward(heading), azimuth=azimuth, **where)
    expected = place_sensor(PATH, toward(heading + azimuth), **where)
    np.testing.assert_allclose(turned, expected, atol=1e-12)


@given(angles)
def test_a_subject_faces_away_from_the_plane_of_its_hips_and_shoulders(heading: float) -> None:
    left = np.array([-np.sin(heading), np.cos(heading), 0.0])
    joints = np.zeros((2, JOINTS, 3))
    for name, breadth in (("hip", 0.1), ("shoulder", 0.2)):
        joints[0, JOINT[f"left_{name}"]] = breadth * left
        joints[0, JOINT[f"right_{name}"]] = -breadth * left
    assert first_heading(joints) == pytest.approx(toward(heading))


def test_a_subject_that_faces_no_way_gets_a_heading_all_the_same() -> None:
    assert first_heading(np.zeros((1, JOINTS, 3))).tolist() == [1.0, 0.0]


@given(st.tuples(angles, angles, st.floats(-9, 9)))
def test_an_inverse_undoes_its_transform(drawn: tuple[float, float, float]) -> None:
    transforms = place_sensor(PATH, toward(drawn[0]), distance=drawn[1], height=drawn[2], views=3)
    identity = np.broadcast_to(np.eye(4), (3, 4, 4))
    np.testing.assert_allclose(invert_rigid(transforms) @ transforms, identity, atol=1e-12)
