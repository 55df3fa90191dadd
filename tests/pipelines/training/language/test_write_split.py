"""Motion of the captions of a split: a dataset that is compared with the real one."""

import io
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("transformers")

from motiondata.errors import InputError
from pipelines.datasets.verify import verify
from pipelines.engine.execution import Execution
from pipelines.training.common.training_checkpoint import CHECKPOINT
from pipelines.training.language.asked_lengths import ask_lengths
from pipelines.training.language.load_language import load_language
from pipelines.training.language.options import LanguageOptions
from pipelines.training.language.train_language import train_language
from pipelines.training.language.write_split import generate_split
from pipelines.training.language.writing_options import (
    MotionDecoding,
    SplitOptions,
    WritingOptions,
)
from pipelines.viewing.viewed_clip import read_viewed_clip
from shards import open_dataset
from shards.format.dataset import Dataset
from tests.pipelines.training.language.conftest import LOOP

HERE = Execution(workers=0)


def frames_of(dataset: Any, key: str) -> int:
    frames: int = dataset[key]["json"]["motion_frames"]
    return frames


def write(
    tokens: Dataset, out: Path, checkpoint: Path, best_of: int = 1, **options: Any
) -> Dataset:
    """Write motions with at most six tokens, two of each caption."""
    decoding = MotionDecoding(max_tokens=6)
    writing = WritingOptions(checkpoint, repeats=2, best_of=best_of, decoding=decoding)
    report = generate_split(tokens.path, out, writing, SplitOptions(**options), HERE)
    assert (report.frame_units, report.rate.unit) == ("frames", "tokens of the source")
    return Dataset.open(out)


@pytest.fixture(scope="module")
def written(tokens: Dataset, begun: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return write(tokens, tmp_path_factory.mktemp("written") / "motion", begun, keep_lengths=True)


def test_each_clip_of_the_split_has_motions_of_its_first_caption(
    tokens: Dataset, written: Dataset
) -> None:
    clips = [key for key in tokens.manifest["key"].to_pylist() if key.startswith("test")]
    keys = written.manifest["key"].to_pylist()
    assert keys == [name for key in clips for name in (key, f"{key}_v1")]
    assert verify(written.path).sound
    real, made = open_dataset(tokens.path), open_dataset(written.path)
    for key in keys[:6]:
        clip, motion = key.removesuffix("_v1"), made[key]
        source, frames = real[clip]["json"], frames_of(real, clip)
        assert motion["vectors"][:].shape == (frames, 263)
        assert motion["pose"][:].shape == (frames, 22, 3)
        first = source["captions"][0]["text"]
        assert [caption["text"] for caption in motion["json"]["captions"]] == [first]
        assert len(motion["json"]["codes"]) == -(-frames // 4)
    shown = read_viewed_clip(written, keys[0])
    assert shown.skeleton is not None
    assert shown.skeleton.joints.shape == (frames_of(real, keys[0]), 22, 3)


@pytest.mark.slow
def test_draws_differ_between_motions_and_not_between_runs(
    tokens: Dataset, written: Dataset, begun: Path, tmp_path: Path
) -> None:
    again = write(tokens, tmp_path / "again", begun, keep_lengths=True)
    assert again.content_hash == written.content_hash
    motions = open_dataset(written.path)
    codes = [motions[key]["json"]["codes"] for key in ("test0000", "test0000_v1")]
    assert codes[0] != codes[1]


@pytest.fixture(scope="module")
def measuring(
    tokens: Dataset, tokenizer: Path, small_t5: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return the checkpoint of a model that has learned how long motion is, and little else."""
    out = tmp_path_factory.mktemp("measuring")
    options = LanguageOptions(
        str(small_t5), tokenizer, focus=("caption_to_frames", "motion_to_caption"), focus_share=1.0,
        steps=120,
        pretraining_steps=0, rate=1e-2,
    )  # fmt: skip
    train_language(tokens.path, out, options, LOOP, "cpu", io.StringIO())
    return out / CHECKPOINT


def test_the_model_chooses_lengths_before_it_writes_the_best_of_several(
    tokens: Dataset, measuring: Path, tmp_path: Path
) -> None:
    out = write(tokens, tmp_path / "asked", measuring, best_of=2, ask_length=True)
    model, motions = load_language(measuring).module, open_dataset(out.path)
    for key in out.manifest["key"].to_pylist()[:6]:
        details = motions[key]["json"]
        (frames,) = ask_lengths(model, [details["captions"][0]["text"]], 24)
        assert 18 <= details["motion_frames"] == frames, "clips have 23 frames"
        assert len(details["codes"]) == ceil(frames / 4)
        assert not details["cut"]


def test_a_length_is_that_of_the_clip_or_chosen_and_not_both() -> None:
    with pytest.raises(InputError, match="--keep-lengths or --ask-length, and not both"):
        SplitOptions(keep_lengths=True, ask_length=True)


def test_an_unknown_split_and_numbered_clips_are_refused(
    tokens: Dataset, written: Dataset, begun: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"expected one of the splits .*, found 'dance'"):
        write(tokens, tmp_path / "x", begun, split="dance")
    with pytest.raises(InputError, match="expected a dataset of tokens"):
        write(written, tmp_path / "x", begun)
    assert not (tmp_path / "x").exists()


def test_a_dataset_is_not_continued_with_other_options(
    tokens: Dataset, written: Dataset, begun: Path
) -> None:
    writing = WritingOptions(begun, repeats=1, decoding=MotionDecoding(max_tokens=6))
    with pytest.raises(InputError, match="repeats"):
        generate_split(tokens.path, written.path, writing, SplitOptions(), HERE)
    two = replace(writing, repeats=2)
    others = {
        "max_tokens": (replace(two, decoding=MotionDecoding(max_tokens=5)), SplitOptions()),
        "best_of": (replace(two, best_of=2), SplitOptions(keep_lengths=True)),
        "ask_length": (two, SplitOptions(ask_length=True)),
    }
    for name, (how, options) in others.items():
        with pytest.raises(InputError, match=name):
            generate_split(tokens.path, written.path, how, options, HERE)
