"""BVH files: our own reader and our own import get the same joints back."""

from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import pose_joints, shape_body
from motiondata.motion_files.body_motion import T_YUP_WORLD
from motiondata.motion_files.bvh import CENTIMETERS, angles_of, motion_to_bvh
from motiondata.skeletons import JOINT_NAMES
from motiondata.sources.bvh.convert import convert_bvh
from motiondata.sources.bvh.kinematics import pose_file
from motiondata.sources.bvh.reader import read_bvh
from tests.support.body_motions import made_motion


def test_the_joints_of_the_file_are_those_of_the_body(tmp_path: Path) -> None:
    motion = made_motion(20)
    path = tmp_path / "made.bvh"
    path.write_bytes(motion_to_bvh(motion))
    read = read_bvh(path)
    places = pose_file(read).places / CENTIMETERS
    order = [read.names.index(name) for name in JOINT_NAMES]
    expected = motion.joints(T_YUP_WORLD)
    np.testing.assert_allclose(np.moveaxis(places[order], 0, 1), expected, atol=1e-6)
    assert abs(read.fps - motion.recording.fps) < 1e-4


def test_an_import_gives_the_same_motion_back(tmp_path: Path) -> None:
    made = made_motion(20, spread=0.2)
    body = shape_body(bundled_body(), np.zeros(0))
    path = tmp_path / "made.bvh"
    motion = type(made)(made.name, made.recording, body)
    path.write_bytes(motion_to_bvh(motion))
    found = convert_bvh(path).recording
    shaped = shape_body(bundled_body(), found.betas)
    joints = pose_joints(shaped, found.pose, found.trans)
    joints[..., 2] += motion.joints()[0, 0, 2] - joints[0, 0, 2]  # the import may move the floor
    assert np.linalg.norm(joints - motion.joints(), axis=-1).max() < 1e-4


def test_angles_are_continuous_while_a_body_turns() -> None:
    turns = Rotation.from_euler("y", np.linspace(0, 720, 200)[:, None], degrees=True).as_matrix()
    angles = angles_of(turns[:, None])[:, 0]
    assert np.abs(np.diff(angles, axis=0)).max() < 5


@given(st.integers(0, 2**32 - 1))
def test_angles_give_the_rotations(seed: int) -> None:
    rotations = Rotation.random(8, rng=np.random.default_rng(seed)).as_matrix()
    angles = angles_of(rotations.reshape(4, 2, 3, 3))
    back = Rotation.from_euler("ZYX", angles.reshape(-1, 3), degrees=True).as_matrix()
    np.testing.assert_allclose(back, rotations, atol=1e-9)
