"""Captioning: one caption per clip, in order, repeatable; the file is whole or absent."""

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner

pytest.importorskip("transformers")

from cli import main
from motiondata.counting import counted
from motiondata.errors import InputError
from pipelines.training.captioning.generate import (
    Captioned,
    caption,
    caption_split,
    caption_table,
    matched_and_shuffled_loss,
)
from pipelines.training.captioning.options import (
    CaptionerTrainingOptions,
    GenerationOptions,
)
from pipelines.training.captioning.train_captioner import train_captioner
from pipelines.training.common.decoding import Decoding
from pipelines.training.common.options import LoopOptions, OptimizerOptions
from pipelines.training.common.training_checkpoint import CHECKPOINT
from shards.errors import ShardError
from shards.format.dataset import Dataset, write_dataset_json
from tests.support.captioned_features import MadeFeatures, captions_of, make_captioned
from tests.support.point_clips import make_motions

CPU = GenerationOptions(device="cpu")


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    made = MadeFeatures(clips=(("train", 200), ("val", 8), ("test", 25)))
    return make_captioned(tmp_path_factory.mktemp("data"), made)


@pytest.fixture(scope="module")
def checkpoint(data: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("captioner")
    loop = LoopOptions(batch=8, watch_every=1000, optimizer=OptimizerOptions(warmup=20))
    train_captioner(
        data.path, out, CaptionerTrainingOptions(steps="100", stride=1), loop, "cpu", io.StringIO()
    )
    return out / CHECKPOINT


def test_held_out_clips_are_captioned_as_they_should(data: Dataset, checkpoint: Path) -> None:
    found = caption_split(data.path, checkpoint, "test", CPU)
    assert [each.key for each in found] == [f"test{clip:04d}" for clip in range(25)]
    right = [
        each.caption in {text.removesuffix(".") for text in captions_of(clip)}
        for clip, each in enumerate(found)
    ]
    assert sum(right) >= 20


@pytest.mark.parametrize(
    "options",
    [CPU, replace(CPU, batch=7), replace(CPU, decoding=Decoding(beams=3))],
    ids=["greedy", "other batches", "beams"],
)
def test_captions_are_the_same_again(
    data: Dataset, checkpoint: Path, options: GenerationOptions
) -> None:
    first = caption_split(data.path, checkpoint, "val", options)
    assert first == caption_split(data.path, checkpoint, "val", options)
    assert len(first) == 8


def test_a_limit_takes_the_first_clips(data: Dataset, checkpoint: Path) -> None:
    found = caption_split(data.path, checkpoint, "test", replace(CPU, limit=3))
    assert found == caption_split(data.path, checkpoint, "test", CPU)[:3]


def test_another_clips_features_give_a_larger_loss(data: Dataset, checkpoint: Path) -> None:
    matched, shuffled = matched_and_shuffled_loss(data.path, checkpoint, "test", "cpu")
    assert shuffled > 2 * matched


def test_every_one_of_several_processes_sees_all_clips(
    data: Dataset, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    captions = caption_split(data.path, checkpoint, "test", CPU)
    losses = matched_and_shuffled_loss(data.path, checkpoint, "test", "cpu")
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert caption_split(data.path, checkpoint, "test", CPU) == captions
    assert matched_and_shuffled_loss(data.path, checkpoint, "test", "cpu") == losses


def test_the_command_writes_lines_and_shows_a_table(
    data: Dataset, checkpoint: Path, tmp_path: Path
) -> None:
    out = tmp_path / "captions.jsonl"
    arguments = ["--checkpoint", str(checkpoint), "--out", str(out), "--device=cpu"]
    result = CliRunner().invoke(main, ["caption", str(data.path), *arguments])
    assert result.exit_code == 0, result.output
    found = [
        (each["key"], each["caption"]) for each in map(json.loads, out.read_text().splitlines())
    ]
    assert found == caption_split(data.path, checkpoint, "test", CPU)
    assert "first reference" in result.output
    assert captions_of(0)[0] in result.output
    assert "... and 5 more" in result.output
    distinct = counted(len({said for _, said in found}), "different caption")
    assert f"{distinct} of 25 clips" in result.output


def test_a_table_shows_what_clips_have() -> None:
    found = [Captioned("a", "one"), Captioned("b", "two")]
    table = caption_table(found, {"a": ["first", "second"], "b": []})
    assert table == ["key  caption  first reference", "a    one      first", "b    two"]


def test_a_rambling_caption_is_wrapped_to_the_width() -> None:
    found = [Captioned("a", "and then a person " * 30), Captioned("b", "two\x1b[2J\nlines")]
    table = caption_table(found, {"a": ["a person walks"], "b": []}, 60)
    assert max(map(len, table)) <= 60
    assert " ".join(table).count("person") == 31
    assert table[-1] == "b    two\N{REPLACEMENT CHARACTER}[2J lines"
    assert len({line.index("first reference") for line in table[:1]}) == 1


def test_a_table_is_no_wider_than_it_needs_to_be() -> None:
    table = caption_table([Captioned("a", "one")], {}, 200)
    assert table == ["key  caption  first reference", "a    one"]


def test_clips_without_captions_are_captioned_too(checkpoint: Path, tmp_path: Path) -> None:
    made = MadeFeatures(clips=(("test", 3),), silent=("test",))
    make_captioned(tmp_path, made, with_stats=False)
    report = caption(tmp_path, checkpoint, options=CPU)
    assert report.captions[2].key == "test0002"
    assert not any(report.references.values())
    with pytest.raises(InputError, match="expected two captioned clips in test, found 0"):
        matched_and_shuffled_loss(tmp_path, checkpoint, "test", "cpu")


def test_features_of_another_width_are_refused(checkpoint: Path, tmp_path: Path) -> None:
    make_captioned(tmp_path, MadeFeatures(width=5, clips=(("test", 3),)), with_stats=False)
    with pytest.raises(InputError, match=r"expected 32 components of features, .* found 5"):
        caption_split(tmp_path, checkpoint)


def test_a_dataset_without_the_field_is_refused(checkpoint: Path, tmp_path: Path) -> None:
    points = make_motions(tmp_path)
    with pytest.raises(InputError, match="expected a field features, which motiondata encode"):
        caption_split(points.path, checkpoint)


def test_features_by_another_encoder_are_refused(tmp_path: Path) -> None:
    made = make_captioned(tmp_path / "data")
    say_encoder(made, "first")
    loop = LoopOptions(batch=8)
    train_captioner(
        made.path, tmp_path / "out", CaptionerTrainingOptions(steps="1"), loop, "cpu", io.StringIO()
    )
    assert len(caption_split(made.path, tmp_path / "out" / CHECKPOINT, "test", CPU)) == 25
    say_encoder(made, "second")
    with pytest.raises(InputError, match=r"of the encoder first, .* found those of second"):
        caption_split(made.path, tmp_path / "out" / CHECKPOINT, "test", CPU)


def say_encoder(dataset: Dataset, name: str) -> None:
    """Let a dataset say, as `motiondata encode` does, by which encoder its features are."""
    provenance = {"encoder": {"id": name, "width": 32}}
    write_dataset_json(dataset.path, replace(dataset.description, provenance=provenance))


def test_a_split_that_is_not_there_is_refused(data: Dataset, checkpoint: Path) -> None:
    with pytest.raises(ShardError, match="there is no split 'dev'; choose one of train, val, test"):
        caption_split(data.path, checkpoint, "dev")


def test_a_checkpoint_that_is_none_is_refused(data: Dataset, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found no such file"):
        caption_split(data.path, tmp_path / "absent.pt")


def test_captions_and_all_drawn_ones_are_two_files(tmp_path: Path) -> None:
    file = tmp_path / "captions.jsonl"
    with pytest.raises(InputError, match="expected two files for --out and --drawn"):
        caption(tmp_path, tmp_path / "checkpoint.pt", out=file, drawn=file)
    assert not file.exists()
