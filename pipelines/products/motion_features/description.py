"""The descriptions of the products of motion features, one for each representation."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.representations.field_statistics import field_statistics
from pipelines.clips.description import MotionDescription
from pipelines.clips.keys import clip_name
from pipelines.engine.description import Recovery, StoredJoints
from pipelines.products.motion_features.members import JOINTS, MEMBERS
from pipelines.products.motion_features.options import HUMANML3D_263, KIT_251, ON_A_TARGET, REPR_272
from shards.format.dataset import Dataset
from shards.format.members import field_of

YAW_SIGN = "yaw_sign_rows"
HEADING = "heading_rows"

COUNTED = {
    YAW_SIGN: "have a yaw velocity whose sign is wrong in the reference",
    HEADING: "have a heading that is wrong by more than 10 degrees in the reference",
}
"""The manifest columns that count faults of the reference, and what they count."""
TRAINER_FORMATS = {
    HUMANML3D_263: ("humanml3d",),
    KIT_251: ("kit",),
    REPR_272: ("motionstreamer", "motionmillion"),
}
"""The formats of `motiondata export` that trainers of each representation read."""


STD_GROUPS = {**{name: name for name in ON_A_TARGET}, REPR_272: "humanml3d-272"}
"""The groups of columns that share a standard deviation, in `FEATURE_GROUPS`."""


@dataclass(frozen=True)
class MotionFeatureDescription(MotionDescription):
    """Describes datasets of motion features."""

    def inputs(self, provenance: Mapping[str, Any]) -> list[str]:
        """Return a line with the bodies and, where there is one, a line with the target."""
        lines = super().inputs(provenance)
        if target := provenance.get("target_skeleton"):
            lines.append(f"target skeleton: {target['source']} ({target['id']})")
        return lines

    def recovery(self, dataset: Dataset, by_rotations: bool = False) -> Recovery:
        """Return what can be recovered of the vectors."""
        from pipelines.products.motion_features.recovery import recovery_of

        return recovery_of(dataset, self.name, by_rotations)

    def stored_joints(self) -> StoredJoints:
        """Return the joints of the samples, in the frame of each representation."""
        from pipelines.products.motion_features.recovery import joints_to_y_up

        return StoredJoints(field_of(JOINTS), partial(joints_to_y_up, self.name), clip_name)

    def trainer_statistics(
        self, mean: NDArray[np.float64], grouped_std: NDArray[np.float64], divisions: int = 0
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return mean and standard deviation in the type of the published files."""
        return field_statistics(mean, grouped_std, self.std_groups or self.name, divisions)


MOTION_FEATURES = {
    name: MotionFeatureDescription(
        name=name,
        members=members,
        command="motiondata build-features",
        counted=COUNTED if name in ON_A_TARGET else {},
        std_groups=STD_GROUPS.get(name),
        trainer_formats=TRAINER_FORMATS.get(name, ()),
    )
    for name, members in MEMBERS.items()
}
"""The descriptions, by name of the product, which is that of the representation."""
