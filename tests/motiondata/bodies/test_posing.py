"""Laws of posing."""

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from motiondata.bodies.body import Body
from motiondata.bodies.posing import BATCH_FRAMES, ShapedBody, pose_body, pose_joints, shape_body
from motiondata.bodies.simd import LANES, TILE_FRAMES
from motiondata.bodies.smpl_format import arrays_to_body
from motiondata.skeletons import JOINT, JOINTS
from tests.support.small_body import made_body, small_body

SINGLE_ROUNDING_M = 5e-7
"""Half a unit in the last place of single precision below 16 m."""


@cache
def random_body() -> Body:
    return arrays_to_body(made_body(vertices=60), "made", "made")


@pytest.fixture(scope="module", params=[random_body, small_body])
def shaped(request: pytest.FixtureRequest) -> ShapedBody:
    return shape_body(request.param(), np.array([1.0, -2.0]))


def motion(frames: int, seed: int = 0) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    generator = np.random.default_rng(seed)
    pose = generator.normal(scale=0.7, size=(frames, JOINTS, 3))
    return pose, generator.uniform(-4, 4, size=(frames, 3))


def transform(seed: int) -> NDArray[np.float64]:
    generator = np.random.default_rng(seed)
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.random(rng=generator).as_matrix()
    matrix[:3, 3] = generator.uniform(-5, 5, size=3)
    return matrix


def test_a_zero_pose_is_the_rest_pose(shaped: ShapedBody) -> None:
    posed = pose_body(shaped, np.zeros((1, JOINTS, 3)), np.zeros((1, 3)))
    np.testing.assert_allclose(posed.vertices[0], shaped.vertices, rtol=0, atol=SINGLE_ROUNDING_M)
    np.testing.assert_allclose(posed.joints[0], shaped.joints[:JOINTS], rtol=0, atol=1e-15)


def test_trans_moves_everything_along(shaped: ShapedBody) -> None:
    pose, trans = motion(3)
    moved, still = pose_body(shaped, pose, trans), pose_body(shaped, pose, np.zeros((3, 3)))
    np.testing.assert_allclose(
        moved.vertices, still.vertices + trans[:, None], rtol=0, atol=3 * SINGLE_ROUNDING_M
    )
    np.testing.assert_allclose(moved.joints, still.joints + trans[:, None], rtol=0, atol=1e-14)


def test_the_root_turns_everything_about_the_pelvis(shaped: ShapedBody) -> None:
    pose, trans = motion(4)
    unturned = pose.copy()
    unturned[:, 0] = 0
    pelvis = (shaped.joints[0] + trans)[:, None]
    turns = Rotation.from_rotvec(pose[:, 0]).as_matrix()
    turned, rest = pose_body(shaped, pose, trans), pose_body(shaped, unturned, trans)
    for found, before in ((turned.vertices, rest.vertices), (turned.joints, rest.joints)):
        expected = (before - pelvis) @ turns.transpose(0, 2, 1) + pelvis
        np.testing.assert_allclose(found, expected, rtol=0, atol=1e-6)


def test_the_pelvis_stands_at_its_rest_place_plus_trans(shaped: ShapedBody) -> None:
    pose, trans = motion(4)
    pelvis = pose_joints(shaped, pose, trans)[:, 0]
    np.testing.assert_allclose(pelvis, shaped.joints[0] + trans, rtol=0, atol=1e-14)


def test_bones_keep_their_lengths() -> None:
    shaped = shape_body(small_body(), np.array([1.0]))
    joints = pose_joints(shaped, *motion(6))
    parents = shaped.body.parents[1:JOINTS]
    lengths = np.linalg.norm(joints[:, 1:] - joints[:, parents], axis=-1)
    rest = np.linalg.norm(shaped.joints[1:JOINTS] - shaped.joints[parents], axis=-1)
    np.testing.assert_allclose(lengths, np.tile(rest, (6, 1)), rtol=0, atol=1e-14)


def test_vertices_that_follow_one_joint_keep_their_distances() -> None:
    shaped = shape_body(small_body(), np.zeros(0))
    shin = shaped.body.driven_weights[:, JOINT["left_knee"]] == 1
    posed = pose_body(shaped, *motion(3)).vertices[:, shin]
    lengths = np.linalg.norm(posed[:, :, None] - posed[:, None], axis=-1)
    rest = shaped.vertices[shin]
    expected = np.linalg.norm(rest[:, None] - rest[None], axis=-1)
    assert shin.sum() > 10
    np.testing.assert_allclose(lengths, np.tile(expected, (3, 1, 1)), rtol=0, atol=2e-6)


@given(seed=st.integers(0, 1000))
@settings(max_examples=10, deadline=None)
def test_a_target_frame_is_the_world_transformed(shaped: ShapedBody, seed: int) -> None:
    pose, trans = motion(3, seed)
    T_target_world = transform(seed)
    world = pose_body(shaped, pose, trans)
    target = pose_body(shaped, pose, trans, T_target_world)
    for found, before in ((target.vertices, world.vertices), (target.joints, world.joints)):
        expected = before.astype(np.float64) @ T_target_world[:3, :3].T + T_target_world[:3, 3]
        np.testing.assert_allclose(found, expected, rtol=0, atol=1.5e-6)


@given(cuts=st.lists(st.integers(1, 39), unique=True))
@settings(max_examples=15, deadline=None)
def test_a_frame_has_the_same_bits_however_frames_are_batched(cuts: list[int]) -> None:
    shaped, (pose, trans) = shape_body(random_body(), np.ones(10)), motion(40)
    whole = pose_body(shaped, pose, trans, transform(0))
    edges = [0, *sorted(cuts), 40]
    parts = [
        pose_body(shaped, pose[first:last], trans[first:last], transform(0))
        for first, last in pairwise(edges)
    ]
    assert np.array_equal(np.concatenate([part.vertices for part in parts]), whole.vertices)
    assert np.array_equal(np.concatenate([part.joints for part in parts]), whole.joints)


def test_a_long_clip_has_the_same_bits_frame_by_frame() -> None:
    shaped, (pose, trans) = shape_body(random_body(), np.ones(10)), motion(BATCH_FRAMES + 3)
    whole = pose_body(shaped, pose, trans)
    for frame in range(0, len(pose), 7):
        alone = pose_body(shaped, pose[frame : frame + 1], trans[frame : frame + 1])
        assert np.array_equal(alone.vertices[0], whole.vertices[frame])
        assert np.array_equal(alone.joints[0], whole.joints[frame])


def test_pose_joints_gives_the_joints_of_pose_body(shaped: ShapedBody) -> None:
    clip = (*motion(5), transform(1))
    assert np.array_equal(pose_joints(shaped, *clip), pose_body(shaped, *clip).joints)


@pytest.mark.parametrize("vertices", [1, LANES - 1, LANES, LANES + 1, 2 * LANES + 3])
def test_a_vertex_goes_where_it_goes_whatever_stands_beside_it(vertices: int) -> None:
    body, clip = random_body(), (*motion(TILE_FRAMES + 1), transform(2))
    part = replace(
        body,
        vertices=body.vertices[-vertices:],
        weights=body.weights[-vertices:],
        shape_dirs=body.shape_dirs[-vertices:],
        pose_dirs=None if body.pose_dirs is None else body.pose_dirs[-vertices:],
    )
    whole, alone = (pose_body(shape_body(each, np.ones(2)), *clip) for each in (body, part))
    assert np.array_equal(whole.vertices[:, -vertices:], alone.vertices)


def test_a_body_far_away_is_posed_as_exactly_as_single_precision_says() -> None:
    shaped, (pose, trans) = shape_body(random_body(), np.ones(2)), motion(2)
    near = pose_body(shaped, pose, trans).vertices - trans[:, None]
    far = pose_body(shaped, pose, trans + 1000).vertices - (trans + 1000)[:, None]
    np.testing.assert_allclose(far, near, rtol=0, atol=4e-5)


def test_a_clip_of_no_frames_gives_no_frames() -> None:
    shaped = shape_body(small_body(), np.zeros(0))
    posed = pose_body(shaped, *motion(0))
    assert posed.vertices.shape == (0, 440, 3)
    assert posed.joints.shape == (0, JOINTS, 3)


def test_a_made_person_stands_on_its_feet_when_turned_from_y_up_to_z_up() -> None:
    shaped = shape_body(small_body(), np.zeros(0))
    pose = np.zeros((1, JOINTS, 3))
    pose[0, 0] = np.pi / 2, 0, 0
    posed = pose_body(shaped, pose, np.array([[0.0, 0.25, 1.2]]))
    height = posed.joints[0, :, 2]
    assert height[JOINT["head"]] > height[JOINT["pelvis"]] > height[JOINT["left_foot"]]
    assert posed.joints[0, JOINT["left_hip"], 0] > posed.joints[0, JOINT["right_hip"], 0]
    assert posed.joints[0, JOINT["left_foot"], 1] < posed.joints[0, JOINT["left_ankle"], 1]


def test_shape_moves_vertices_and_joints_in_proportion() -> None:
    body = small_body()
    taller = shape_body(body, np.array([2.0]))
    np.testing.assert_allclose(taller.vertices, 1.1 * body.vertices, rtol=0, atol=1e-15)
    np.testing.assert_allclose(taller.joints, 1.1 * body.joints_template, rtol=0, atol=1e-15)


def test_missing_betas_count_as_zero_and_surplus_ones_are_left_out() -> None:
    body = random_body()
    few, many = np.array([1.5, -0.5]), np.arange(16.0)
    padded = shape_body(body, np.concatenate([few, np.zeros(8)]))
    assert np.array_equal(shape_body(body, few).vertices, padded.vertices)
    cut = shape_body(body, many)
    assert np.array_equal(cut.vertices, shape_body(body, many[:10]).vertices)
    assert np.array_equal(cut.betas, many[:10])
