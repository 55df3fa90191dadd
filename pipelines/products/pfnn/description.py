"""The description of datasets for a phase-functioned network."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.clips.description import MotionDescription
from pipelines.products.pfnn.members import MEMBERS


@dataclass(frozen=True)
class PfnnDescription(MotionDescription):
    """Describes datasets of rows of a phase-functioned network."""

    def network_statistics(
        self,
        means: Mapping[str, NDArray[np.float64]],
        stds: Mapping[str, NDArray[np.float64]],
    ) -> Mapping[str, NDArray[np.float64]]:
        """Return the arrays of the published files, with deviations grouped and weighted."""
        from motiondata.representations.pfnn.statistics import grouped_deviations

        x_std, y_std = grouped_deviations(stds["x"], stds["y"])
        return {
            "Xmean.bin": means["x"],
            "Xstd.bin": x_std,
            "Ymean.bin": means["y"],
            "Ystd.bin": y_std,
        }

    def constant_groups(self, stds: Mapping[str, NDArray[np.float64]]) -> Sequence[str]:
        """Return the groups of columns that have no deviation, such as `X heights`."""
        from motiondata.representations.pfnn.layout import X_GROUPS, Y_GROUPS

        return [
            f"{axis.upper()} {name}"
            for axis, groups in (("x", X_GROUPS), ("y", Y_GROUPS))
            for name, columns in groups.items()
            if not stds[axis][columns].any()
        ]


PFNN = PfnnDescription(
    name="pfnn", members=MEMBERS, command="motiondata build-pfnn", trainer_formats=("pfnn",)
)
