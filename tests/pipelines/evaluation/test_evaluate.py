"""Evaluations: the contents of the report, repeatability, and refusals."""

import json
from pathlib import Path
from typing import Any

import pytest

from motiondata.errors import InputError
from pipelines.evaluation.evaluate import CAPTIONS as WRITTEN_CAPTIONS
from pipelines.evaluation.evaluate import JSON_REPORT, MARKDOWN_REPORT, evaluate
from pipelines.evaluation.findings import REASONS, findings
from pipelines.evaluation.metrics.scores import Scores, score_captions
from pipelines.evaluation.options import CONSTANT, MODEL, NEAREST, RULES, EvaluationOptions
from pipelines.evaluation.report import Loss
from pipelines.training.common.normalize_caption import NORMALIZER
from pipelines.viewing.live.predictions import read_predictions
from shards.format.hashing import hash_file
from tests.commands.test_cli import run
from tests.support.captioned_features import MadeFeatures, captions_of, make_captioned
from tests.support.clip_dataset import make_clips
from tests.support.compare_builds import files_of
from tests.support.evaluated_corpus import Corpus, write_captions


def write_references(corpus: Corpus, path: Path, number: int = -1) -> Path:
    """Write a reference of each test clip as its caption."""
    written = [texts[number] for texts in corpus.test.texts.values()]
    return write_captions(path, corpus.test.keys, written)


def report_of(corpus: Corpus, out: Path, captions: Path, **more: Any) -> dict[str, Any]:
    evaluate(corpus.dataset.path, out, EvaluationOptions(captions=captions, **more))
    report: dict[str, Any] = json.loads((out / JSON_REPORT).read_text())
    return report


def test_a_report_names_all_that_its_figures_depend_on(corpus: Corpus, tmp_path: Path) -> None:
    captions = write_references(corpus, tmp_path / "written.jsonl")
    report = report_of(corpus, tmp_path / "out", captions, nearest_by="joints")
    assert report["dataset"] == corpus.dataset.content_hash
    assert report["split"] == "test"
    assert report["clips"] == len(corpus.test.keys)
    assert report["references"] == len(corpus.test.sentences)
    assert report["normaliser"] == NORMALIZER
    assert report["wording"] == "raw"
    assert report["nearest_by"] == "joints"
    digest = hash_file(captions)
    assert report["captions_by"] == {"kind": "file", "name": "written.jsonl", "blake3": digest}
    assert report["loss"] is report["telling"] is report["bert_model"] is None
    text = (tmp_path / "out" / MARKDOWN_REPORT).read_text()
    for named in (corpus.dataset.content_hash, NORMALIZER, digest, "`joints`", "written.jsonl"):
        assert named in text


def test_the_table_has_the_model_and_both_baselines(corpus: Corpus, tmp_path: Path) -> None:
    report = report_of(corpus, tmp_path / "out", write_references(corpus, tmp_path / "written"))
    assert list(report["scores"]) == [MODEL, CONSTANT, NEAREST, RULES]
    written = [texts[-1] for texts in corpus.test.texts.values()]
    expected = score_captions(written, list(corpus.test.texts.values()))
    assert report["scores"][MODEL] == expected.__dict__
    assert report["scores"][CONSTANT]["distinct"] == 1 / len(written)
    lines = (tmp_path / "out" / MARKDOWN_REPORT).read_text().splitlines()
    row = next(line for line in lines if line.startswith(f"| {MODEL} |"))
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    assert cells[4:7] == [
        f"{100 * value:.1f}"
        for value in (expected.bleu_4, expected.rouge_l, expected.cider_d)
        if value is not None
    ]


def test_other_captions_are_rows_of_the_same_table(corpus: Corpus, tmp_path: Path) -> None:
    first, last = (write_references(corpus, tmp_path / f"{n}.jsonl", n) for n in (0, -1))
    report = report_of(corpus, tmp_path / "out", first, compare=(f"last reference={last}",))
    assert list(report["scores"]) == [MODEL, "last reference", CONSTANT, NEAREST, RULES]
    alone = report_of(corpus, tmp_path / "alone", last)
    assert report["scores"]["last reference"] == alone["scores"][MODEL]
    assert report["compared"] == {"last reference": alone["captions_by"]}
    assert "captions of last reference: file" in (tmp_path / "out" / MARKDOWN_REPORT).read_text()


@pytest.mark.parametrize("given", ["x", "=x", "x=", f"{NEAREST}=x"])
def test_a_comparison_without_a_name_of_its_own_is_refused(given: str) -> None:
    with pytest.raises(InputError, match="--compare: expected NAME=FILE, with a different NAME"):
        EvaluationOptions(compare=(given,))


def test_references_as_captions_are_better_than_both_baselines_and_tell_everything(
    corpus: Corpus, tmp_path: Path
) -> None:
    captions = write_references(corpus, tmp_path / "written", 0)
    report = report_of(corpus, tmp_path / "out", captions, labels=corpus.labels)
    assert report["findings"] == [
        "The model is better than the constant caption and than the nearest training clip and "
        "than the joints by rule by BLEU@4 and CIDEr-D, and has not collapsed."
    ]
    model, constant = (report["telling"][row] for row in (MODEL, CONSTANT))
    assert model["clips_right"] == model["clips"] == report["clips"]
    assert model["kinds"]["all"]["right"] == model["kinds"]["all"]["acts"]
    assert constant["clips_right"] < constant["clips"]
    text = (tmp_path / "out" / MARKDOWN_REPORT).read_text()
    assert f"| {MODEL} | {report['clips']} of {report['clips']} (100%) |" in text
    for kind in model["kinds"]:
        assert f"| {kind.replace('_', ' ')} |" in text


def test_the_same_evaluation_gives_the_same_bytes(corpus: Corpus, tmp_path: Path) -> None:
    for name in ("one", "other"):
        folder = tmp_path / name
        folder.mkdir()
        report_of(
            corpus,
            folder / "out",
            write_references(corpus, folder / "written"),
            labels=corpus.labels,
        )
    assert files_of(tmp_path / "one") == files_of(tmp_path / "other")
    assert {*files_of(tmp_path / "one/out")} == {JSON_REPORT, MARKDOWN_REPORT, WRITTEN_CAPTIONS}


def test_the_captions_of_all_clips_are_written_as_a_viewer_reads_them(
    corpus: Corpus, tmp_path: Path
) -> None:
    report = report_of(corpus, tmp_path / "out", write_references(corpus, tmp_path / "written"))
    found = read_predictions(tmp_path / "out")
    assert list(found) == list(corpus.test.keys)
    rows = [{each.by: each.text for each in found[key]} for key in corpus.test.keys]
    assert [row[MODEL] for row in rows] == [texts[-1] for texts in corpus.test.texts.values()]
    shown = {example["key"]: example["captions"] for example in report["examples"]}
    assert {key: row for key, row in zip(found, rows, strict=True) if key in shown} == shown


def test_clips_without_references_are_counted_and_left_out(tmp_path: Path) -> None:
    path = make_clips(tmp_path / "made", {"train": [(6,) * 6], "test": [(6,) * 5]}).path
    assert run("stats", path)[0] == 0
    captions = write_captions(tmp_path / "written", ["c6", "c7", "c8", "c9"], ["he walks"] * 4)
    assert run("evaluate", path, "--captions", captions, "--out", tmp_path / "out")[0] == 0
    report = json.loads((tmp_path / "out" / JSON_REPORT).read_text())
    assert (report["clips"], report["silent"], report["references"]) == (4, 1, 1 + 2 + 3 + 4)
    assert report["training_clips"] == 4


def test_captions_of_any_characters_are_reported(corpus: Corpus, tmp_path: Path) -> None:
    odd = [
        "",
        "| he | walks |\nand `runs`",
        "caf\N{LATIN SMALL LETTER E WITH ACUTE}",
        "\ud800 half",
    ]
    written = [odd[number % len(odd)] for number in range(len(corpus.test.keys))]
    captions = write_captions(tmp_path / "written", corpus.test.keys, written)
    report = report_of(corpus, tmp_path / "out", captions)
    assert {example["captions"][MODEL] for example in report["examples"]} == {*odd}
    rows = (tmp_path / "out" / MARKDOWN_REPORT).read_text().split("## Some clips")[1].strip()
    assert {line.replace("\\|", "").count("|") for line in rows.splitlines()} == {7}


def scores(bleu_4: float | None, cider_d: float | None, distinct: float = 1.0) -> Scores:
    return Scores(0.5, 0.4, 0.3, bleu_4, 0.4, cider_d, distinct, None)


VARIED = ["he walks", "he runs", "she sits", "she waves"]
FOUND: dict[str, tuple[list[str], Scores, Loss | None, list[str]]] = {
    "nothing": (VARIED, scores(0.3, 0.9), Loss(1.0, 2.0), ["better than the constant caption"]),
    "one sentence": (
        ["He walks."] * 4,
        scores(0.3, 0.9, 0.25),
        None,
        ["100% of clips the caption 'he walks'", REASONS],
    ),
    "few sentences": (
        VARIED,
        scores(0.3, 0.9, 0.01),
        None,
        ["1.0% of its captions are distinct", REASONS],
    ),
    "a worse score": (VARIED, scores(0.1, 0.9), None, ["constant caption by BLEU@4 (10.0 aga"]),
    "the same score": (VARIED, scores(0.3, 0.8), None, ["nearest training clip by CIDEr-D (80.0"]),
    "ignored features": (
        VARIED,
        scores(0.3, 0.9),
        Loss(1.0, 1.0),
        ["ignores its features", REASONS],
    ),
    "everything": (
        ["he walks"] * 4,
        scores(0.0, 0.0, 0.25),
        Loss(2.0, 1.9),
        [
            "collapsed",
            "ignores",
            REASONS,
            "the constant caption by",
            "the nearest training clip by",
        ],
    ),
}


@pytest.mark.parametrize("case", FOUND)
def test_what_is_wrong_is_said_in_a_sentence_each(case: str) -> None:
    captions, model, loss, expected = FOUND[case]
    rows = {MODEL: model, CONSTANT: scores(0.2, 0.7), NEAREST: scores(0.05, 0.8)}
    said = findings(captions, rows, loss)
    assert len(said) == len(expected)
    for sentence, words in zip(said, expected, strict=True):
        assert words in sentence
        assert sentence.endswith(".")


@pytest.mark.parametrize(
    ("captions", "reason"),
    [(["he walks"], "there is one clip only"), (VARIED, "of all 4 clips here have the same words")],
)
def test_a_score_that_is_not_defined_is_not_compared(captions: list[str], reason: str) -> None:
    rows = {MODEL: scores(0.3, None), CONSTANT: scores(0.2, None), NEAREST: scores(0.05, None)}
    better, left_out = findings(captions, rows, None)
    assert better.endswith("the nearest training clip by BLEU@4, and has not collapsed.")
    assert left_out.startswith("CIDEr-D is left out: ")
    assert reason in left_out


def test_labels_of_one_word_are_not_compared_by_scores_that_need_more() -> None:
    labels = [["walk"], ["sit down"], ["run"]]
    perfect = score_captions([refs[0] for refs in labels], labels)
    assert perfect.bleu_1 == pytest.approx(1)
    assert perfect.bleu_3 is perfect.bleu_4 is None
    worse = score_captions(["walk"] * 3, labels)
    rows = {MODEL: perfect, CONSTANT: worse, NEAREST: worse}
    better, left_out = findings(["walk", "sit down", "run"], rows, None)
    assert better.endswith("by CIDEr-D, and has not collapsed.")
    assert left_out == "BLEU@4 is left out: no reference has four words."


def test_one_clip_with_a_short_label_is_not_compared() -> None:
    rows = dict.fromkeys((MODEL, CONSTANT, NEAREST), scores(None, None))
    said = findings(["walk"], rows, None)
    assert [line.split(" ")[0] for line in said] == ["The", "BLEU@4", "CIDEr-D"]
    assert said[0] == "The model has not collapsed."


def test_a_perfect_caption_of_one_clip_is_better_than_the_baselines(tmp_path: Path) -> None:
    made = MadeFeatures(clips=(("train", 50), ("test", 1)))
    path = make_captioned(tmp_path / "made", made).path
    captions = write_captions(tmp_path / "written", ["test0000"], captions_of(0)[:1])
    code, said = run("evaluate", path, "--captions", captions, "--out", tmp_path / "out")
    assert code == 0
    assert "CIDEr-D is left out" in said
    assert "no better than the constant caption" not in said
    report = json.loads((tmp_path / "out" / JSON_REPORT).read_text())
    assert report["clips"] == 1
    assert report["scores"][MODEL]["bleu_4"] == pytest.approx(1)
    assert {row["cider_d"] for row in report["scores"].values()} == {None}


CAPTIONS = ["--captions", "{written}"]
WRONG = {
    "no dataset": (["nowhere", *CAPTIONS], "not a finished dataset"),
    "neither captions nor checkpoint": (["{path}"], "expected --captions FILE, --checkpoint"),
    "both": (["{path}", *CAPTIONS, "--checkpoint", "{written}"], "and not two"),
    "no such split": (["{path}", *CAPTIONS, "--split", "dev"], "choose one of test, train, val"),
    "another split": (["{path}", *CAPTIONS, "--split", "val"], "of the split 'val' only, found"),
    "no captions": (["{path}", "--captions", "nowhere"], "nowhere: expected a file of JSON lines"),
    "no checkpoint": (["{path}", "--checkpoint", "nowhere"], "expected a checkpoint"),
    "no labels": (["{path}", *CAPTIONS, "--labels", "{written}"], "expected the name and the acts"),
    "no such field": (["{path}", *CAPTIONS, "--nearest-by", "color"], "choose one of points"),
    "no such model": (["{path}", *CAPTIONS, "--bert-model", "nowhere"], "found no config.json"),
    "a layer of no model": (["{path}", *CAPTIONS, "--bert-layer", "3"], "with --bert-model"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_is_one_sentence_and_exit_code_2(
    corpus: Corpus, tmp_path: Path, case: str
) -> None:
    words, expected = WRONG[case]
    written = write_references(corpus, tmp_path / "written")
    named = [word.format(path=corpus.dataset.path, written=written) for word in words]
    code, said = run("evaluate", *named, "--out", tmp_path / "out")
    assert code == 2, said
    assert expected in said
    assert "Traceback" not in said
    assert not (tmp_path / "out").exists()


def test_the_command_prints_the_report(corpus: Corpus, tmp_path: Path) -> None:
    captions, out = write_references(corpus, tmp_path / "written"), tmp_path / "out"
    code, said = run("evaluate", corpus.dataset.path, "--captions", captions, "--out", out)
    assert code == 0
    assert said.strip() == (out / MARKDOWN_REPORT).read_text().strip()
