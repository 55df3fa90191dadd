"""`motiondata evaluate-motion`: generated motion, real motion and baselines in one table."""

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TextIO

import numpy as np

from motiondata.errors import InputError
from pipelines.engine.errors import os_errors_as_aborted
from pipelines.engine.output_path import expect_no_dataset, expect_possible_folder
from pipelines.evaluation.generation.baselines import (
    constant_motions,
    judged_motions,
    nearest_motions,
)
from pipelines.evaluation.generation.embedded_motions import (
    EmbeddedMotions,
    embed,
    embed_split,
    expect_features,
    features_of,
    wording_of,
)
from pipelines.evaluation.generation.judges import names_of_judges, read_judges
from pipelines.evaluation.generation.measures import (
    RANKS,
    diversity,
    frechet_distance,
    halves_distance,
    matching,
    multimodality,
)
from pipelines.evaluation.generation.options import MotionEvaluationOptions
from pipelines.evaluation.generation.report import (
    CONSTANT,
    JUDGED,
    NEAREST,
    REAL,
    Estimate,
    MotionEvaluation,
    MotionEvaluationReport,
    evaluation_to_json,
    evaluation_to_markdown,
)
from pipelines.evaluation.references import read_references
from pipelines.training.common.training_split import expect_training_split
from pipelines.training.matching.load_matcher import read_matcher
from pipelines.training.matching.matcher import Embeddings, Matcher
from shards.format.dataset import Dataset
from shards.format.paths import TRAIN
from shards.format.places import Place
from shards.format.publishing import publish

JSON_REPORT, MARKDOWN_REPORT = "report.json", "report.md"


def evaluate_motion(
    path: Place,
    generated: Sequence[Path],
    out: Path,
    options: MotionEvaluationOptions,
    stream: TextIO = sys.stderr,
) -> MotionEvaluationReport:
    """Evaluate datasets of generated motion against a dataset of real motion.

    Writes `report.json` and `report.md`. Raises `InputError` or `ShardError` for invalid input
    before anything is written. Progress is written to `stream`.
    """
    expect_possible_folder(out)
    expect_no_dataset(out)
    dataset, others = Dataset.open(path), _by_name(generated)
    evaluation = _evaluate(dataset, others, read_matcher(options.matcher), options, stream)
    document = json.dumps(evaluation_to_json(evaluation), indent=1, allow_nan=False)
    with os_errors_as_aborted(out):
        out.mkdir(parents=True, exist_ok=True)
        publish(out / JSON_REPORT, f"{document}\n".encode())
        publish(out / MARKDOWN_REPORT, evaluation_to_markdown(evaluation).encode())
    return MotionEvaluationReport(out, evaluation)


def _by_name(paths: Sequence[Path]) -> dict[str, Dataset]:
    """Return datasets by the names of their folders; raise `InputError` for equal names."""
    named = {path.resolve().name: path for path in paths}
    if len(named) < len(paths) or {REAL, CONSTANT, NEAREST, JUDGED} & {*named}:
        raise InputError(
            "expected folders of generated motion with different names, because the rows of the "
            f"table have their names, found {', '.join(path.resolve().name for path in paths)}"
        )
    return {name: Dataset.open(path) for name, path in named.items()}


def _evaluate(
    dataset: Dataset,
    generated: Mapping[str, Dataset],
    matcher: Matcher,
    options: MotionEvaluationOptions,
    stream: TextIO,
) -> MotionEvaluation:
    judges = read_judges(options, matcher)
    chosen = names_of_judges(generated, judges, matcher)
    rows = _real_and_baselines(dataset, matcher, judges, options.split, stream)
    real = rows[REAL]
    _expect_group(dataset, real, options)
    for name, each in generated.items():
        rows[name] = embed_split(each, options.split, matcher, stream)
        _expect_same_clips(each, rows[name], real)
    return MotionEvaluation(
        dataset=dataset.content_hash,
        generated={name: each.content_hash for name, each in generated.items()},
        judges=chosen,
        matcher=matcher.id,
        wording=wording_of(matcher),
        representation=matcher.fields.representation,
        split=options.split,
        clips=len(real.clips),
        repeats=options.repeats,
        group=options.group,
        seed=options.seed,
        measures={name: _measure(row, real, options) for name, row in rows.items()},
    )


def _real_and_baselines(
    dataset: Dataset, matcher: Matcher, judges: Sequence[Matcher], split: str, stream: TextIO
) -> dict[str, EmbeddedMotions]:
    """Return the real motions and those of the baselines, with their captions.

    A training motion has the caption that it was found for, as motion that a model writes has the
    caption that the model read. Other captions of the clip say less of it.
    """
    expect_training_split(dataset)
    expect_features(dataset, matcher)
    wording = wording_of(matcher)
    references, train = (read_references(dataset, each, wording) for each in (split, TRAIN))
    real = features_of(dataset, split, references.keys)
    nearest = nearest_motions(dataset, train, references, matcher)
    rows = {
        REAL: (real, references.texts),
        CONSTANT: (constant_motions(real, matcher), references.texts),
        NEAREST: (nearest, references.firsts),
    }
    if judges:
        judged = judged_motions(dataset, read_references(dataset, split), judges)
        rows[JUDGED] = ({key: judged[key] for key in references.keys}, references.firsts)
    return {name: embed(*each, matcher, stream) for name, each in rows.items()}


def _measure(
    row: EmbeddedMotions, real: EmbeddedMotions, options: MotionEvaluationOptions
) -> dict[str, Estimate]:
    """Return the measures of a row of the table."""
    repeats = [_measure_once(row, real, options, number) for number in range(options.repeats)]
    return {name: Estimate.of([each[name] for each in repeats]) for name in repeats[0]}


def _measure_once(
    row: EmbeddedMotions, real: EmbeddedMotions, options: MotionEvaluationOptions, repeat: int
) -> dict[str, float]:
    """Return the measures of a repetition; all rows draw the same groups."""
    random = np.random.default_rng([options.seed, repeat])
    motions, texts = row.draw(random)
    precision, distance = matching(motions, texts, random, options.group)
    first: Embeddings = np.stack([each[0] for each in real.motions])
    measures = {
        **{f"r_precision_{rank}": precision[rank] for rank in RANKS},
        "matching_distance": distance,
        "fid": halves_distance(first, random) if row is real else frechet_distance(first, motions),
        "diversity": diversity(motions, random),
    }
    several = row.several
    return {**measures, "multimodality": multimodality(several, random)} if several else measures


def _expect_group(
    dataset: Dataset, real: EmbeddedMotions, options: MotionEvaluationOptions
) -> None:
    """Raise `InputError` unless the split fills a group, and has two halves."""
    least = max(options.group, 4)
    if len(real.clips) < least:
        raise InputError(
            f"{dataset.place}: expected at least {least} clips with captions in the split "
            f"{options.split!r}, found {len(real.clips)}; choose another --split or a smaller "
            "--group"
        )


def _expect_same_clips(dataset: Dataset, row: EmbeddedMotions, real: EmbeddedMotions) -> None:
    """Raise `InputError` unless generated motions are those of the real clips."""
    for kind, names in (
        ("no motion of", {*real.clips} - {*row.clips}),
        ("motion of other clips, such as", {*row.clips} - {*real.clips}),
    ):
        if names:
            raise InputError(
                f"{dataset.place}: expected motion with captions of the {len(real.clips)} clips of "
                f"the real dataset, found {kind} {min(names)!r} ({len(names)} in all)"
            )
