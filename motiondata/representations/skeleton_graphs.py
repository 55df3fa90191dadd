"""Graphs of skeletons, as networks on skeleton sequences read them: links, center, bones.

Joints are counted from 0. Published tables of NTU RGB+D count from 1 and subtract 1 from every
number; a table that counts from 0 must not be shifted again: joint 0 would then be linked with the
last joint. Sources: `net/utils/graph.py` of yysijie/st-gcn, `graph/ntu_rgb_d.py` and
`feeders/bone_pairs.py` of Uason-Chen/CTR-GCN, and for NTU's joints of SMPL's
`action_recognition/data_gen/dutils.py` of abhinanda-punnakkal/BABEL.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from motiondata.arrays import finite_array
from motiondata.errors import InputError
from motiondata.representations.joint_sets import KIT_JOINTS, SMPL_JOINTS, smpl_to_kit
from motiondata.representations.skeleton import KIT
from motiondata.skeletons import JOINT, JOINT_NAMES, JOINTS, PARENTS

Floats = NDArray[np.float64]
Links = tuple[tuple[int, int], ...]

SMPL_22, SMPL_24, KIT_21, NTU_25 = "smpl-22", "smpl-24", "kit-21", "ntu-25"


@dataclass(frozen=True)
class SkeletonGraph:
    """The joints of a skeleton and what connects them."""

    name: str
    joints: tuple[str, ...]
    """The names of the joints, in the order of the arrays."""
    links: Links
    """Pairs of joints with a bone between them, without an order."""
    center: int
    """The joint from which partitions and bones are counted: the chest, as in ST-GCN."""
    origin: int
    """The joint whose first position CTR-GCN's preparation subtracts: the middle of the spine."""

    @cached_property
    def distances(self) -> tuple[int, ...]:
        """The number of links between each joint and the center."""
        found = {self.center: 0}
        both = [*self.links, *((second, first) for first, second in self.links)]
        while len(found) < len(self.joints):
            for near, far in both:
                if near in found:
                    found.setdefault(far, found[near] + 1)
        return tuple(found[joint] for joint in range(len(self.joints)))

    @property
    def bones(self) -> Links:
        """Each joint with its neighbor nearer the center; the center with itself.

        A bone is the position of the first minus that of the second, as in CTR-GCN.
        """
        nearer = {self.center: self.center}
        for pair in self.links:
            near, far = sorted(pair, key=lambda joint: self.distances[joint])
            nearer[far] = near
        return tuple((joint, nearer[joint]) for joint in range(len(self.joints)))

    def partitions(self) -> Floats:
        """Return ST-GCN's spatial partitions, shaped (3, joints, joints).

        Entry (k, i, j) weighs joint i in the sum of joint j: of itself (0), of neighbors farther
        from the center than j (1), and of nearer ones (2). The weights of a joint j sum to 1. The
        published code counts distances of one link only: there, all neighbors of joints that are
        two or more links from the center are in partition 1.
        """
        steps = np.array(self.distances)
        linked = np.eye(len(self.joints))
        for first, second in self.links:
            linked[first, second] = linked[second, first] = 1
        weights = linked / linked.sum(axis=0)
        farther = np.sign(steps[:, None] - steps[None, :])
        return np.stack([weights * (farther == sign) for sign in (0, 1, -1)])


def _of_parents(parents: tuple[int, ...]) -> Links:
    return tuple((joint, parent) for joint, parent in enumerate(parents) if parent >= 0)


HANDS = ("left_hand", "right_hand")
WRISTS = (JOINT["left_wrist"], JOINT["right_wrist"])

NTU_JOINTS = (
    ("spine_base", "pelvis"), ("spine_mid", "spine1"), ("neck", "neck"), ("head", "head"),
    ("left_shoulder", "left_shoulder"), ("left_elbow", "left_elbow"),
    ("left_wrist", "left_wrist"), ("left_hand", ""),
    ("right_shoulder", "right_shoulder"), ("right_elbow", "right_elbow"),
    ("right_wrist", "right_wrist"), ("right_hand", ""),
    ("left_hip", "left_hip"), ("left_knee", "left_knee"), ("left_ankle", "left_ankle"),
    ("left_foot", "left_foot"),
    ("right_hip", "right_hip"), ("right_knee", "right_knee"), ("right_ankle", "right_ankle"),
    ("right_foot", "right_foot"),
    ("spine_shoulder", "spine3"),
    ("left_hand_tip", ""), ("left_thumb", ""), ("right_hand_tip", ""), ("right_thumb", ""),
)  # fmt: skip
"""NTU RGB+D's names of its joints, and the joint of SMPL that BABEL takes for each. BABEL takes
fingers of SMPL-H for the others, which recordings here do not have; see `smpl_to_ntu`."""

NTU_LINKS_FROM_1 = (
    (1, 2), (2, 21), (3, 21), (4, 3), (5, 21), (6, 5), (7, 6), (8, 7), (9, 21), (10, 9),
    (11, 10), (12, 11), (13, 1), (14, 13), (15, 14), (16, 15), (17, 1), (18, 17), (19, 18),
    (20, 19), (22, 23), (23, 8), (24, 25), (25, 12),
)  # fmt: skip
"""NTU RGB+D's links as published, counted from 1."""

FOREARMS_TO_HAND = 1 / 3
"""Length of the line from wrist to hand, in forearms, if a skeleton has no hands; our own, near
SMPL's 24 joints."""

GRAPHS: Mapping[str, SkeletonGraph] = {
    graph.name: graph
    for graph in (
        SkeletonGraph(SMPL_22, JOINT_NAMES, _of_parents(PARENTS), JOINT["spine3"], JOINT["spine1"]),
        SkeletonGraph(
            SMPL_24,
            (*JOINT_NAMES, *HANDS),
            _of_parents((*PARENTS, *WRISTS)),
            JOINT["spine3"],
            JOINT["spine1"],
        ),
        SkeletonGraph(
            KIT_21,
            tuple(name for name, _ in KIT_JOINTS),
            _of_parents((-1, *map(int, KIT.parents))),
            2,
            1,
        ),
        SkeletonGraph(
            NTU_25,
            tuple(name for name, _ in NTU_JOINTS),
            tuple((first - 1, second - 1) for first, second in NTU_LINKS_FROM_1),
            20,
            1,
        ),
    )
}
"""The graphs, by name."""

OF_COUNT = {len(GRAPHS[name].joints): name for name in (SMPL_22, SMPL_24, KIT_21)}
"""The skeleton of stored joints, by their number."""


def smpl_to_ntu(joints: Floats) -> Floats:
    """Return NTU RGB+D's 25 joints of SMPL's 22 or 24, shaped (frames, 25, 3).

    SMPL has no tips of hands and no thumbs. The tip is as far beyond the hand as the hand is beyond
    the wrist, and the thumb is at the hand. Without hands, these continue the forearm. All of them
    are estimates: mask joints 7, 11 and 21 to 24 if your work depends on them.
    """
    ntu = np.empty((len(joints), len(NTU_JOINTS), 3))
    for place, (_, name) in enumerate(NTU_JOINTS):
        if name:
            ntu[:, place] = joints[:, JOINT[name]]
    for side, wrist in enumerate(WRISTS):
        elbow = JOINT[("left_elbow", "right_elbow")[side]]
        beyond = (
            joints[:, JOINTS + side] - joints[:, wrist]
            if joints.shape[1] == SMPL_JOINTS
            else (joints[:, wrist] - joints[:, elbow]) * FOREARMS_TO_HAND
        )
        hand, tip, thumb = ((7, 21, 22), (11, 23, 24))[side]
        ntu[:, [hand, thumb]] = (joints[:, wrist] + beyond)[:, None]
        ntu[:, tip] = joints[:, wrist] + 2 * beyond
    return ntu


def _same(joints: Floats) -> Floats:
    return joints


CONVERSIONS: Mapping[tuple[str, str], Callable[[Floats], Floats]] = {
    **{(name, name): _same for name in (SMPL_22, SMPL_24, KIT_21)},
    (SMPL_24, SMPL_22): lambda joints: joints[:, :JOINTS],
    (SMPL_22, KIT_21): smpl_to_kit,
    (SMPL_24, KIT_21): lambda joints: smpl_to_kit(joints[:, :JOINTS]),
    (SMPL_22, NTU_25): smpl_to_ntu,
    (SMPL_24, NTU_25): smpl_to_ntu,
}
"""What makes the joints of a skeleton of those of another."""


def convert_joints(joints: Floats, skeleton: str) -> Floats:
    """Return the joints of a skeleton of those of another, found by their number.

    `joints` are shaped (frames, joints, 3); frame and unit do not change. Raises `InputError` for a
    skeleton that these joints do not have.
    """
    count = joints.shape[1]
    own = OF_COUNT.get(count)
    if own is None or (own, skeleton) not in CONVERSIONS:
        known = [to for of, to in CONVERSIONS if of == own]
        raise InputError(
            f"--skeleton {skeleton}: cannot be made of {own or f'{count} joints'}; expected "
            f"{' or '.join(known) or 'SMPL or KIT joints'}"
        )
    finite = finite_array(joints, "joints", ("frames", count, 3))
    return CONVERSIONS[own, skeleton](finite)
