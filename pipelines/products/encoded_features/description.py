"""The description of the features product: its member names, and how it is made."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.clips.members import CAPTION_LINES, DETAILS, TEXT
from pipelines.engine.description import Member, ProductDescription

FEATURES = "features.npy"


@dataclass(frozen=True)
class FeaturesDescription(ProductDescription):
    """Describes datasets of features."""

    def inputs(self, provenance: Mapping[str, Any]) -> list[str]:
        """Return a line with the encoder and a line with the source dataset."""
        encoder, source = provenance["encoder"], provenance["source"]
        return [
            f"encoder: {encoder['id']}, {encoder['width']:,} features a frame",
            f"of the {source['provenance']['product']} dataset {source['content_hash']}",
        ]


ENCODED_FEATURES_PRODUCT = FeaturesDescription(
    name="features",
    members=(
        Member(
            FEATURES,
            "the encoder's features for each frame; the width of the default encoder is 1,024",
        ),
        Member(
            DETAILS,
            "the `json` of the source clip, with `encoder`, the id of the encoder, and `dataset`, "
            "the content hash of the encoded dataset",
        ),
        Member(TEXT, CAPTION_LINES),
    ),
    command="motiondata encode",
    arguments="DATASET --checkpoint FILE --out DIR",
)
