"""Evaluations with labels of attributes: a linear probe in all tables, and what captions name."""

import json
from pathlib import Path
from typing import Any

import pytest

from motiondata.errors import InputError
from pipelines.evaluation.clip_vectors import clip_moments, code_shares, probe_vectors
from pipelines.evaluation.evaluate import JSON_REPORT, MARKDOWN_REPORT, evaluate
from pipelines.evaluation.metrics.scores import score_captions
from pipelines.evaluation.options import CONSTANT, MODEL, NEAREST, PROBE, EvaluationOptions
from pipelines.evaluation.references import References, read_references
from pipelines.evaluation.right_captions import RightCaptions, right_counter
from shards.format.dataset import Dataset
from tests.support.captioned_features import ACTS, KINDS, WAYS, MadeFeatures, make_captioned
from tests.support.evaluated_corpus import Corpus, write_captions
from tests.support.token_clips import make_token_clips

PATTERNS = ["a person {act} {way}", "someone {act} {way}"]


def label(key: str, **more: Any) -> str:
    """Return the label of a clip of `make_captioned`."""
    kind = KINDS[int(key[-4:]) % len(KINDS)]
    values = {name: {"value": word.replace(" ", "-"), "texts": [word, word]}
              for name, word in zip(("act", "way"), kind, strict=True)}  # fmt: skip
    return json.dumps({"name": key, "captions": PATTERNS, "attributes": values, **more})


def write_labels(path: Path, dataset: Dataset) -> Path:
    lines = map(label, dataset.manifest["key"].to_pylist())
    path.write_text("".join(f"{line}\n" for line in lines))
    return path


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Make clips of each kind in each split."""
    made = MadeFeatures(clips=(("train", 40), ("val", 25), ("test", 25)))
    return make_captioned(tmp_path_factory.mktemp("made") / "features", made)


@pytest.fixture(scope="module")
def test_clips(dataset: Dataset) -> References:
    return read_references(dataset, "test")


def report_of(dataset: Dataset, out: Path, captions: Path, **more: Any) -> dict[str, Any]:
    evaluate(dataset.path, out, EvaluationOptions(captions=captions, **more))
    report: dict[str, Any] = json.loads((out / JSON_REPORT).read_text())
    return report


def test_the_probe_is_a_row_of_all_tables(
    dataset: Dataset, test_clips: References, tmp_path: Path
) -> None:
    texts = [lines[1] for lines in test_clips.texts.values()]
    captions = write_captions(tmp_path / "captions", test_clips.keys, texts)
    labels = write_labels(tmp_path / "labels.jsonl", dataset)
    report = report_of(dataset, tmp_path / "out", captions, labels=labels)
    assert list(report["scores"]) == [MODEL, CONSTANT, NEAREST, PROBE]
    found = report["attributes"]
    assert list(found["rows"]) == list(report["scores"])
    assert found["rows"][MODEL]["all_right"] == found["rows"][PROBE]["all_right"] == 25
    assert found["rows"][CONSTANT]["all_right"] == 1
    assert found["rows"][CONSTANT]["right"] == {"act": 5, "way": 5}
    assert found["chance"] == {
        "right": {"act": pytest.approx(1 / 5), "way": pytest.approx(1 / 5)},
        "all_right": pytest.approx(1 / 25),
    }
    assert found["new"] == {"values": {"act": 0, "way": 0}, "combinations": 0}
    assert found["validation_clips"] == 25
    said = [f"a person {act} {way}" for act, way in KINDS]
    expected = score_captions(said, list(test_clips.texts.values()))
    assert report["scores"][PROBE] == expected.__dict__
    assert any(f"than the {PROBE}" in line for line in report["findings"])
    text = (tmp_path / "out" / MARKDOWN_REPORT).read_text()
    assert "| | act right | way right | all right |" in text.replace("|  |", "| |")
    assert f"| {PROBE} | 25 of 25 (100%) | 25 of 25 (100%) | 25 of 25 (100%) |" in text
    assert "| by chance | 20.0% | 20.0% | 4.0% |" in text
    assert "of 25 clips: the act of 0, the way of 0, the combination of them of 0." in text


def test_confusions_of_the_model_are_in_the_report(
    dataset: Dataset, test_clips: References, tmp_path: Path
) -> None:
    captions = write_captions(tmp_path / "c", test_clips.keys, ["someone walks"] * 25)
    labels = write_labels(tmp_path / "labels.jsonl", dataset)
    report = report_of(dataset, tmp_path / "out", captions, labels=labels)
    found = report["attributes"]["rows"][MODEL]
    assert (found["right"], found["all_right"]) == ({"act": 5, "way": 0}, 0)
    assert {each["value"] for each in found["confusions"]["act"]} == {*ACTS} - {"walks"}
    assert {each["named"] for each in found["confusions"]["way"]} == {"none"}
    assert len(found["confusions"]["way"]) == len(WAYS)
    text = (tmp_path / "out" / MARKDOWN_REPORT).read_text()
    assert "What the model names instead; the most frequent of 9 confusions:" in text
    assert "| act | crawls | walks | 5 |" in text


@pytest.mark.parametrize("missing", ["train", "val", "test"])
def test_a_split_without_a_label_is_refused_before_anything_is_written(
    dataset: Dataset, test_clips: References, tmp_path: Path, missing: str
) -> None:
    labels = write_labels(tmp_path / "labels.jsonl", dataset)
    lines = labels.read_text().splitlines(keepends=True)
    labels.write_text("".join(line for line in lines if f'"{missing}0003"' not in line))
    captions = write_captions(tmp_path / "c", test_clips.keys, ["x"] * 25)
    with pytest.raises(InputError, match=f"none of '{missing}0003'; give the labels"):
        report_of(dataset, tmp_path / "out", captions, labels=labels)
    assert not (tmp_path / "out").exists()


def test_a_dataset_without_val_has_a_probe_of_the_usual_strength(tmp_path: Path) -> None:
    made = MadeFeatures(noise=0.1, clips=(("train", 25), ("test", 25)))
    dataset = make_captioned(tmp_path / "made", made)
    keys = read_references(dataset, "test").keys
    captions = write_captions(tmp_path / "c", keys, ["x"] * 25)
    labels = write_labels(tmp_path / "labels.jsonl", dataset)
    found = report_of(dataset, tmp_path / "out", captions, labels=labels)["attributes"]
    assert found["validation_clips"] == 0
    assert found["rows"][PROBE]["all_right"] == 25
    assert (
        "of strength 0.1 for act, 0.1 for way; there is no clip of val"
        in (tmp_path / "out" / MARKDOWN_REPORT).read_text()
    )


def test_a_probe_reads_moments_of_frames_and_shares_of_codes(
    dataset: Dataset, tmp_path: Path
) -> None:
    assert probe_vectors(dataset, "features") is clip_moments
    tokens = make_token_clips(tmp_path / "tokens")
    assert probe_vectors(tokens, "tokens") is code_shares


def test_right_captions_are_counted_by_either_kind_of_labels(
    dataset: Dataset, test_clips: References, corpus: Corpus, tmp_path: Path
) -> None:
    labels = write_labels(tmp_path / "labels.jsonl", dataset)
    texts = [lines[0] for lines in test_clips.texts.values()]
    texts[3] = "a person walks"
    assert right_counter(labels, test_clips.keys)(texts) == RightCaptions(24)
    of_acts = right_counter(corpus.labels, corpus.test.keys)
    right = [lines[0] for lines in corpus.test.texts.values()]
    found = of_acts(right)
    assert (found.clips, found.sides_right) == (len(corpus.test.keys), found.sides)
    other = {"left": "right", "right": "left"}
    swapped = [" ".join(other.get(word, word) for word in text.split()) for text in right]
    assert swapped != right
    wrong = of_acts(swapped)
    assert (wrong.clips or 0) < (found.clips or 0)
    assert (wrong.sides_right or 0) < (found.sides_right or 0)
    (tmp_path / "empty.jsonl").write_text("")
    with pytest.raises(InputError, match="none of"):
        right_counter(tmp_path / "empty.jsonl", test_clips.keys)
