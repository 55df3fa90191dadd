"""Evaluate the captions of a split: models and baselines in one table.

All input is read and checked before captions are scored, because a captioner may take minutes.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from pipelines.engine.errors import os_errors_as_aborted
from pipelines.engine.output_path import expect_no_dataset, expect_possible_folder
from pipelines.engine.progress import Progress
from pipelines.evaluation.acts.act_scoring import KnownAct
from pipelines.evaluation.acts.labels import ActTotals, count_acts, read_labels
from pipelines.evaluation.attribute_rows import LabeledSplit
from pipelines.evaluation.attributes.labels import AttributeLabels
from pipelines.evaluation.baselines import central_caption, nearest_captions, nearest_field
from pipelines.evaluation.candidates import Candidates, candidate_source, read
from pipelines.evaluation.findings import findings
from pipelines.evaluation.markdown import evaluation_to_markdown
from pipelines.evaluation.metrics.scores import score_captions
from pipelines.evaluation.options import (
    CONSTANT,
    MODEL,
    NEAREST,
    PROBE,
    RULES,
    EvaluationOptions,
    Wording,
)
from pipelines.evaluation.pair_texts import PairTexts, Rows
from pipelines.evaluation.references import References, read_references
from pipelines.evaluation.report import (
    Evaluation,
    EvaluationReport,
    Example,
    evaluation_to_json,
)
from pipelines.evaluation.right_captions import has_attributes
from pipelines.evaluation.rule_captions import joints_of, rule_captions
from pipelines.training.common.normalize_caption import normalize_caption
from pipelines.training.common.training_split import expect_training_split
from shards.format.dataset import Dataset
from shards.format.paths import TRAIN
from shards.format.places import Place
from shards.format.publishing import publish

if TYPE_CHECKING:
    from pipelines.evaluation.metrics.bertscore import BertScorer

JSON_REPORT, MARKDOWN_REPORT, CAPTIONS = "report.json", "report.md", "captions.jsonl"
"""The files of an evaluation. The last has a line per clip and row of the tables."""

EXAMPLES = 10
"""Number of clips that a report shows, evenly spaced over the split."""


@dataclass(frozen=True)
class _EvaluationInputs:
    """All input of an evaluation, read and checked."""

    references: References
    train: References
    wording: Wording
    nearest_by: str
    nearest: list[str]
    """The caption of the nearest training clip, for each clip."""
    rules: list[str] | None
    """Words for the joints of each clip; None without joints."""
    acts: list[tuple[KnownAct, ...]] | None
    attributes: LabeledSplit | None
    pairs: PairTexts
    bert: "BertScorer | None"
    candidates: Candidates
    compared: Mapping[str, Candidates]
    """Captions of other models, by name."""


def evaluate(
    path: Place, out: Path, options: EvaluationOptions, stream: TextIO | None = None
) -> EvaluationReport:
    """Evaluate captions of a dataset's split; write `report.json`, `report.md`, `captions.jsonl`.

    Progress is written to `stream`.
    Raises `InputError` or `ShardError` for invalid input before anything is written.
    """
    expect_possible_folder(out)
    expect_no_dataset(out)
    dataset = Dataset.open(path)
    inputs = _read_inputs(dataset, options, stream)
    rows = _rows(inputs)
    evaluation = _evaluation(dataset.content_hash, inputs, rows, stream)
    document = json.dumps(evaluation_to_json(evaluation), indent=1, allow_nan=False)
    text = evaluation_to_markdown(evaluation).encode(errors="replace")  # JSON has lone surrogates
    with os_errors_as_aborted(out):
        out.mkdir(parents=True, exist_ok=True)
        publish(out / JSON_REPORT, f"{document}\n".encode("ascii"))
        publish(out / MARKDOWN_REPORT, text)
        publish(out / CAPTIONS, _rows_to_lines(inputs.references.keys, rows).encode("ascii"))
    return EvaluationReport(out, evaluation, text.decode())


def _read_inputs(
    dataset: Dataset, options: EvaluationOptions, stream: TextIO | None
) -> _EvaluationInputs:
    read_candidates_of = candidate_source(options)
    expect_training_split(dataset)
    references, train = (
        read_references(dataset, split, options.wording) for split in (options.split, TRAIN)
    )
    field = nearest_field(dataset, options.nearest_by)
    joints = joints_of(dataset, options.joints)
    acts, attributes = _read_labels(dataset, options.labels, references, train, field, stream)
    return _EvaluationInputs(
        references=references,
        train=train,
        wording=options.wording,
        nearest_by=field,
        acts=acts,
        attributes=attributes,
        pairs=PairTexts.of(dataset, references, train, options.matcher),
        bert=_bert_scorer(options, references),
        compared={name: read(file, references) for name, file in options.compared().items()},
        candidates=read_candidates_of(dataset, references, stream),
        nearest=nearest_captions(dataset, train, references, field, stream),
        rules=None
        if joints is None
        else rule_captions(joints, options.split, references.keys, stream),
    )


def _read_labels(
    dataset: Dataset,
    labels: Path | None,
    references: References,
    train: References,
    field: str,
    stream: TextIO | None,
) -> tuple[list[tuple[KnownAct, ...]] | None, LabeledSplit | None]:
    """Return the acts of the clips or their attributes, whichever a file of labels has."""
    if labels is None:
        return None, None
    if not has_attributes(labels):
        return read_labels(labels, references.keys), None
    known = AttributeLabels.read(labels)
    return None, LabeledSplit.of(dataset, known, references, train, field, stream)


def _bert_scorer(options: EvaluationOptions, references: References) -> "BertScorer | None":
    if options.bert_model is None:
        return None
    from pipelines.evaluation.metrics.bertscore import BertScorer

    scorer = BertScorer(options.bert_model, options.bert_layer, options.device)
    scorer.expect_known([normalize_caption(sentence) for sentence in references.sentences])
    return scorer


def _rows(inputs: _EvaluationInputs) -> Rows:
    return {
        MODEL: inputs.candidates.captions,
        **{name: each.captions for name, each in inputs.compared.items()},
        CONSTANT: [central_caption(inputs.train)] * len(inputs.references.keys),
        NEAREST: inputs.nearest,
        **({PROBE: inputs.attributes.probe.captions} if inputs.attributes else {}),
        **({RULES: inputs.rules} if inputs.rules else {}),
    }


def _rows_to_lines(keys: Sequence[str], rows: Rows) -> str:
    """Return a JSON line per clip and row of the tables."""
    lines = [
        json.dumps({"key": key, "by": by, "caption": captions[place]})
        for place, key in enumerate(keys)
        for by, captions in rows.items()
    ]
    return "".join(f"{line}\n" for line in lines)


def _evaluation(
    dataset_hash: str, inputs: _EvaluationInputs, rows: Rows, stream: TextIO | None
) -> Evaluation:
    references, candidates = inputs.references, inputs.candidates
    expected = list(references.texts.values())
    with Progress(len(rows) * len(expected), 0, stream, "captions") as progress:
        scores = {
            name: score_captions(each, expected, inputs.bert, progress.advance)
            for name, each in rows.items()
        }
    return Evaluation(
        findings=findings(candidates.captions, scores, candidates.loss),
        dataset=dataset_hash,
        split=references.split,
        wording=inputs.wording,
        captions_by=candidates.made_by,
        decoding=candidates.decoding,
        compared={name: each.made_by for name, each in inputs.compared.items()},
        clips=len(expected),
        references=len(references.sentences),
        silent=len(references.silent),
        training_clips=len(inputs.train.keys),
        constant_caption=rows[CONSTANT][0],
        nearest_by=inputs.nearest_by,
        bert_model=None if inputs.bert is None else inputs.bert.model,
        scores=scores,
        loss=candidates.loss,
        telling=_count_acts(rows, inputs.acts),
        attributes=None if inputs.attributes is None else inputs.attributes.report(rows),
        corrections=inputs.pairs.corrections(rows),
        matcher=inputs.pairs.matcher,
        matches=inputs.pairs.matches(rows),
        examples=_examples(references, rows),
    )


def _count_acts(
    rows: Rows, acts: Sequence[Sequence[KnownAct]] | None
) -> dict[str, ActTotals] | None:
    if acts is None:
        return None
    return {name: count_acts(captions, acts) for name, captions in rows.items()}


def _examples(references: References, rows: Rows) -> list[Example]:
    """Return the captions and references of evenly spaced clips."""
    number = len(references.keys)
    places = sorted({number * k // EXAMPLES for k in range(EXAMPLES)})
    return [_example(place, references, rows) for place in places]


def _example(place: int, references: References, rows: Rows) -> Example:
    key = references.keys[place]
    captions = {name: each[place] for name, each in rows.items()}
    return Example(key, captions, references.texts[key])
