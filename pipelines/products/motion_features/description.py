"""The descriptions of the products of motion features, one for each representation."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.clips.description import MotionDescription
from pipelines.products.motion_features.members import MEMBERS
from pipelines.products.motion_features.options import ON_A_TARGET

YAW_SIGN = "yaw_sign_rows"
HEADING = "heading_rows"

COUNTED = {
    YAW_SIGN: "have a yaw velocity whose sign is wrong in the reference",
    HEADING: "have a heading that is wrong by more than 10 degrees in the reference",
}
"""The manifest columns that count faults of the reference, and what they count."""


@dataclass(frozen=True)
class MotionFeatureDescription(MotionDescription):
    """Describes datasets of motion features."""

    def inputs(self, provenance: Mapping[str, Any]) -> list[str]:
        """Return a line with the bodies and, where there is one, a line with the target."""
        lines = super().inputs(provenance)
        if target := provenance.get("target_skeleton"):
            lines.append(f"target skeleton: {target['source']} ({target['id']})")
        return lines


MOTION_FEATURES = {
    name: MotionFeatureDescription(
        name=name,
        members=members,
        command="motiondata build-features",
        counted=COUNTED if name in ON_A_TARGET else {},
    )
    for name, members in MEMBERS.items()
}
"""The descriptions, by name of the product, which is that of the representation."""
