"""Datasets of motion tokens with captions that they determine, without a tokenizer."""

from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from pipelines.products.tokens.arrays import TOKEN_ARRAYS
from pipelines.products.tokens.description import TOKENIZER
from shards.format.dataset import Dataset
from shards.format.schema import Schema
from tests.support.captioned_features import ACTS, KINDS, WAYS, captions_of, write_made

CODES = 12
"""One code for each act, one for each way, and two for noise."""
PER_TOKEN = 4
CLIPS = {"train": 60, "val": 25, "test": 25}


def make_token_clips(out: Path, clips: dict[str, int] | None = None) -> Dataset:
    """Make a dataset of motion tokens whose clips are of each kind in turn."""
    random = Random(0)  # noqa: S311
    samples = {
        split: [token_clip(clip, random) for clip in range(number)]
        for split, number in (clips or CLIPS).items()
    }
    made_by = {"id": "made", "codes": CODES, "frames_per_token": PER_TOKEN}
    schema = Schema({**TOKEN_ARRAYS, "json": "json", "txt": "text"})
    write_made(out, schema, samples, {TOKENIZER: made_by})
    return Dataset.open(out)


def token_clip(clip: int, random: Random) -> dict[str, Any]:
    """Return a sample: the tokens are its act, then its way, each with some noise."""
    act, way = KINDS[clip % len(KINDS)]
    noise = [len(ACTS) + len(WAYS) + random.randrange(2) for _ in range(2)]
    codes = [ACTS.index(act)] * 2 + noise[:1] + [len(ACTS) + WAYS.index(way)] * 2 + noise[1:]
    whole = {"start_seconds": 0.0, "end_seconds": 0.0}
    details = {
        "fps_out": 5.0,
        "motion_fps": 20.0,
        "motion_frames": PER_TOKEN * len(codes) - 1,
        "captions": [{"text": text, **whole} for text in captions_of(clip)],
    }
    text = "".join(f"{text}\n" for text in captions_of(clip))
    return {"tokens.npy": np.array(codes, np.int32), "json": details, "txt": text}
