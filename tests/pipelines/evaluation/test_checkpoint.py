"""Evaluating a checkpoint: its captions, and its loss with the features of other clips."""

import json
from io import StringIO
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

from cli import main
from motiondata.errors import InputError
from pipelines.evaluation.evaluate import CAPTIONS, JSON_REPORT, MARKDOWN_REPORT, evaluate
from pipelines.evaluation.options import EvaluationOptions
from shards.errors import ShardError
from shards.format.hashing import hash_file
from tests.support.captioned_features import MadeFeatures, make_captioned
from tests.support.evaluated_corpus import write_captions

pytest.importorskip("transformers")

from pipelines.training.captioning.generate import caption_split, matched_and_shuffled_loss
from pipelines.training.captioning.options import CaptionerTrainingOptions, GenerationOptions
from pipelines.training.captioning.train_captioner import train_captioner
from pipelines.training.common.central_sentence import central_sentence
from pipelines.training.common.decoding import Decoding
from pipelines.training.common.options import LoopOptions


@pytest.fixture(scope="module")
def taught(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a dataset of features, and a checkpoint that has hardly learned."""
    root = tmp_path_factory.mktemp("taught")
    dataset = make_captioned(root / "features").path
    train_captioner(
        dataset,
        root / "run",
        CaptionerTrainingOptions(steps="4"),
        LoopOptions(8),
        "cpu",
        StringIO(),
    )
    return dataset, root / "run/checkpoint.pt"


def test_a_checkpoint_is_evaluated_as_its_captions_are(
    taught: tuple[Path, Path], tmp_path: Path
) -> None:
    dataset, checkpoint = taught
    found = caption_split(dataset, checkpoint, "test")
    keys, captions = zip(*found, strict=True)
    written = write_captions(tmp_path / "written", keys, captions)
    reports = []
    for name, options in {
        "file": EvaluationOptions(captions=written),
        "checkpoint": EvaluationOptions(checkpoint=checkpoint),
    }.items():
        evaluate(dataset, tmp_path / name, options)
        reports.append(json.loads((tmp_path / name / JSON_REPORT).read_text()))
    by_file, by_checkpoint = reports
    assert by_checkpoint["scores"] == by_file["scores"]
    assert by_checkpoint["nearest_by"] == "features"
    assert by_checkpoint["captions_by"]["blake3"] == hash_file(checkpoint)
    matched, shuffled = matched_and_shuffled_loss(dataset, checkpoint, "test")
    assert by_checkpoint["loss"] == {"matched": matched, "shuffled": shuffled}
    assert f"{matched:.3f} nats" in (tmp_path / "checkpoint" / MARKDOWN_REPORT).read_text()


def test_beams_are_chosen_on_validation_and_reported(
    taught: tuple[Path, Path], tmp_path: Path
) -> None:
    dataset, checkpoint = taught
    evaluate(dataset, tmp_path, EvaluationOptions(checkpoint=checkpoint, beams="1,2"))
    decoding = json.loads((tmp_path / JSON_REPORT).read_text())["decoding"]
    assert [each["beams"] for each in decoding["tried"]] == [1, 2]
    best = max(decoding["tried"], key=lambda each: each["cider_d"])
    assert (decoding["beams"], decoding["length_penalty"]) == (best["beams"], 1.0)
    line = f"decoding: beams {best['beams']}, length penalty 1; chosen by CIDEr-D on val"
    assert line in (tmp_path / MARKDOWN_REPORT).read_text()


def test_drawn_captions_are_chosen_on_validation_and_reported(
    taught: tuple[Path, Path], tmp_path: Path
) -> None:
    dataset, checkpoint = taught
    options = EvaluationOptions(checkpoint=checkpoint, consensus="4,8", seed=2)
    evaluate(dataset, tmp_path, options)
    decoding = json.loads((tmp_path / JSON_REPORT).read_text())["decoding"]
    assert [each["consensus"] for each in decoding["tried"]] == [4, 8]
    drawn = Decoding(consensus=decoding["consensus"], seed=2)
    found = caption_split(dataset, checkpoint, "test", GenerationOptions(drawn))
    lines = [json.loads(line) for line in (tmp_path / CAPTIONS).read_text().splitlines()]
    by_model = {line["key"]: line["caption"] for line in lines if line["by"] == "model"}
    assert by_model == dict(found)
    line = f"decoding: consensus of {decoding['consensus']} drawn captions, seed 2; chosen by CIDEr"
    assert line in (tmp_path / MARKDOWN_REPORT).read_text()


def drawn_of(taught: tuple[Path, Path], out: Path, seed: int) -> tuple[Path, dict[str, list[str]]]:
    """Return a file of eight drawn captions per test clip, and these."""
    dataset, checkpoint = taught
    options = ["--checkpoint", str(checkpoint), "--consensus", "8", "--seed", str(seed)]
    words = ["caption", str(dataset), *options, "--drawn", str(out)]
    assert CliRunner().invoke(main, words).exit_code == 0
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    return out, {line["key"]: line["captions"] for line in lines}


def test_the_consensus_of_captioners_is_the_caption_most_like_all_that_they_draw(
    taught: tuple[Path, Path], tmp_path: Path
) -> None:
    dataset, _ = taught
    one, first = drawn_of(taught, tmp_path / "one.jsonl", 0)
    two, second = drawn_of(taught, tmp_path / "two.jsonl", 1)
    assert {len(captions) for captions in (*first.values(), *second.values())} == {8}
    assert first != second
    evaluate(dataset, tmp_path / "out", EvaluationOptions(drawn=(one, two)))
    lines = [json.loads(line) for line in (tmp_path / "out" / CAPTIONS).read_text().splitlines()]
    by_model = {line["key"]: line["caption"] for line in lines if line["by"] == "model"}
    assert by_model == {key: central_sentence(first[key] + second[key]) for key in first}
    report = json.loads((tmp_path / "out" / JSON_REPORT).read_text())
    assert report["captions_by"] == {
        "kind": "drawn",
        "name": "one.jsonl, two.jsonl",
        "blake3": f"{hash_file(one)}, {hash_file(two)}",
    }


def test_drawn_captions_of_one_file_are_those_of_the_checkpoint(
    taught: tuple[Path, Path], tmp_path: Path
) -> None:
    dataset, checkpoint = taught
    file, _ = drawn_of(taught, tmp_path / "drawn.jsonl", 3)
    evaluate(dataset, tmp_path / "file", EvaluationOptions(drawn=(file,)))
    options = EvaluationOptions(checkpoint=checkpoint, consensus="8", seed=3)
    evaluate(dataset, tmp_path / "checkpoint", options)
    by_file, by_checkpoint = (
        (tmp_path / name / CAPTIONS).read_bytes() for name in ("file", "checkpoint")
    )
    assert by_file == by_checkpoint


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            '{"key": "test0000", "caption": "walks"}',
            r"line 1: expected .*as caption --drawn writes",
        ),
        ('{"key": "test0000", "captions": []}', r"line 1: expected .*as caption --drawn writes"),
        ('{"key": "test0000", "captions": ["a", 3]}', r"line 1: expected .*as caption --drawn"),
        ('{"key": "test0000", "captions": ["a"]}', r"found none of \d+ others, such as 'test0001'"),
        ('{"key": "another", "captions": ["a"]}', "found 'another'"),
    ],
)
def test_another_file_is_no_file_of_drawn_captions(
    taught: tuple[Path, Path], tmp_path: Path, line: str, expected: str
) -> None:
    file = tmp_path / "drawn.jsonl"
    file.write_text(f"{line}\n")
    with pytest.raises(InputError, match=expected):
        evaluate(taught[0], tmp_path / "out", EvaluationOptions(drawn=(file,)))
    assert not (tmp_path / "out").exists()


def test_a_clip_that_is_drawn_twice_is_refused(taught: tuple[Path, Path], tmp_path: Path) -> None:
    file, _ = drawn_of(taught, tmp_path / "drawn.jsonl", 0)
    file.write_text(file.read_text() * 2)
    with pytest.raises(InputError, match="expected one line per clip, found another one of"):
        evaluate(taught[0], tmp_path / "out", EvaluationOptions(drawn=(file,)))


def test_a_checkpoint_is_evaluated_on_a_single_clip(
    taught: tuple[Path, Path], tmp_path: Path
) -> None:
    dataset = make_captioned(tmp_path / "one", MadeFeatures(clips=(("train", 50), ("test", 1))))
    evaluate(dataset.path, tmp_path / "out", EvaluationOptions(checkpoint=taught[1]))
    report = json.loads((tmp_path / "out" / JSON_REPORT).read_text())
    assert (report["clips"], report["loss"]) == (1, None)


def test_what_the_nearest_clip_needs_is_asked_for_before_captioning(tmp_path: Path) -> None:
    dataset = make_captioned(tmp_path / "data", with_stats=False).path
    options = EvaluationOptions(checkpoint=tmp_path / "absent.pt")
    with pytest.raises(ShardError, match="run motiondata stats"):
        evaluate(dataset, tmp_path / "out", options)


def test_a_gpu_that_is_not_there_is_refused(taught: tuple[Path, Path], tmp_path: Path) -> None:
    if torch.cuda.is_available():
        pytest.skip("there is a GPU")
    dataset, checkpoint = taught
    arguments = ["--checkpoint", str(checkpoint), "--out", str(tmp_path / "out"), "--device=cuda"]
    result = CliRunner().invoke(main, ["evaluate", str(dataset), *arguments])
    assert result.exit_code == 2
    assert "expected a GPU for cuda, found none; choose --device cpu" in result.output
    assert not (tmp_path / "out").exists()
