"""The values of a sample of a pose pair, and its columns of the manifest."""

from typing import Any

import numpy as np
import pyarrow as pa

from motiondata.captions import Caption, caption_texts, captions_to_details
from motiondata.pose_pairs.write_text import Text, write_texts
from pipelines.clips.members import DETAILS, POSE, SYNTHETIC, TEXT, TRANS
from pipelines.engine.product import Values
from pipelines.products.pose_pairs.members import (
    CHANGES,
    JOINTS,
    LEVELS,
    POSE_CODES_MEMBER,
    SUPER_CODES_MEMBER,
)
from pipelines.products.pose_pairs.plan import PlannedPair, strengths_of

FPS = 1.0
"""The frame rate that a player takes for the two poses, which have no time."""

COLUMNS = pa.schema(
    [
        pa.field("source", pa.string(), nullable=False),
        pa.field("subset", pa.string(), nullable=False),
        pa.field("source_a", pa.string(), nullable=False),
        pa.field("in_sequence", pa.bool_(), nullable=False),
        pa.field("two_way", pa.bool_(), nullable=False),
        pa.field("similarity", pa.float64(), nullable=False),
        pa.field("differing_codes", pa.int64(), nullable=False),
        pa.field("captions", pa.list_(pa.string()), nullable=False),
        pa.field("flags", pa.list_(pa.string()), nullable=False),
    ]
)
"""The manifest columns of pose pairs. `source` and `subset` are those of pose B."""


def pair_values(
    planned: PlannedPair, texts_per_pair: int, seed: int, body: dict[str, Any]
) -> Values:
    """Return the members of a pair's sample. `body` says which body was posed."""
    texts = write_texts(
        planned.facts, strengths_of(planned.changes), texts_per_pair, seed, planned.row.name
    )
    captions = [Caption(text.text, (), 0.0, 0.0) for text in texts]
    synthetic = any(planned.details[each].get(SYNTHETIC) for each in ("a", "b"))
    details = {
        **({SYNTHETIC: True} if synthetic else {}),
        **planned.details,
        "source": planned.row.source_path,
        "subset": planned.row.subset,
        "fps_out": FPS,
        **body,
        "texts": [_text_to_json(text) for text in texts],
        "captions": captions_to_details(captions),
    }
    return {
        JOINTS: planned.joints,
        POSE: planned.pose,
        TRANS: planned.trans,
        POSE_CODES_MEMBER: np.ascontiguousarray(planned.facts.codes),
        SUPER_CODES_MEMBER: np.ascontiguousarray(planned.facts.supers),
        CHANGES: planned.changes,
        LEVELS: planned.facts.levels,
        DETAILS: details,
        TEXT: "".join(f"{text.text}\n" for text in texts),
    }


def _text_to_json(text: Text) -> dict[str, Any]:
    return {"style": text.style, "text": text.text, "says": [[*each] for each in text.says]}


def manifest_values(details: dict[str, Any]) -> dict[str, Any]:
    """Return a sample's values for `COLUMNS`, from the fields of its JSON."""
    return {
        "source": details["source"],
        "subset": details["subset"],
        "source_a": details["a"]["source"],
        "in_sequence": details["in_sequence"],
        "two_way": details["reverse"] is not None,
        "similarity": details["similarity"],
        "differing_codes": details["differing_codes"],
        "captions": caption_texts(details),
        "flags": [SYNTHETIC] if details.get(SYNTHETIC) else [],
    }
