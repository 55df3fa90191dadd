"""Texts of pose pairs, checked by the codes of the pairs."""

import io
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from motiondata.errors import InputError
from motiondata.pose_pairs.read_text import contradictions, read_text
from motiondata.pose_pairs.statements import PairFacts
from pipelines.evaluation.corrections import CorrectionTotals, count_corrections
from pipelines.evaluation.evaluate import JSON_REPORT, MARKDOWN_REPORT, evaluate
from pipelines.evaluation.options import CONSTANT, MODEL, NEAREST, REFERENCE, EvaluationOptions
from pipelines.training.common.options import LoopOptions, OptimizerOptions
from pipelines.training.common.training_checkpoint import CHECKPOINT
from pipelines.training.pose_editing.load_pair_matcher import load_pair_matcher
from pipelines.training.pose_editing.options import PairMatcherOptions, PairMatcherSizes
from pipelines.training.pose_editing.train_pair_matcher import train_pair_matcher
from pipelines.training.pose_pairs.read_facts import read_facts
from shards import open_dataset
from shards.format.dataset import Dataset
from tests.support.evaluated_corpus import write_captions
from tests.support.pose_pairs import make_random_pairs
from tests.support.ruled_pairs import make_ruled_pairs


@pytest.fixture(scope="module", name="pairs")
def make_once(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return make_random_pairs(tmp_path_factory.mktemp("random") / "pairs")


def texts_and_facts(pairs: Dataset) -> tuple[list[str], list[PairFacts]]:
    """Return a text of each pair, and the facts of the pair."""
    data = open_dataset(pairs.path)
    keys = [*data]
    return [data[key]["txt"].splitlines()[0] for key in keys], read_facts(data, keys)


def swapped(text: str) -> str:
    """Return a text with left and right exchanged."""
    sides = {"left": "right", "right": "left"}
    return re.sub(r"\b(left|right)\b", lambda side: sides[side[0]], text)


def test_written_texts_are_all_true_and_readable(pairs: Dataset) -> None:
    found = count_corrections(*texts_and_facts(pairs))
    assert found.texts == 60
    assert found.readable == found.phrases > 60
    assert found.true == found.said > 120
    assert found.right_way == found.directed > 60
    assert 0 < found.named < found.changed


def test_statements_are_counted_as_the_reader_of_texts_counts_them(pairs: Dataset) -> None:
    texts, facts = texts_and_facts(pairs)
    wrong = [swapped(text) for text in texts]
    found = count_corrections(wrong, facts)
    assert found.said == sum(len(read_text(text)) for text in wrong)
    false = sum(len(contradictions(text, each)) for text, each in zip(wrong, facts, strict=True))
    assert found.true == found.said - false
    assert found.true < 0.6 * found.said


def test_a_wrong_size_has_the_right_direction(pairs: Dataset) -> None:
    _, (facts, *_) = texts_and_facts(pairs)
    change = next(
        each for each in facts.statements() if each.code.endswith("elbow.angle") and each.value < 0
    )
    sizes = {-1: "a bit", -2: "", -3: "a lot"}
    part = change.subject.replace("_", " ")
    for size, words in sizes.items():
        found = count_corrections([f"bend {part} {words}".strip()], [facts])
        assert (found.said, found.directed, found.right_way) == (1, 1, 1)
        assert found.true == found.named == (size == change.value)
    against = count_corrections([f"unbend {part} a bit"], [facts])
    assert (against.said, against.true, against.right_way, against.named) == (1, 0, 0, 0)


def test_other_words_say_nothing(pairs: Dataset) -> None:
    _, (facts, *_) = texts_and_facts(pairs)
    found = count_corrections(["please dance, and bend your left elbow a lot. Now"], [facts])
    assert (found.phrases, found.readable, found.said) == (3, 1, 1)
    silent = count_corrections([""], [facts])
    assert silent == CorrectionTotals(texts=1, phrases=1, changed=found.changed)


def test_an_evaluation_of_pairs_has_a_table_of_statements(pairs: Dataset, tmp_path: Path) -> None:
    data = open_dataset(pairs.path)
    keys = [key for key in data if key.startswith("test")]
    firsts = [data[key]["txt"].splitlines()[0] for key in keys]
    captions = write_captions(tmp_path / "captions.jsonl", keys, firsts)
    evaluate(pairs.path, tmp_path / "out", EvaluationOptions(captions=captions))
    report = json.loads((tmp_path / "out" / JSON_REPORT).read_text())
    assert list(report["scores"]) == [MODEL, CONSTANT, NEAREST]
    counted = report["corrections"]
    assert list(counted) == [MODEL, CONSTANT, NEAREST, REFERENCE]
    assert counted[MODEL] == counted[REFERENCE]
    assert counted[CONSTANT]["readable"] == counted[CONSTANT]["phrases"] > 0
    for name in (CONSTANT, NEAREST):
        assert 0 < counted[name]["true"] < counted[name]["said"]
    text = (tmp_path / "out" / MARKDOWN_REPORT).read_text()
    assert "## Statements of texts" in text
    assert "standardized rotations of both poses" in text


def test_an_evaluation_tells_how_well_texts_match(pairs: Dataset, tmp_path: Path) -> None:
    """Texts of the pairs match better than those of other pairs, by a matcher of few steps."""
    data = make_ruled_pairs(tmp_path / "pairs")
    loop = LoopOptions(batch=8, optimizer=OptimizerOptions(warmup=2))
    options = PairMatcherOptions(
        steps=40, rate=3e-3, sizes=PairMatcherSizes(width=32, shared_width=8)
    )
    train_pair_matcher(data.path, tmp_path / "matcher", options, loop, "cpu", io.StringIO())
    read = open_dataset(data.path)
    texts = {key: read[key]["txt"].strip() for key in read if key.startswith("test")}
    shifted = [*texts.values()][1:] + [*texts.values()][:1]
    own = write_captions(tmp_path / "own.jsonl", [*texts], [*texts.values()])
    other = write_captions(tmp_path / "other.jsonl", [*texts], shifted)
    chosen = EvaluationOptions(
        captions=own, matcher=tmp_path / "matcher" / CHECKPOINT, compare=(f"other={other}",)
    )
    evaluation = evaluate(data.path, tmp_path / "out", chosen).evaluation
    matches = evaluation.matches
    assert matches is not None
    assert evaluation.matcher == load_pair_matcher(tmp_path / "matcher" / CHECKPOINT).id
    assert matches[MODEL] == matches[REFERENCE]
    assert matches[MODEL].distance < 0.5 * matches["other"].distance
    assert matches[MODEL].precision[1] > matches["other"].precision[1]
    text = (tmp_path / "out" / MARKDOWN_REPORT).read_text()
    assert "R-precision @1" in text
    assert "among the 1, 2 or 3 nearest of 32" in text
    assert "the mean of 20 groupings. By chance, it is 3.1%, 6.2% and 9.4%." in text
    assert f"- matcher of pairs {evaluation.matcher}\n" in text
    few = write_captions(
        tmp_path / "few.jsonl", [f"test{at:04d}" for at in range(12)], ["bend"] * 12
    )
    with pytest.raises(InputError, match="--matcher: expected at least 32 pairs"):
        evaluate(pairs.path, tmp_path / "few", replace(chosen, captions=few, compare=()))


def test_another_file_is_no_matcher(pairs: Dataset, tmp_path: Path) -> None:
    keys = [f"test{number:04d}" for number in range(12)]
    captions = write_captions(tmp_path / "captions.jsonl", keys, ["bend"] * 12)
    options = EvaluationOptions(captions=captions, matcher=captions)
    with pytest.raises(InputError, match="not a valid checkpoint"):
        evaluate(pairs.path, tmp_path / "out", options)
    assert not (tmp_path / "out").exists()
