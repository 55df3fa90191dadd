"""The values that samples of all products of motion share: details in `json`, captions in `txt`.

docs/format.md describes them for readers.
"""

from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from motiondata.captions import Caption, caption_texts, captions_to_details
from motiondata.clip import Clip
from pipelines.clips.members import DETAILS, SYNTHETIC, TEXT

CLIP_COLUMNS = pa.schema(
    [
        pa.field("fps", pa.float64(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("subset", pa.string(), nullable=False),
        pa.field("captions", pa.list_(pa.string()), nullable=False),
        pa.field("flags", pa.list_(pa.string()), nullable=False),
    ]
)
"""The manifest columns of samples of motion, in addition to the columns that all samples have."""


def clip_values(
    clip: Clip, details: Mapping[str, Any], captions: tuple[Caption, ...]
) -> dict[str, Any]:
    """Return the values of the shared members of a sample, in the order of a schema.

    `details` are the product's own fields of the JSON, of which `flags` maps the names of flags to
    whether they are raised.
    """
    return {
        DETAILS: {**_clip_details(clip), **details, "captions": captions_to_details(captions)},
        TEXT: "".join(f"{caption.text}\n" for caption in captions),
    }


def clip_columns(details: Mapping[str, Any]) -> dict[str, Any]:
    """Return a sample's values for `CLIP_COLUMNS`, from the fields of its JSON."""
    return {
        "fps": float(details["fps_out"]),
        "source": details["source"],
        "subset": details["subset"],
        "captions": caption_texts(details),
        "flags": [
            *([SYNTHETIC] if details.get(SYNTHETIC) else []),
            *(flag for flag, raised in details["flags"].items() if raised),
        ],
    }


def _clip_details(clip: Clip) -> dict[str, Any]:
    """Return the fields of a sample's JSON that describe its clip."""
    return {
        **({SYNTHETIC: True} if clip.recording.synthetic else {}),
        "source": clip.recording.source,
        "subset": clip.subset,
        "fps_in": clip.recording.fps,
        "fps_out": clip.fps,
        "first_frame": clip.first_frame,
        "last_frame": clip.last_frame,
        "gender": clip.recording.gender,
        "licence": clip.recording.licence,
    }
