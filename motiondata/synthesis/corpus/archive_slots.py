"""Place synthetic recordings in AMASS's folders: subset, path and frame rate.

Paths follow the naming conventions of each subset, including spaces. They contain the number of the
recording and are therefore unique in every spelling.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from motiondata.synthesis.generators import one_of


@dataclass(frozen=True)
class Subset:
    """Naming conventions and frame rates of an AMASS subset."""

    weight: float
    """Relative frequency of the subset, approximately its share of the HumanML3D index."""
    path: str
    """Template for paths relative to the subset's folder, without `_poses.npz`."""
    fps: tuple[float, ...] = (120.0,)
    """Frame rates, Hz, sampled uniformly; a repeated rate is more frequent."""


SUBSETS: Mapping[str, Subset] = {
    "KIT": Subset(32, "{subject}/{kind}{number:05d}", (100.0,)),
    "CMU": Subset(20, "{subject:02d}/{subject:02d}_{number:05d}", (120.0, 120.0, 60.0)),
    "BMLmovi": Subset(12, "Subject_{subject}_F_MoSh/Subject_{subject}_F_{number}"),
    "Eyes_Japan_Dataset": Subset(
        10, "subject {subject}/{kind}-{number:05d}-free hand", (120.0, 120.0, 120.0, 250.0)
    ),
    "MPI_HDM05": Subset(6, "s{subject:02d}/HDM_s{subject:02d}_{number:05d}_120"),
    "EKUT": Subset(4, "{subject}/{kind}{number:05d}", (100.0,)),
    "ACCAD": Subset(3, "Subject{subject}General_c3d/A{number} - {kind}"),
    "TotalCapture": Subset(3, "s{subject}/{kind}{number}", (60.0,)),
    "MPI_Limits": Subset(3, "{subject:05d}/op{number}"),
    "Transitions_mocap": Subset(3, "subject{subject}_c3d/{kind}_{number}"),
    "DFaust_67": Subset(2, "{subject:05d}/{subject:05d}_{kind}_{number}", (60.0,)),
    "SFU": Subset(2, "{subject:04d}/{subject:04d}_{kind}{number:05d}_1"),
}
"""Some of the subsets in the HumanML3D index, by their names there, with their frame rates."""


@dataclass(frozen=True)
class ArchiveSlot:
    """Path and frame rate of one recording in the archive."""

    subset: str
    source: str
    """Path relative to the archive root, such as `KIT/3/kick00042_poses.npz`."""
    fps: float


def draw_slot(rng: np.random.Generator, number: int, subject: int, kind: str) -> ArchiveSlot:
    """Sample the subset and frame rate of a recording; return its slot.

    `number`, `subject` and `kind` (the kind of its first act) are used in the path.
    """
    weights = np.array([subset.weight for subset in SUBSETS.values()])
    name = list(SUBSETS)[int(rng.choice(len(weights), p=weights / weights.sum()))]
    subset = SUBSETS[name]
    path = subset.path.format(number=number, subject=subject, kind=kind)
    fps = one_of(rng, subset.fps)
    return ArchiveSlot(name, f"{name}/{path}_poses.npz", fps)
