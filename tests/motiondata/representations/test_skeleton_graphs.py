"""Graphs of skeletons: trees whose bones point to the center, and NTU's published numbers."""

import numpy as np
import pytest

from motiondata.errors import InputError
from motiondata.representations.joint_sets import smpl_to_kit
from motiondata.representations.skeleton_graphs import GRAPHS, SkeletonGraph, convert_joints
from motiondata.skeletons import JOINT, LEFT_JOINTS, RIGHT_JOINTS
from tests.support.skeleton import moving_pose, posed_joints

CTR_GCN_PAIRS_FROM_1 = (
    (1, 2), (2, 21), (3, 21), (4, 3), (5, 21), (6, 5), (7, 6), (8, 7), (9, 21), (10, 9),
    (11, 10), (12, 11), (13, 1), (14, 13), (15, 14), (16, 15), (17, 1), (18, 17), (19, 18),
    (20, 19), (22, 23), (21, 21), (23, 8), (24, 25), (25, 12),
)  # fmt: skip
"""`feeders/bone_pairs.py` of CTR-GCN: a joint and the one that is subtracted, counted from 1."""

graphs = pytest.mark.parametrize("graph", GRAPHS.values(), ids=[*GRAPHS])


@graphs
def test_a_graph_is_a_tree_of_all_joints(graph: SkeletonGraph) -> None:
    assert len(graph.links) == len(graph.joints) - 1 == len({*graph.joints}) - 1
    assert {joint for link in graph.links for joint in link} == {*range(len(graph.joints))}
    assert len(graph.distances) == len(graph.joints)  # all joints are reached from the center


@graphs
def test_each_bone_leads_one_link_nearer_to_the_center(graph: SkeletonGraph) -> None:
    steps = graph.distances
    assert [joint for joint, _ in graph.bones] == [*range(len(graph.joints))]
    assert [steps[joint] - steps[near] for joint, near in graph.bones] == [
        int(joint != graph.center) for joint in range(len(graph.joints))
    ]
    assert {frozenset(bone) for bone in graph.bones if bone[0] != bone[1]} == {
        frozenset(link) for link in graph.links
    }


def test_the_bones_of_ntu_are_those_of_ctr_gcn_shifted_once() -> None:
    published = {(joint - 1, near - 1) for joint, near in CTR_GCN_PAIRS_FROM_1}
    assert {*GRAPHS["ntu-25"].bones} == published


@pytest.mark.parametrize("name", ["smpl-22", "smpl-24", "kit-21"])
def test_no_joint_is_linked_with_the_last_one_by_a_second_shift(name: str) -> None:
    """Numbers from 0 that are shifted again have -1, which is the last joint, for the root."""
    links, last = GRAPHS[name].links, len(GRAPHS[name].joints) - 1
    assert any(joint - 1 == -1 for link in links for joint in link)
    assert min(joint for link in links for joint in link) == 0
    assert sum(last in link for link in links) == 1  # the end of a limb


@graphs
def test_partitions_are_those_of_the_plain_loops(graph: SkeletonGraph) -> None:
    count = len(graph.joints)
    neighbors = {
        joint: {joint} | {a if b == joint else b for a, b in graph.links if joint in (a, b)}
        for joint in range(count)
    }
    expected = np.zeros((3, count, count))
    for at, around in neighbors.items():
        for other in around:
            farther = graph.distances[other] - graph.distances[at]
            expected[{0: 0, 1: 1, -1: 2}[farther], other, at] = 1 / len(around)
    np.testing.assert_allclose(graph.partitions(), expected, atol=0)


def test_left_is_left_in_ntu_joints() -> None:
    joints = posed_joints(*moving_pose(5, seed=3))
    names = GRAPHS["ntu-25"].joints
    ntu = convert_joints(joints, "ntu-25")
    for side in ("left", "right"):
        for limb in ("shoulder", "elbow", "wrist", "hip", "knee", "ankle", "foot"):
            name = f"{side}_{limb}"
            np.testing.assert_array_equal(ntu[:, names.index(name)], joints[:, JOINT[name]])
    mirrored = joints.copy()
    mirrored[:, LEFT_JOINTS + RIGHT_JOINTS] = joints[:, RIGHT_JOINTS + LEFT_JOINTS]
    assert not np.allclose(convert_joints(mirrored, "ntu-25"), ntu)


def test_hands_continue_the_forearm_unless_there_are_hands() -> None:
    joints = posed_joints(*moving_pose(4, seed=1))
    names = GRAPHS["ntu-25"].joints
    wrist, hand, tip = (names.index(f"left_{part}") for part in ("wrist", "hand", "hand_tip"))
    ntu = convert_joints(joints, "ntu-25")
    forearm = ntu[:, wrist] - joints[:, JOINT["left_elbow"]]
    np.testing.assert_allclose(3 * (ntu[:, hand] - ntu[:, wrist]), forearm, atol=1e-12)
    with_hands = np.concatenate([joints, np.full((4, 2, 3), 9.0)], axis=1)
    ntu = convert_joints(with_hands, "ntu-25")
    np.testing.assert_array_equal(ntu[:, hand], np.full((4, 3), 9.0))
    np.testing.assert_allclose(ntu[:, tip] - ntu[:, hand], ntu[:, hand] - ntu[:, wrist])


def test_conversions_of_smpl_to_fewer_joints() -> None:
    joints = posed_joints(*moving_pose(4, seed=1))
    with_hands = np.concatenate([joints, joints[:, -2:]], axis=1)
    np.testing.assert_array_equal(convert_joints(with_hands, "smpl-22"), joints)
    for smpl in (joints, with_hands):
        np.testing.assert_array_equal(convert_joints(smpl, "kit-21"), smpl_to_kit(joints))


@pytest.mark.parametrize(("count", "skeleton"), [(22, "smpl-24"), (21, "ntu-25"), (17, "smpl-22")])
def test_a_skeleton_that_cannot_be_made_is_refused(count: int, skeleton: str) -> None:
    with pytest.raises(InputError, match=f"--skeleton {skeleton}: cannot be made"):
        convert_joints(np.zeros((2, count, 3)), skeleton)


@pytest.mark.parametrize(
    ("name", "numbers"),
    [("ntu-25", (0, 1, 8, 4)), ("smpl-22", (0, 3, 17, 16)), ("kit-21", (0, 1, 8, 5))],
)
def test_spine_and_shoulders_have_the_numbers_that_docs_name(
    name: str, numbers: tuple[int, ...]
) -> None:
    joints = [GRAPHS[name].joints[number] for number in numbers]
    expected = {
        "ntu-25": ["spine_base", "spine_mid", "right_shoulder", "left_shoulder"],
        "smpl-22": ["pelvis", "spine1", "right_shoulder", "left_shoulder"],
        "kit-21": ["root", "BP", "RS", "LS"],
    }
    assert joints == expected[name]
