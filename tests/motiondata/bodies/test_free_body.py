"""The bundled body is a person, a closed surface, and a file that SMPL's readers can read.

It is read by NumPy alone: what stands in the file must hold for every reader.
"""

import hashlib
import re
from pathlib import Path

import numpy as np
import pytest
import smplx
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial.transform import Rotation
from smplx.utils import Struct

import motiondata.bodies
from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.bundled_id import BUNDLED_ID
from motiondata.skeletons import JOINT, LEFT_JOINTS, PARENTS, RIGHT_JOINTS
from tests.support.reference_data import reference_data

Arrays = dict[str, np.ndarray]

DATA = Path(motiondata.bodies.__file__).parent / "data"
LEFT_24, RIGHT_24 = [*LEFT_JOINTS, 22], [*RIGHT_JOINTS, 23]
SHAPES = [np.zeros(10), *2.0 * np.eye(10), *-2.0 * np.eye(10)]
"""The mean, and two deviations of each component either way."""


@pytest.fixture(scope="module")
def body() -> Arrays:
    with np.load(DATA / "free_body.npz", allow_pickle=False) as arrays:
        return dict(arrays)


def shaped(body: Arrays, betas: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return vertices (vertices, 3) and joints (24, 3) of a shape, in the rest pose."""
    vertices = body["v_template"] + body["shapedirs"].astype(np.float64) @ betas
    return vertices, body["J_regressor"] @ vertices


def posed(body: Arrays, pose: np.ndarray) -> np.ndarray:
    """Return the vertices of the mean shape under rotations (22, 3), plainly skinned."""
    vertices, joints = shaped(body, np.zeros(10))
    turns = Rotation.from_rotvec(np.concatenate([pose, np.zeros((2, 3))])).as_matrix()
    moved = joints.copy()
    for joint, parent in enumerate((*PARENTS, JOINT["left_wrist"], JOINT["right_wrist"])):
        if parent >= 0:
            moved[joint] = moved[parent] + turns[parent] @ (joints[joint] - joints[parent])
            turns[joint] = turns[parent] @ turns[joint]
    offsets = moved - np.einsum("jab,jb->ja", turns, joints)
    weights = body["weights"].astype(np.float64)
    turned = np.einsum("vj,jab,vb->va", weights, turns, vertices, optimize=True)
    return np.asarray(turned + weights @ offsets)


def volume(vertices: np.ndarray, faces: np.ndarray) -> float:
    a, b, c = np.moveaxis(vertices[faces], 1, 0)
    return float(np.sum(a * np.cross(b, c)) / 6)


def edges(faces: np.ndarray) -> np.ndarray:
    """Return the edges (3 faces, 2) in the direction in which each face runs along them."""
    return faces[:, [0, 1, 1, 2, 2, 0]].reshape(-1, 2)


def winding_number(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Return how often faces (faces, 3, 3) wind about points (Van Oosterom, Strackee 1983)."""
    a, b, c = np.moveaxis(corners[None] - points[:, None, None], 2, 0)
    x, y, z = (np.linalg.norm(side, axis=-1) for side in (a, b, c))
    dots = [np.sum(p * q, axis=-1) for p, q in ((a, b), (b, c), (c, a))]
    below = x * y * z + dots[0] * z + dots[1] * x + dots[2] * y
    angles = 2 * np.arctan2(np.sum(a * np.cross(b, c), axis=-1), below)
    return np.asarray(angles.sum(axis=1) / (4 * np.pi))


def test_the_file_has_smpls_keys_and_shapes(body: Arrays) -> None:
    vertices = len(body["v_template"])
    assert 6_500 <= vertices <= 7_200
    assert body["v_template"].shape == (vertices, 3)
    assert body["f"].shape == (2 * vertices - 4, 3)
    assert body["weights"].shape == (vertices, 24)
    assert body["J_regressor"].shape == (24, vertices)
    assert body["shapedirs"].shape == (vertices, 3, 10)
    assert str(body["shape_space"]) == "motiondata-free"
    assert all(np.isfinite(body[key]).all() for key in ("v_template", "shapedirs", "J_regressor"))


def test_the_hierarchy_is_smpls(body: Arrays) -> None:
    parents, joints = body["kintree_table"]
    assert parents[0] == 2**32 - 1
    assert tuple(parents[1:22]) == PARENTS[1:]
    assert tuple(parents[22:]) == (JOINT["left_wrist"], JOINT["right_wrist"])
    assert tuple(joints) == tuple(range(24))


def test_the_file_is_the_one_in_the_credits() -> None:
    recorded = re.findall(r"\b[0-9a-f]{64}\b", (DATA / "CREDITS.md").read_text("utf-8"))
    assert recorded == [hashlib.sha256((DATA / "free_body.npz").read_bytes()).hexdigest()]


def test_the_file_is_small_enough_to_ship() -> None:
    assert (DATA / "free_body.npz").stat().st_size < 1_200_000


def test_every_edge_joins_two_faces_of_the_same_winding(body: Arrays) -> None:
    forth = {tuple(edge) for edge in edges(body["f"]).tolist()}
    assert len(forth) == 3 * len(body["f"])
    assert forth == {(end, start) for start, end in forth}


def test_the_skin_is_one_sphere(body: Arrays) -> None:
    vertices, faces = len(body["v_template"]), body["f"]
    assert np.array_equal(np.unique(faces), np.arange(vertices))
    assert vertices - 3 * len(faces) // 2 + len(faces) == 2
    links = coo_array((np.ones(3 * len(faces)), edges(faces).T), shape=(vertices, vertices))
    assert connected_components(links)[0] == 1


def test_faces_look_outward(body: Arrays) -> None:
    assert 0.05 < volume(body["v_template"].astype(np.float64), body["f"]) < 0.1


@pytest.mark.parametrize("betas", SHAPES)
def test_no_triangle_degenerates(body: Arrays, betas: np.ndarray) -> None:
    corners = shaped(body, betas)[0][body["f"]]
    sides = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    assert np.linalg.norm(np.cross(*sides), axis=1).min() / 2 > 1e-6


def test_weights_are_few_and_sum_to_one(body: Arrays) -> None:
    weights = body["weights"]
    assert (weights >= 0).all()
    assert (weights > 0).sum(axis=1).max() <= 4
    np.testing.assert_allclose(weights.sum(axis=1), 1.0, atol=1e-6)
    assert (weights.max(axis=0) > 0.25).all()  # no joint moves nothing


def test_both_sides_are_skinned_alike(body: Arrays) -> None:
    corners = body["v_template"].astype(np.float64)[body["f"]]
    sides = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    areas = np.linalg.norm(np.cross(*sides), axis=1) / 2
    moved = areas @ body["weights"][body["f"]].mean(axis=1)
    np.testing.assert_allclose(moved[LEFT_24], moved[RIGHT_24], rtol=0.03)


def test_the_regressor_gives_the_joints_and_their_shapes(body: Arrays) -> None:
    regressor = body["J_regressor"]
    np.testing.assert_allclose(regressor.sum(axis=1), 1.0, atol=1e-9)
    np.testing.assert_allclose(regressor @ body["v_template"], body["J"], atol=1e-6)
    shapes = np.einsum("jv,vab->jab", regressor, body["shapedirs"])
    np.testing.assert_allclose(shapes, body["J_shapedirs"], atol=1e-6)


def test_the_regressor_survives_single_precision(body: Arrays) -> None:
    joints = body["J_regressor"].astype(np.float32) @ body["v_template"]
    np.testing.assert_allclose(joints, body["J"], atol=1e-5)


@pytest.mark.parametrize("betas", SHAPES)
def test_every_joint_lies_in_the_flesh(body: Arrays, betas: np.ndarray) -> None:
    vertices, joints = shaped(body, betas)
    np.testing.assert_allclose(winding_number(joints, vertices[body["f"]]), 1.0, atol=1e-6)


@pytest.mark.parametrize("betas", SHAPES)
def test_left_mirrors_right(body: Arrays, betas: np.ndarray) -> None:
    _, joints = shaped(body, betas)
    mirrored = joints * (-1.0, 1.0, 1.0)
    np.testing.assert_allclose(joints[LEFT_24], mirrored[RIGHT_24], atol=0.005)
    middle = np.setdiff1d(np.arange(24), LEFT_24 + RIGHT_24)
    np.testing.assert_allclose(joints[middle, 0], 0.0, atol=0.005)


def test_the_rest_pose_is_a_t_facing_z(body: Arrays) -> None:
    vertices, joints = shaped(body, np.zeros(10))
    np.testing.assert_allclose(joints[0], (0.0, -0.22, 0.03), atol=1e-6)
    arm = joints[[JOINT[f"left_{name}"] for name in ("shoulder", "elbow", "wrist")]]
    np.testing.assert_allclose(np.diff(arm, axis=0)[:, 1:], 0.0, atol=1e-3)
    assert (np.diff(arm[:, 0]) > 0.2).all()
    assert vertices[:, 2].max() == vertices[vertices[:, 1] < -1.1, 2].max()  # toes point forward
    assert joints[JOINT["head"], 1] > joints[JOINT["neck"], 1] > joints[JOINT["spine3"], 1]


def stature_and_leg(body: Arrays, betas: np.ndarray) -> tuple[float, float]:
    vertices, joints = shaped(body, betas)
    hip, knee, ankle = (joints[JOINT[f"left_{name}"]] for name in ("hip", "knee", "ankle"))
    leg = np.linalg.norm(knee - hip) + np.linalg.norm(ankle - knee)
    return float(np.ptp(vertices[:, 1])), float(leg)


def test_the_mean_body_is_a_middling_adult(body: Arrays) -> None:
    stature, leg = stature_and_leg(body, np.zeros(10))
    assert 1.70 < stature < 1.75
    assert 0.80 < leg < 0.86


def test_the_first_component_is_stature(body: Arrays) -> None:
    statures = [stature_and_leg(body, np.eye(10)[0] * beta)[0] for beta in (-2, -1, 0, 1, 2)]
    assert 1.5 < statures[0] < 1.6
    assert 1.85 < statures[-1] < 1.95
    assert (np.diff(statures) > 0.05).all()


@pytest.mark.parametrize("betas", SHAPES)
def test_every_shape_is_human(body: Arrays, betas: np.ndarray) -> None:
    stature, leg = stature_and_leg(body, betas)
    assert 1.5 < stature < 1.95
    assert 0.45 < leg / stature < 0.50
    assert 0.04 < volume(shaped(body, betas)[0], body["f"]) < 0.1


def test_components_weaken(body: Arrays) -> None:
    spread = np.linalg.norm(body["shapedirs"].astype(np.float64), axis=(0, 1))
    assert (np.diff(spread) < 0).all()


@pytest.mark.parametrize(
    "turns_deg",
    [
        {"left_shoulder": (0, 0, -75), "right_shoulder": (0, 0, 75)},
        {"left_shoulder": (0, 0, 60), "right_shoulder": (0, 0, -60)},
        {"left_hip": (-90, 0, 0), "right_hip": (-90, 0, 0), "left_knee": (90, 0, 0)},
        {"spine1": (30, 0, 0), "spine2": (30, 0, 0), "spine3": (20, 0, 0)},
        {"spine1": (0, 20, 0), "spine2": (0, 20, 0), "spine3": (0, 20, 0), "head": (0, 30, 0)},
    ],
    ids=["arms down", "arms up", "seated", "bent", "twisted"],
)
def test_posing_neither_tears_nor_crushes_the_skin(
    body: Arrays, turns_deg: dict[str, tuple[float, float, float]]
) -> None:
    pose = np.zeros((22, 3))
    for name, turn in turns_deg.items():
        pose[JOINT[name]] = np.radians(turn)
    before, after = body["v_template"].astype(np.float64), posed(body, pose)
    start, end = edges(body["f"]).T
    stretch = np.linalg.norm(after[end] - after[start], axis=1)
    assert (stretch - np.linalg.norm(before[end] - before[start], axis=1)).max() < 0.04
    assert 0.9 < volume(after, body["f"]) / volume(before, body["f"]) < 1.1


def test_a_recorded_person_stands_on_the_floor(body: Arrays) -> None:
    with np.load(reference_data("amass", "amass_sample.npz"), allow_pickle=False) as recording:
        poses, trans = recording["poses"][::60, :66].reshape(-1, 22, 3), recording["trans"][::60]
    lowest = [
        (posed(body, pose) + offset)[:, 2].min() for pose, offset in zip(poses, trans, strict=True)
    ]
    np.testing.assert_allclose(lowest, 0.0, atol=0.06)


def test_smplx_reads_it(body: Arrays) -> None:
    arrays = {**body, "posedirs": np.zeros((*body["v_template"].shape, 9 * 23), np.float32)}
    output = smplx.SMPL("", data_struct=Struct(**arrays))()
    np.testing.assert_allclose(output.vertices[0].detach(), body["v_template"], atol=1e-5)
    np.testing.assert_allclose(output.joints[0, :24].detach(), body["J"], atol=1e-5)


def test_its_id_is_the_one_that_other_modules_know_without_its_file() -> None:
    assert bundled_body().id == BUNDLED_ID
