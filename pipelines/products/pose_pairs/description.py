"""The description of datasets of pose pairs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from motiondata.counting import counted
from pipelines.clips.description import MotionDescription
from pipelines.products.pose_pairs.members import MEMBERS
from shards.format.dataset import Dataset
from shards.format.description import Description


@dataclass(frozen=True)
class PosePairDescription(MotionDescription):
    """Describes datasets of pose pairs."""

    def inputs(self, provenance: Mapping[str, Any]) -> list[str]:
        """Return a line with the body, and one with the poses and their similarity."""
        poses = provenance["poses"]
        line = (
            f"poses: {poses['picked']:,} of {counted(poses['frames'], 'frame')}, at least "
            f"{poses['least_distance'] * 1000:.1f} mm apart; similarity by {poses['similarity']}"
        )
        return [*super().inputs(provenance), line]

    def command_line(self, dataset: Dataset) -> str:
        """Return the command that builds such a dataset; it reads no captions."""
        return super().command_line(dataset).replace(" --texts DIR", "")

    def remarks(
        self,
        description: Description,  # noqa: ARG002
        flags: Mapping[str, int],  # noqa: ARG002
    ) -> list[str]:
        """Return no remarks: all poses are those of the mean shape."""
        return []

    def sample_lines(self, manifest: pa.Table) -> list[str]:
        """Return a line with the numbers of pairs of each kind."""
        inside = pc.sum(manifest["in_sequence"]).as_py() or 0
        two_way = pc.sum(manifest["two_way"]).as_py() or 0
        outside = len(manifest) - inside
        return [
            f"pairs: {counted(inside, 'pair')} in sequence, {outside:,} out of sequence, of which "
            f"{two_way:,} have their reverse"
        ]


POSE_PAIRS = PosePairDescription(
    name="pose-pairs", members=MEMBERS, command="motiondata build-pose-pairs"
)
