"""Where sensors are: laws of mounts, angles and paths."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation, Slerp

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import pose_joints, shape_body
from motiondata.lidar.placement import compose, invert_rigid
from motiondata.lidar.rigs.attitude import Attitude
from motiondata.lidar.rigs.moments import Moments
from motiondata.lidar.rigs.mounts import (
    ClipMount,
    JointMount,
    Mount,
    PersonMount,
    Vehicle,
    WorldMount,
)
from motiondata.lidar.rigs.placements import Around, OnMount
from motiondata.lidar.rigs.trajectory import SteadyMotion, Trajectory
from motiondata.skeletons import JOINT, JOINTS

BARE = shape_body(bundled_body(), np.zeros(0))
FRAMES, FPS = 9, 20.0
QUARTER = np.pi / 2
"""A turn that also turns bounding boxes."""
FLOATS = st.floats(-50, 50)


def moments(seed: int, turn: float = 0.0, shift: tuple[float, float] = (0.0, 0.0)) -> Moments:
    """Return a moving person, with the world turned about z and shifted."""
    generator = np.random.default_rng(seed)
    pose = np.cumsum(generator.normal(0, 0.05, (FRAMES, JOINTS, 3)), axis=0)
    trans = np.cumsum(generator.normal(0, 0.1, (FRAMES, 3)), axis=0)
    upright, world = Rotation.from_rotvec([np.pi / 2, 0, 0]), Rotation.from_rotvec([0, 0, turn])
    pose[:, 0] = (world * Rotation.from_rotvec(pose[:, 0]) * upright).as_rotvec()
    pelvis = world.apply(trans + BARE.joints[0]) + np.array([*shift, 0.0])
    joints = pose_joints(BARE, pose, pelvis - BARE.joints[0])
    return Moments(np.arange(FRAMES) / FPS, pose, joints, joints)


CAR = Vehicle(ClipMount(), Attitude((5.0, 1.0, 0.0), yaw_deg=100.0), SteadyMotion(3.0, 30.0))
MOUNTS: dict[str, Mount] = {
    "clip": ClipMount(),
    "person": PersonMount(),
    "head": JointMount(JOINT["head"]),
    "car": CAR,
}


@pytest.mark.parametrize("mount", MOUNTS)
@pytest.mark.parametrize("follows", [False, True])
def test_sensors_move_with_the_world_of_the_person(mount: str, follows: bool) -> None:
    placement = OnMount(MOUNTS[mount], Attitude((0.5, 0.2, 0.4), 20, 30, 10), follows=follows)
    world = np.eye(4)
    world[:3, :3] = Rotation.from_rotvec([0, 0, QUARTER]).as_matrix()
    world[:2, 3] = [3.0, -2.0]
    before = placement.poses(moments(1))
    after = placement.poses(moments(1, QUARTER, (3.0, -2.0)))
    np.testing.assert_allclose(after, compose(world, before), atol=1e-9)
    assert placement.moves == (before.ndim == 3)


@given(st.integers(0, 99), st.floats(0.3, 30), st.floats(0, 5), st.integers(0, 3))
@settings(deadline=None, max_examples=30)
def test_the_default_place_is_one_of_a_file(
    seed: int, distance: float, height: float, view: int
) -> None:
    turned = 90.0 * view
    x, y = np.cos(np.radians(turned)), np.sin(np.radians(turned))
    attitude = Attitude((distance * x, distance * y, height), yaw_deg=180 + turned)
    found, person = OnMount(ClipMount(), attitude), moments(seed)
    expected = Around(distance, height, view, 4).poses(person)
    np.testing.assert_allclose(found.poses(person), expected, atol=1e-9)
    looking = replace(found, attitude=Attitude(attitude.position), point=(0.0, 0.0, height))
    np.testing.assert_allclose(looking.poses(person), expected, atol=1e-9)


@given(FLOATS, st.floats(-360, 360), st.floats(-360, 360), st.floats(-360, 360))
def test_angles_are_yaw_pitch_and_roll(x: float, yaw: float, pitch: float, roll: float) -> None:
    found = Attitude((x, 1.0, 2.0), yaw, pitch, roll).transform
    expected = Rotation.from_euler("ZYX", [yaw, pitch, roll], degrees=True).as_matrix()
    np.testing.assert_allclose(found[:3, :3], expected, atol=1e-12)
    np.testing.assert_array_equal(found[:3, 3], [x, 1.0, 2.0])


def test_a_pitched_sensor_looks_down_and_a_yawed_one_to_the_left() -> None:
    assert Attitude(pitch_deg=30).transform[2, 0] == pytest.approx(-0.5)
    np.testing.assert_array_equal(Attitude(yaw_deg=90).transform[:3, 0], [0, 1, 0])


def test_a_sensor_on_a_joint_is_rigid_with_it_and_looks_ahead_of_an_upright_person() -> None:
    person = moments(2)
    head = JointMount(JOINT["head"])
    placed = head.frames(person)
    np.testing.assert_allclose(placed[:, :3, 3], person.joints[:, JOINT["head"]])
    upright = np.zeros((1, JOINTS, 3))
    upright[:, 0, 0] = np.pi / 2
    joints = pose_joints(BARE, upright, np.zeros((1, 3)))
    standing = Moments(np.zeros(1), upright, joints, joints)
    heading = ClipMount().frames(standing)[:3, :3]
    np.testing.assert_allclose(head.frames(standing)[0, :3, :3], heading, atol=1e-6)


def test_a_sensor_that_follows_sees_the_pelvis_straight_ahead() -> None:
    person = moments(3)
    placed = OnMount(CAR, Attitude((0, 0, 1.5)), follows=True).poses(person)
    pelvis = np.append(person.joints[:, 0], np.ones((FRAMES, 1)), axis=1)
    seen = np.einsum("fij,fj->fi", invert_rigid(placed), pelvis)
    np.testing.assert_allclose(seen[:, 1:3], 0, atol=1e-9)
    assert (seen[:, 0] > 0).all()
    np.testing.assert_allclose(placed[:, 2, 1], 0, atol=1e-12)


def test_a_sensor_above_the_pelvis_that_follows_it_looks_straight_down() -> None:
    person = moments(4)
    placed = OnMount(PersonMount(), Attitude((0, 0, 3.0)), follows=True).poses(person)
    np.testing.assert_allclose(placed[:, :3, 0], np.tile([0, 0, -1], (FRAMES, 1)), atol=1e-9)
    unit = np.einsum("fij,fkj->fik", placed[:, :3, :3], placed[:, :3, :3])
    np.testing.assert_allclose(unit, np.tile(np.eye(3), (FRAMES, 1, 1)), atol=1e-9)


@given(st.floats(-40, 40), st.floats(-90, 90))
def test_a_path_of_a_steady_motion_is_that_motion(speed: float, turn: float) -> None:
    steady, seconds = SteadyMotion(speed, turn), np.linspace(0, 2, 41)
    known = steady.transforms(seconds)
    xyzw = Rotation.from_matrix(known[:, :3, :3]).as_quat()
    path = Trajectory(seconds, known[:, :3, 3], np.roll(xyzw, 1, axis=1))
    np.testing.assert_allclose(path.transforms(seconds), known, atol=1e-6)
    between = np.linspace(0, 2, 77)
    np.testing.assert_allclose(path.transforms(between), steady.transforms(between), atol=0.05)
    ends = path.transforms(np.array([-1.0, 9.0]))
    np.testing.assert_allclose(ends, known[[0, -1]], atol=1e-6)


@given(st.integers(0, 999))
def test_rotations_between_poses_are_those_of_slerp(seed: int) -> None:
    generator = np.random.default_rng(seed)
    rotations = Rotation.random(4, generator)
    seconds = np.array([0.0, 0.3, 1.0, 1.5])
    path = Trajectory(seconds, np.zeros((4, 3)), np.roll(rotations.as_quat(), 1, axis=1))
    moments = generator.uniform(0, 1.5, 20)
    expected = Slerp(seconds, rotations)(moments).as_matrix()
    np.testing.assert_allclose(path.transforms(moments)[:, :3, :3], expected, atol=1e-7)


def test_a_vehicle_without_motion_carries_sensors_that_stand_still() -> None:
    still = Vehicle(WorldMount(), Attitude((1, 2, 3)), SteadyMotion(0.0, 0.0))
    placement = OnMount(still, Attitude((0, 0, 1)))
    assert not placement.moves
    np.testing.assert_array_equal(placement.poses(moments(0))[:3, 3], [1, 2, 4])
