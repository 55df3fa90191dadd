"""Find the limbs of a skeleton by the shape of its tree, where its names are not known.

The hips are the joint from which two similar chains and one that branches again leave. A limb's
two long bones, thigh and shin or upper arm and forearm, are the longest pair of consecutive bones
in its chain. Left and right are known from words in the names.
"""

import re
from collections.abc import Sequence

import numpy as np

from motiondata.sources.bvh.hierarchy import BvhJoint

NEARLY = 0.8
"""Ratio of lengths from which two pairs of bones count as equally long."""

LEG = ("hip", "knee", "ankle", "foot")
ARM = ("shoulder", "elbow", "wrist")

_LEFT = re.compile(r"(?:^|[^a-z])(?:l|left|lt)(?:[^a-z]|$)|^left|left$|^l(?=[A-Z])|_l$")
_RIGHT = re.compile(r"(?:^|[^a-z])(?:r|right|rt)(?:[^a-z]|$)|^right|right$|^r(?=[A-Z])|_r$")


def match_shape(joints: Sequence[BvhJoint]) -> dict[str, int] | None:
    """Return the number of each joint by its SMPL name, or None if the tree is not a person's.

    The spine is not included.
    """
    tree = _Tree(joints)
    for hips in range(len(joints)):
        branches = [child for child in tree.children[hips] if tree.height[child] >= 2]
        chests = {child: tree.chest_of(child) for child in branches}
        trunks = [chest for chest in chests.values() if chest is not None]
        legs = [child for child in branches if chests[child] is None]
        if len(trunks) == 1 and len(legs) >= 2:
            return _match_person(tree, hips, trunks[0], sorted(legs, key=tree.reach)[-2:])
    return None


def _match_person(tree: "_Tree", hips: int, chest: int, legs: list[int]) -> dict[str, int] | None:
    *others, left_or_right, other = sorted(tree.children[chest], key=tree.reach)
    leg_chains, arm_chains = _chains(tree, legs), _chains(tree, [left_or_right, other])
    if leg_chains is None or arm_chains is None or not others:
        return None
    found = {"pelvis": hips, "head": tree.chain(others[-1])[-1]}
    for side, chain, at in leg_chains:
        found |= _named(side, LEG, chain[at:])
    for side, chain, at in arm_chains:
        found |= _named(side, ARM, chain[at:])
        if at:
            found[f"{side}_collar"] = chain[at - 1]
    return found


def _named(side: str, names: Sequence[str], chain: list[int]) -> dict[str, int]:
    return {f"{side}_{name}": joint for name, joint in zip(names, chain, strict=False)}


def _chains(tree: "_Tree", pair: list[int]) -> list[tuple[str, list[int], int]] | None:
    """Return for each limb its side, its chain, and where its long bones begin; None if unknown."""
    sides = _sides(tree, pair)
    if sides is None:
        return None
    chains = [tree.chain(branch) for branch in sides]
    starts = [_long_pair(tree, chain) for chain in chains]
    return [
        (side, chain, at)
        for side, chain, at in zip(("left", "right"), chains, starts, strict=True)
        if at is not None
    ]


def _long_pair(tree: "_Tree", chain: list[int]) -> int | None:
    """Return where in a chain the longest pair of consecutive bones begins.

    Of pairs that are nearly as long, the last counts: a collar can be as long as a forearm.
    """
    pairs = [
        tree.length[chain[at + 1]] + tree.length[chain[at + 2]] for at in range(len(chain) - 2)
    ]
    long = [at for at, pair in enumerate(pairs) if pair > NEARLY * max(pairs)]
    return long[-1] if long else None


def _sides(tree: "_Tree", pair: list[int]) -> tuple[int, int] | None:
    """Return the left and the right branch by the words in their names, or None."""
    left = [branch for branch in pair if tree.is_of(_LEFT, branch)]
    right = [branch for branch in pair if tree.is_of(_RIGHT, branch)]
    return (left[0], right[0]) if len(left) == len(right) == 1 and left != right else None


class _Tree:
    """The children of each joint, and measures of the part of the tree below it."""

    def __init__(self, joints: Sequence[BvhJoint]) -> None:
        self.names = [joint.name for joint in joints]
        self.children: list[list[int]] = [[] for _ in joints]
        self.length = [float(np.linalg.norm(joint.offset)) for joint in joints]
        self.height = [0] * len(joints)
        self._reach = [0.0] * len(joints)
        for number in reversed(range(len(joints))):
            parent = joints[number].parent
            if parent >= 0:
                self.children[parent].insert(0, number)
                self.height[parent] = max(self.height[parent], self.height[number] + 1)
                below = self._reach[number] + self.length[number]
                self._reach[parent] = max(self._reach[parent], below)

    def reach(self, number: int) -> float:
        """Return the length of the longest chain from the parent of a joint through the joint."""
        return self._reach[number] + self.length[number]

    def chain(self, number: int) -> list[int]:
        """Return the longest chain of joints that begins with a joint."""
        chain = [number]
        while self.children[chain[-1]]:
            chain.append(max(self.children[chain[-1]], key=self.reach))
        return chain

    def chest_of(self, number: int) -> int | None:
        """Return the first joint of a trunk from which three chains leave, two of them long."""
        for joint in self.chain(number):
            arms = [child for child in self.children[joint] if self.height[child] >= 2]
            if len(arms) >= 2 and len(self.children[joint]) >= 3:
                return joint
        return None

    def is_of(self, side: "re.Pattern[str]", number: int) -> bool:
        """Return whether the names of a chain have the word of a side."""
        return any(side.search(self.names[joint].lower()) for joint in self.chain(number))
