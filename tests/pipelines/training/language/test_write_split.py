"""Motion of the captions of a split: a dataset that is compared with the real one."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("transformers")

from motiondata.errors import InputError
from pipelines.datasets.verify import verify
from pipelines.engine.execution import Execution
from pipelines.training.language.write_split import generate_split
from pipelines.training.language.writing_options import (
    MotionDecoding,
    SplitOptions,
    WritingOptions,
)
from pipelines.viewing.viewed_clip import read_viewed_clip
from shards import open_dataset
from shards.format.dataset import Dataset

HERE = Execution(workers=0)


def frames_of(dataset: Any, key: str) -> int:
    frames: int = dataset[key]["json"]["motion_frames"]
    return frames


def write(tokens: Dataset, out: Path, checkpoint: Path, **options: Any) -> Dataset:
    """Write motions with at most six tokens, two of each caption."""
    writing = WritingOptions(checkpoint, repeats=2, decoding=MotionDecoding(max_tokens=6))
    generate_split(tokens.path, out, writing, SplitOptions(**options), HERE)
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
    other = replace(writing, repeats=2, decoding=MotionDecoding(max_tokens=5))
    with pytest.raises(InputError, match="max_tokens"):
        generate_split(tokens.path, written.path, other, SplitOptions(), HERE)
