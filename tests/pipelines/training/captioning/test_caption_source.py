"""Captions of features, of tokens, and of both: the same clips and steps, and all three learn."""

import io
from dataclasses import replace
from math import ceil
from pathlib import Path
from random import Random

import numpy as np
import pytest

pytest.importorskip("transformers")

from motiondata.errors import InputError
from pipelines.training.captioning.caption_source import drawn_captions
from pipelines.training.captioning.captioner import PROMPT
from pipelines.training.captioning.generate import caption_split, matched_and_shuffled_loss
from pipelines.training.captioning.options import CaptionerTrainingOptions, GenerationOptions
from pipelines.training.captioning.train_captioner import train_captioner
from pipelines.training.common.load_text_model import load_text_model
from pipelines.training.common.logs import read_log
from pipelines.training.common.options import TINY, LoopOptions, OptimizerOptions
from pipelines.training.common.tiny_text_model import TinySizes
from pipelines.training.common.training_checkpoint import CHECKPOINT
from shards.errors import ShardError
from shards.format.dataset import Dataset
from shards.stream.streamed_dataset import StreamedDataset
from shards.stream.zipping import zip_by_key
from tests.support.captioned_features import KINDS, MadeFeatures, captions_of, make_captioned
from tests.support.text_models import save_text_model
from tests.support.token_clips import CLIPS, make_token_clips

SIZES = TinySizes(32, 8, 32, num_layers=1, num_decoder_layers=1, num_heads=4, dropout_rate=0)
LOOP = LoopOptions(batch=8, watch_every=1000, optimizer=OptimizerOptions(warmup=10))


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    out = tmp_path_factory.mktemp("features") / "features"
    return make_captioned(out, MadeFeatures(clips=tuple(CLIPS.items()), frames=(24, 25)))


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return make_token_clips(tmp_path_factory.mktemp("tokens") / "tokens")


@pytest.fixture(scope="module")
def options(tmp_path_factory: pytest.TempPathFactory) -> CaptionerTrainingOptions:
    folder = tmp_path_factory.mktemp("small") / "t5"
    captions = [text for kind in range(len(KINDS)) for text in captions_of(kind)]
    save_text_model(load_text_model(TINY, [*captions, PROMPT], 0, SIZES), folder)
    return CaptionerTrainingOptions(
        text_model=str(folder), stages="full", steps="60", rate=5e-3, projector_rate=5e-3
    )


@pytest.mark.slow
@pytest.mark.parametrize("reads", ["features", "tokens", "both"])
def test_all_three_learn_from_the_same_captions(
    reads: str, features: Dataset, tokens: Dataset, options: CaptionerTrainingOptions,
    tmp_path: Path,
) -> None:  # fmt: skip
    data = tokens if reads == "tokens" else features
    added = tokens.path if reads == "both" else None
    chosen = replace(options, tokens=added)
    train_captioner(data.path, tmp_path, chosen, LOOP, "cpu", io.StringIO())
    assert sum("loss" in record for record in read_log(tmp_path)) == 60
    found = matched_and_shuffled_loss(data.path, tmp_path / CHECKPOINT, "test", "cpu", tokens=added)
    assert found[1] > 1.1 * found[0]
    generation = GenerationOptions(tokens=added, device="cpu")
    captions = caption_split(data.path, tmp_path / CHECKPOINT, "test", generation)
    assert [each.key for each in captions] == [f"test{clip:04d}" for clip in range(25)]


def test_a_captioner_of_both_asks_for_the_tokens_it_was_trained_on(
    features: Dataset, tokens: Dataset, options: CaptionerTrainingOptions, tmp_path: Path
) -> None:
    both = replace(options, tokens=tokens.path, steps="1")
    train_captioner(features.path, tmp_path / "out", both, LOOP, "cpu", io.StringIO())
    checkpoint = tmp_path / "out" / CHECKPOINT
    with pytest.raises(InputError, match="expected tokens of the tokenizer made, as in the train"):
        caption_split(features.path, checkpoint, "test")
    others = make_token_clips(tmp_path / "others", "another").path
    with pytest.raises(InputError, match="found tokens of the tokenizer another; --tokens names"):
        caption_split(features.path, checkpoint, "test", GenerationOptions(tokens=others))
    fewer = make_token_clips(tmp_path / "fewer", clips={"train": 60, "val": 2, "test": 2}).path
    with pytest.raises(ShardError, match="23 of 25 clips of frames are not in tokens"):
        caption_split(features.path, checkpoint, "test", GenerationOptions(tokens=fewer))


def test_captions_of_parts_are_joined_with_the_tokens_of_these_parts(
    features: Dataset, tokens: Dataset
) -> None:
    by_frames = StreamedDataset(features, lambda _, __: [(range(12, 20), "a part of 24 frames")])
    by_tokens = StreamedDataset(tokens)
    frames = by_frames.clips("test", ["features"], 25, captions=True)
    view = zip_by_key({"frames": frames, "tokens": by_tokens.clips("test", ["tokens"], 1)})
    batch = next(iter(view))
    assert set(batch["frames"]["lengths"].tolist()) == {8}
    for place, key in enumerate(batch["keys"]):
        whole = by_tokens[key]["tokens"][:]
        part = whole[len(whole) // 2 : ceil(len(whole) * 5 / 6)]
        length = batch["tokens"]["lengths"][place]
        np.testing.assert_array_equal(batch["tokens"]["tokens"][place, :length], part)


def test_captions_drawn_for_a_step_are_different_ones_of_the_same_frames() -> None:
    names = ("text", "start_seconds", "end_seconds")
    rows = [("walks", 0, 0), ("turns", 1, 2), ("goes", 0, 0), ("strides", 0, 0)]
    walk = {"captions": [dict(zip(names, row, strict=True)) for row in rows]}
    batch = {"captions": ["goes", "turns"], "json": [walk, walk]}
    found = {
        tuple(map(tuple, drawn_captions(batch, 2, Random(seed))))  # noqa: S311 (no secrets)
        for seed in range(20)
    }
    assert found == {(("goes", other), ("turns",) * 2) for other in ("walks", "strides")}
    random = Random(0)  # noqa: S311 (no secrets)
    four = drawn_captions(batch, 4, random)
    assert {*four[0][:3]} == {"walks", "goes", "strides"}
    assert four[0][3] == four[0][0]
    assert drawn_captions(batch, 1, random) == [["goes"], ["turns"]]
