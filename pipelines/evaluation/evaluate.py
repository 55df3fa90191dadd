"""Evaluate the captions of a split: a model and two baselines in one table.

All input is read and checked before captions are scored, because a captioner may take minutes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.engine.errors import expect_possible_folder, os_errors_as_aborted
from pipelines.engine.foreign_dataset import expect_no_dataset
from pipelines.evaluation.acts.act_scoring import KnownAct
from pipelines.evaluation.acts.labels import ActTotals, count_acts, read_labels
from pipelines.evaluation.baselines import central_caption, nearest_captions, nearest_field
from pipelines.evaluation.candidates import Candidates, candidate_source
from pipelines.evaluation.findings import findings
from pipelines.evaluation.markdown import report_to_markdown
from pipelines.evaluation.metrics.scores import score_captions
from pipelines.evaluation.options import EvaluationOptions
from pipelines.evaluation.references import References, read_references
from pipelines.evaluation.report import CONSTANT, MODEL, NEAREST, Example, Report, report_to_json
from pipelines.training.common.normalize_caption import normalize_caption
from pipelines.training.common.training_split import expect_training_split
from shards.format.dataset import Dataset
from shards.format.paths import TRAIN
from shards.format.publishing import publish

if TYPE_CHECKING:
    from pipelines.evaluation.metrics.bertscore import BertScorer

JSON_REPORT, MARKDOWN_REPORT = "report.json", "report.md"

EXAMPLES = 10
"""Number of clips that a report shows, evenly spaced over the split."""


@dataclass(frozen=True)
class _EvaluationInputs:
    """All input of an evaluation, read and checked."""

    references: References
    train: References
    nearest_by: str
    nearest: list[str]
    """The caption of the nearest training clip, for each clip."""
    acts: list[tuple[KnownAct, ...]] | None
    bert: "BertScorer | None"
    candidates: Candidates


def evaluate(path: Path, out: Path, options: EvaluationOptions) -> str:
    """Evaluate captions of a dataset's split; write `report.json` and `report.md`.

    Return the text of `report.md`. Raises `InputError` or `ShardError` for invalid input before
    anything is written.
    """
    expect_possible_folder(out)
    expect_no_dataset(out)
    dataset = Dataset.open(path)
    report = _report(dataset.content_hash, _evidence(dataset, options))
    text = report_to_markdown(report).encode(errors="replace")  # JSON can hold lone surrogates
    with os_errors_as_aborted(out):
        out.mkdir(parents=True, exist_ok=True)
        publish(out / JSON_REPORT, report_to_json(report))
        publish(out / MARKDOWN_REPORT, text)
    return text.decode()


def _evidence(dataset: Dataset, options: EvaluationOptions) -> _EvaluationInputs:
    read_candidates_of = candidate_source(options)
    expect_training_split(dataset)
    references, train = (read_references(dataset, split) for split in (options.split, TRAIN))
    field = nearest_field(dataset, options.nearest_by)
    return _EvaluationInputs(
        references=references,
        train=train,
        nearest_by=field,
        acts=None if options.labels is None else read_labels(options.labels, references.keys),
        bert=_bert_scorer(options, references),
        candidates=read_candidates_of(dataset, references),
        nearest=nearest_captions(dataset, train, references, field),
    )


def _bert_scorer(options: EvaluationOptions, references: References) -> "BertScorer | None":
    if options.bert_model is None:
        return None
    from pipelines.evaluation.metrics.bertscore import BertScorer

    scorer = BertScorer(options.bert_model, options.bert_layer, options.device)
    scorer.expect_known([normalize_caption(sentence) for sentence in references.sentences])
    return scorer


def _report(dataset_hash: str, evidence: _EvaluationInputs) -> Report:
    references, candidates = evidence.references, evidence.candidates
    constant = central_caption(evidence.train)
    rows = {
        MODEL: candidates.captions,
        CONSTANT: [constant] * len(references.keys),
        NEAREST: evidence.nearest,
    }
    expected = list(references.texts.values())
    scores = {name: score_captions(said, expected, evidence.bert) for name, said in rows.items()}
    return Report(
        findings=findings(candidates.captions, scores, candidates.loss),
        dataset=dataset_hash,
        split=references.split,
        captions_by=candidates.made_by,
        clips=len(expected),
        references=len(references.sentences),
        silent=len(references.silent),
        training_clips=len(evidence.train.keys),
        constant_caption=constant,
        nearest_by=evidence.nearest_by,
        bert_model=None if evidence.bert is None else evidence.bert.model,
        scores=scores,
        loss=candidates.loss,
        telling=_tellings(rows, evidence.acts),
        examples=_examples(references, rows),
    )


def _tellings(
    rows: Mapping[str, Sequence[str]], acts: Sequence[Sequence[KnownAct]] | None
) -> dict[str, ActTotals] | None:
    if acts is None:
        return None
    return {name: count_acts(captions, acts) for name, captions in rows.items()}


def _examples(references: References, rows: Mapping[str, Sequence[str]]) -> list[Example]:
    """Return the captions and references of evenly spaced clips."""
    keys = references.keys
    places = sorted({len(keys) * k // EXAMPLES for k in range(EXAMPLES)})
    return [
        Example(keys[k], {name: said[k] for name, said in rows.items()}, references.texts[keys[k]])
        for k in places
    ]
