"""Means and standard deviations in the files that trainers of the field read.

Sources: `cal_mean_variance.ipynb` of EricGuo5513/HumanML3D; `data/dataset.py` of EricGuo5513/text-
to-motion for the bias; `cal_mean_std.py` of Li-xingXiao/272-dim-Motion-Representation.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import DTypeLike, NDArray

from motiondata.errors import InputError
from motiondata.representations.feature_groups import FEATURE_GROUPS

Floats = NDArray[np.float64]

FEAT_BIAS = 5.0
"""The trainers of HumanML3D's evaluators divide the standard deviations of `BIASED` by this."""
BIASED = ("root_yaw_velocity", "root_plane_velocity", "root_height", "foot_contacts")
EVALUATOR_DIVISIONS = 2
"""How often the published statistics of the evaluators (`Comp_v6_KLD005`) are divided: files with
divided values were loaded, and divided again."""
DTYPES: dict[str, DTypeLike] = {
    "humanml3d-263": np.float32,
    "kit-251": np.float32,
    "humanml3d-272": np.float64,
}
"""The type of the published files."""


class FieldStatistics(NamedTuple):
    """The contents of `Mean.npy` and `Std.npy`, each shaped (columns,)."""

    mean: NDArray[Any]
    std: NDArray[Any]


def field_statistics(
    mean: Floats, grouped_std: Floats, representation: str, divisions: int = 0
) -> FieldStatistics:
    """Return statistics in the types of the published files of a representation.

    `grouped_std` has the means of the groups of `FEATURE_GROUPS`. The standard deviations of the
    root and of contacts are divided by `FEAT_BIAS` as often as `divisions` says: 0 for generators,
    1 to train an evaluator, `EVALUATOR_DIVISIONS` for statistics like those of the published
    evaluators. Raises `InputError` if the representation has no such groups or another width.
    """
    groups = FEATURE_GROUPS.get(representation)
    if groups is None or representation not in DTYPES:
        raise InputError(
            f"the representation is {representation!r}; expected one of {', '.join(DTYPES)}"
        )
    if divisions and not {*BIASED} <= {*groups}:
        raise InputError(f"{representation}: its evaluators divide no standard deviation")
    width = max(stop for _, stop in groups.values())
    for name, values in (("mean", mean), ("std", grouped_std)):
        if values.shape != (width,):
            raise InputError(f"{name}: expected the shape ({width},), found {values.shape}")
    std = grouped_std.copy()
    for name in BIASED if divisions else ():
        std[slice(*groups[name])] /= FEAT_BIAS**divisions
    dtype = DTYPES[representation]
    return FieldStatistics(mean.astype(dtype), std.astype(dtype))
