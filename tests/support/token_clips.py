"""Datasets of motion tokens with captions that they determine, without a tokenizer."""

from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import torch

from motiondata.representations.humanml3d import make_features
from motiondata.representations.skeleton import T2M
from pipelines.products.derived.product import COLUMNS
from pipelines.products.tokens.arrays import token_arrays
from pipelines.products.tokens.description import TOKENIZER
from pipelines.training.common.checkpoints import write_checkpoint
from pipelines.training.common.optimizer import seeded
from pipelines.training.motion_fields import MotionFields
from pipelines.training.tokenizers.load_tokenizer import KIND, describe_tokenizer, load_tokenizer
from pipelines.training.tokenizers.motion_tokenizer import MotionTokenizer
from pipelines.training.tokenizers.options import TokenizerSizes
from shards.format.dataset import Dataset
from shards.format.schema import Schema
from tests.support.captioned_features import ACTS, KINDS, WAYS, captions_of, write_made
from tests.support.motion_clips import bundled_lengths, y_up_joints

CODES = 12
"""One code for each act, one for each way, and two for noise."""
PER_TOKEN = 4
CLIPS = {"train": 60, "val": 25, "test": 25}


def make_token_clips(
    out: Path, tokenizer: str = "made", clips: dict[str, int] | None = None, stages: int = 1
) -> Dataset:
    """Make a dataset of tokens of a tokenizer, by its id, with clips of each kind in turn."""
    random = Random(0)  # noqa: S311
    samples = {
        split: [staged(token_clip(clip, random), stages) for clip in range(number)]
        for split, number in (clips or CLIPS).items()
    }
    made_by = {"id": tokenizer, "codes": CODES, "frames_per_token": PER_TOKEN}
    if stages > 1:
        made_by["stages"] = stages
    schema = Schema({**token_arrays(stages), "json": "json", "txt": "text"})
    write_made(out, schema, samples, {TOKENIZER: made_by}, COLUMNS)
    return Dataset.open(out)


def staged(sample: dict[str, Any], stages: int) -> dict[str, Any]:
    """Return a sample whose next stages have the codes of the first one, moved by their number."""
    if stages == 1:
        return sample
    codes = sample["tokens.npy"][:, None] + np.arange(stages, dtype=np.int32)
    return {**sample, "tokens.npy": codes % CODES}


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
        "source": f"made/{clip}.npz",
        "subset": "made",
        "captions": [{"text": text, **whole} for text in captions_of(clip)],
    }
    text = "".join(f"{text}\n" for text in captions_of(clip))
    return {"tokens.npy": np.array(codes, np.int32), "json": details, "txt": text}


def write_tokenizer(path: Path, stages: int = 1) -> str:
    """Write the checkpoint of an untrained tokenizer of these codes; return its id.

    It decodes to poses close to the mean pose of a person who walks.
    """
    features = make_features(y_up_joints(1, 40), T2M, bundled_lengths()).vectors
    sizes = TokenizerSizes("vq", CODES, PER_TOKEN, width=8, depth=1, code_width=8, residual=stages)
    mean, std = torch.from_numpy(features.mean(0)), torch.full((T2M.columns,), 1e-3)
    with seeded(0):
        module = MotionTokenizer(sizes, mean, std)
    contents = describe_tokenizer(sizes, MotionFields("humanml3d-263"), fps=20.0)
    write_checkpoint(path, KIND, {"contents": contents, "weights": module.state_dict()})
    return load_tokenizer(path).id
