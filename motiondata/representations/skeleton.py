"""The two skeletons of HumanML3D's features: `t2m` with SMPL's 22 joints, `kit` with KIT's 21.

Sources of the numbers: `paramUtil.py` and `motion_representation.ipynb` of EricGuo5513/HumanML3D,
and `scripts/motion_process.py` of EricGuo5513/text-to-motion.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike, NDArray

from motiondata.arrays import finite_array
from motiondata.errors import InputError
from motiondata.representations.planes import bone_lengths

Floats = NDArray[np.float64]
Numbers = NDArray[np.intp]

_AXES = {"+x": (1, 0, 0), "-x": (-1, 0, 0), "+y": (0, 1, 0), "-y": (0, -1, 0), "+z": (0, 0, 1)}


@dataclass(frozen=True)
class FeatureSkeleton:
    """A skeleton with the constants of its features; y up, the person faces +z with the left at +x.

    Joints are counted from 0. The root is joint 0.
    """

    name: str
    fps: float
    """The frame rate of the data set that defined the features, Hz."""
    meters: float
    """The unit of length of this data set, in meters."""
    chains: tuple[tuple[int, ...], ...]
    """Chains of joints from the root or the chest outward. Rotations start anew in every chain."""
    directions: tuple[str, ...]
    """The direction of the bone that ends at each joint but the root, at rest."""
    hips: tuple[int, int]
    """The right and the left hip; for `kit` too."""
    shoulders: tuple[int, int]
    """The right and the left shoulder."""
    leg: tuple[int, int]
    """The joints at the ends of the two bones that define the length of a leg."""
    feet: tuple[int, int, int, int]
    """Left ankle, left toe, right ankle, right toe."""
    contact: float
    """A joint of a foot is in contact if its squared displacement from one frame to the next is
    below this value, in squared units of length."""
    mirrored: tuple[int, ...]
    """The joint that each joint becomes when left and right are swapped."""

    @property
    def joints(self) -> int:
        """The number of joints."""
        return len(self.directions) + 1

    @property
    def columns(self) -> int:
        """The number of values a frame."""
        return 12 * self.joints - 1

    @property
    def bones(self) -> list[tuple[int, int]]:
        """The parent and the joint of each bone; parents are positioned before their children."""
        return [bone for chain in self.chains for bone in pairwise(chain)]

    @cached_property
    def parents(self) -> NDArray[np.intp]:
        """The parent of each joint but the root, shaped (joints - 1,)."""
        parents = {joint: parent for parent, joint in self.bones}
        return np.array([parents[joint] for joint in range(1, self.joints)])

    @cached_property
    def bone_table(self) -> Numbers:
        """Rows of joint, parent and the joint before in its chain, in the order of `bones`.

        For the first bone of every chain, the last one is 0, the root, also where the chain starts
        at the chest.
        """
        firsts = {chain[1] for chain in self.chains}
        return np.array([(j, p, 0 if j in firsts else p) for p, j in self.bones], np.intp)

    @cached_property
    def rest(self) -> NDArray[np.float32]:
        """The directions of the bones at rest, shaped (3, joints - 1, 1)."""
        axes = np.array([_AXES[direction] for direction in self.directions], np.float32)
        return np.ascontiguousarray(axes.T)[..., None]

    def bone_lengths(self, joints: ArrayLike) -> Floats:
        """Return the lengths of the bones, shaped (joints - 1,), of one pose of a skeleton.

        `joints` are positions shaped (n, 3) with at least this skeleton's joints; further joints,
        such as those of SMPL-H's hands, are ignored. Lengths have the precision of the reference,
        32 bits. Raises `InputError` for other arrays.
        """
        pose = finite_array(joints, "target skeleton", ("joints", 3))
        if len(pose) < self.joints:
            raise InputError(
                f"target skeleton: expected at least {self.joints} joints for {self.name}, found "
                f"{len(pose)}"
            )
        singles = pose.astype(np.float32).T
        lengths = bone_lengths(singles[:, 1 : self.joints], singles[:, self.parents])
        if not lengths.all():
            raise InputError(f"target skeleton: the bone of joint {lengths.argmin() + 1} is 0 long")
        return lengths.astype(np.float64)


T2M = FeatureSkeleton(
    name="t2m",
    fps=20.0,
    meters=1.0,
    chains=((0, 2, 5, 8, 11), (0, 1, 4, 7, 10), (0, 3, 6, 9, 12, 15), (9, 14, 17, 19, 21),
            (9, 13, 16, 18, 20)),
    directions=("+x", "-x", "+y", "-y", "-y", "+y", "-y", "-y", "+y", "+z", "+z",
                "+y", "+x", "-x", "+z", "-y", "-y", "-y", "-y", "-y", "-y"),
    hips=(2, 1),
    shoulders=(17, 16),
    leg=(5, 8),
    feet=(7, 10, 8, 11),
    contact=0.002,
    mirrored=(0, 2, 1, 3, 5, 4, 6, 8, 7, 9, 11, 10, 12, 14, 13, 15, 17, 16, 19, 18, 21, 20),
)  # fmt: skip
"""HumanML3D's skeleton: the first 22 joints of SMPL, in meters, at 20 fps."""

KIT = FeatureSkeleton(
    name="kit",
    fps=12.5,
    meters=0.001,
    chains=((0, 11, 12, 13, 14, 15), (0, 16, 17, 18, 19, 20), (0, 1, 2, 3, 4), (3, 5, 6, 7),
            (3, 8, 9, 10)),
    directions=("+y", "+y", "+y", "+y", "+x", "-y", "-y", "-x", "-y", "-y",
                "+x", "-y", "-y", "+z", "+z", "-x", "-y", "-y", "+z", "+z"),
    hips=(11, 16),
    shoulders=(5, 8),
    leg=(17, 18),
    feet=(19, 20, 14, 15),
    contact=0.05,
    mirrored=(0, 1, 2, 3, 4, 8, 9, 10, 5, 6, 7, 16, 17, 18, 19, 20, 11, 12, 13, 14, 15),
)  # fmt: skip
"""KIT-ML's skeleton, in millimeters, at 12.5 fps.

Joints 11 to 15 and 5 to 7 are called right, as in the reference.
"""
