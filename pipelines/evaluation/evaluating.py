"""Evaluating captions of a split: the model's and what comes for free, in one table.

Everything that the user gave is read and checked before anything is scored, since a captioner may
take minutes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipelines.errors import aborting, expect_possible_folder
from pipelines.evaluation.baselines import central_caption, nearest_captions, nearest_field
from pipelines.evaluation.findings import findings
from pipelines.evaluation.judging import KnownAct
from pipelines.evaluation.labels import Telling, read_labels, telling
from pipelines.evaluation.markdown import report_to_markdown
from pipelines.evaluation.normalising import normalise
from pipelines.evaluation.options import EvaluationOptions
from pipelines.evaluation.references import References, read_references
from pipelines.evaluation.report import CONSTANT, MODEL, NEAREST, Example, Report, report_to_json
from pipelines.evaluation.scoring import score_captions
from pipelines.evaluation.spoken import Spoken, speaker
from pipelines.foreign import expect_no_dataset
from pipelines.training_split import expect_training_split
from shards.dataset import Dataset
from shards.paths import TRAIN
from shards.publishing import publish

if TYPE_CHECKING:
    from pipelines.evaluation.bertscore import BertScorer

JSON_REPORT, MARKDOWN_REPORT = "report.json", "report.md"

EXAMPLES = 10
"""Clips that a report shows, spread evenly over the split."""


@dataclass(frozen=True)
class _Evidence:
    """All that was given, read and checked."""

    references: References
    train: References
    nearest_by: str
    nearest: list[str]
    """The captions of the nearest training clips."""
    acts: list[tuple[KnownAct, ...]] | None
    bert: "BertScorer | None"
    spoken: Spoken


def evaluate(path: Path, out: Path, options: EvaluationOptions) -> str:
    """Write `report.json` and `report.md` on captions of a dataset's split; return the latter.

    Raises `InputError` or `ShardError` for wrong input, before anything is written.
    """
    expect_possible_folder(out)
    expect_no_dataset(out)
    dataset = Dataset.open(path)
    report = _report(dataset.content_hash, _evidence(dataset, options))
    text = report_to_markdown(report).encode(errors="replace")  # JSON can hold half characters
    with aborting(out):
        out.mkdir(parents=True, exist_ok=True)
        publish(out / JSON_REPORT, report_to_json(report))
        publish(out / MARKDOWN_REPORT, text)
    return text.decode()


def _evidence(dataset: Dataset, options: EvaluationOptions) -> _Evidence:
    speak = speaker(options)
    expect_training_split(dataset)
    references, train = (read_references(dataset, split) for split in (options.split, TRAIN))
    field = nearest_field(dataset, options.nearest_by)
    return _Evidence(
        references=references,
        train=train,
        nearest_by=field,
        acts=None if options.labels is None else read_labels(options.labels, references.keys),
        bert=_bert_scorer(options, references),
        spoken=speak(dataset, references),
        nearest=nearest_captions(dataset, train, references, field),
    )


def _bert_scorer(options: EvaluationOptions, references: References) -> "BertScorer | None":
    if options.bert_model is None:
        return None
    from pipelines.evaluation.bertscore import BertScorer

    scorer = BertScorer(options.bert_model, options.bert_layer, options.device)
    scorer.expect_known([normalise(sentence) for sentence in references.sentences])
    return scorer


def _report(dataset_hash: str, evidence: _Evidence) -> Report:
    references, spoken = evidence.references, evidence.spoken
    constant = central_caption(evidence.train)
    rows = {
        MODEL: spoken.captions,
        CONSTANT: [constant] * len(references.keys),
        NEAREST: evidence.nearest,
    }
    expected = list(references.texts.values())
    scores = {name: score_captions(said, expected, evidence.bert) for name, said in rows.items()}
    return Report(
        findings=findings(spoken.captions, scores, spoken.loss),
        dataset=dataset_hash,
        split=references.split,
        captions_by=spoken.made_by,
        clips=len(expected),
        references=len(references.sentences),
        silent=len(references.silent),
        training_clips=len(evidence.train.keys),
        constant_caption=constant,
        nearest_by=evidence.nearest_by,
        bert_model=None if evidence.bert is None else evidence.bert.model,
        scores=scores,
        loss=spoken.loss,
        telling=_tellings(rows, evidence.acts),
        examples=_examples(references, rows),
    )


def _tellings(
    rows: Mapping[str, Sequence[str]], acts: Sequence[Sequence[KnownAct]] | None
) -> dict[str, Telling] | None:
    if acts is None:
        return None
    return {name: telling(captions, acts) for name, captions in rows.items()}


def _examples(references: References, rows: Mapping[str, Sequence[str]]) -> list[Example]:
    """Return what is said of some clips."""
    keys = references.keys
    places = sorted({len(keys) * k // EXAMPLES for k in range(EXAMPLES)})
    return [
        Example(keys[k], {name: said[k] for name, said in rows.items()}, references.texts[keys[k]])
        for k in places
    ]
