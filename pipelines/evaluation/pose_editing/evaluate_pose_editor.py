"""`motiondata evaluate-pose-editor`: edits of a split, pose B and baselines in one table."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TextIO

import numpy as np

from motiondata.bodies.posing import ShapedBody, shape_body
from motiondata.errors import InputError
from pipelines.clips.bodies import load_bodies_by_gender
from pipelines.engine.errors import os_errors_as_aborted
from pipelines.engine.output_path import expect_no_dataset, expect_possible_folder
from pipelines.engine.progress import watching
from pipelines.evaluation.generation.measures import RANKS, matching
from pipelines.evaluation.generation.report import Estimate
from pipelines.evaluation.pose_editing.options import EditEvaluationOptions
from pipelines.evaluation.pose_editing.report import (
    REAL,
    EditEvaluation,
    EditEvaluationReport,
    EvaluatedRow,
    evaluation_to_json,
    evaluation_to_markdown,
)
from pipelines.training.common.training_split import expect_training_split
from pipelines.training.pose_editing.edit_items import EditItems, read_items
from pipelines.training.pose_editing.edit_measures import measure_edits
from pipelines.training.pose_editing.edit_rows import DRAWS, EditRow, edit_rows, nearest_draw_mm
from pipelines.training.pose_editing.load_pair_matcher import (
    Embeddings,
    LoadedPairMatcher,
    load_pair_matcher,
)
from pipelines.training.pose_editing.load_pose_editor import load_pose_editor
from pipelines.training.pose_editing.pose_baselines import baselines_of
from pipelines.training.pose_pairs.read_pairs import read_pose_pairs
from shards import open_dataset
from shards.format.paths import TRAIN
from shards.format.places import Place
from shards.format.publishing import publish

NEUTRAL = "neutral"
Precision = Mapping[int, Estimate]


def evaluate_pose_editor(
    path: Place, out: Path, options: EditEvaluationOptions, stream: TextIO = sys.stderr
) -> EditEvaluationReport:
    """Evaluate the edits of a split and write `report.json` and `report.md` into a folder.

    Raises `InputError` or `ShardError` for wrong input, and `AbortedError` if the machine stops
    the evaluation.
    """
    expect_no_dataset(out)
    expect_possible_folder(out)
    with os_errors_as_aborted(out):
        evaluation = _evaluate(path, options, stream)
        out.mkdir(parents=True, exist_ok=True)
        document = json.dumps(evaluation_to_json(evaluation), indent=1, allow_nan=False)
        publish(out / "report.json", f"{document}\n".encode())
        publish(out / "report.md", evaluation_to_markdown(evaluation).encode())
    return EditEvaluationReport(out, evaluation)


def _evaluate(path: Place, options: EditEvaluationOptions, stream: TextIO) -> EditEvaluation:
    data = open_dataset(path)
    editor = load_pose_editor(options.checkpoint)
    matcher = None if options.matcher is None else load_pair_matcher(options.matcher)
    expect_training_split(data.dataset)
    items = read_items(data, options.split, options.limit)
    pairs = len(np.unique(items.pair))
    if matcher is not None and pairs < options.group:
        raise InputError(
            f"{data.dataset.place}: expected at least {options.group} pairs in the split "
            f"{options.split!r}, found {pairs}; choose another --split or a smaller --group"
        )
    shaped, surfaces = _shaped(options), options.body is not None
    baselines = baselines_of(read_pose_pairs(data, TRAIN).rotations)
    rows = edit_rows(items, editor, baselines, shaped, options.seed, surfaces)
    second = measure_edits(items, items.second, shaped, None, surfaces)
    rows[REAL] = EditRow(items.second, second)
    draws = watching(stream, "edits")
    texts = None if matcher is None else matcher.embed_texts(items.texts)
    return EditEvaluation(
        dataset=data.dataset.content_hash,
        editor=editor.id,
        matcher=None if matcher is None else matcher.id,
        body=shaped.body.id,
        split=options.split,
        pairs=pairs,
        texts=len(items),
        repeats=options.repeats,
        group=options.group,
        seed=options.seed,
        draws=DRAWS,
        nearest_draw_mm=nearest_draw_mm(items, editor, shaped, options.seed, draws),
        rows={
            name: EvaluatedRow(row.measures, _precision(items, row, matcher, texts, options))
            for name, row in rows.items()
        },
    )


def _shaped(options: EditEvaluationOptions) -> ShapedBody:
    return shape_body(load_bodies_by_gender(options.body)[NEUTRAL], np.zeros(0))


def _precision(
    items: EditItems,
    row: EditRow,
    matcher: LoadedPairMatcher | None,
    texts: Embeddings | None,
    options: EditEvaluationOptions,
) -> Precision | None:
    """Return R-precision by rank, over repetitions with one random text of each pair.

    `texts` are the vectors of the matcher of all texts; None without a matcher.
    """
    if matcher is None or texts is None:
        return None
    pairs = matcher.embed_pairs(items.first, row.poses)
    members = [np.flatnonzero(items.pair == pair) for pair in np.unique(items.pair)]
    found = []
    for repeat in range(options.repeats):
        random = np.random.default_rng([options.seed, repeat])
        chosen = np.array([random.choice(each) for each in members])
        found.append(matching(pairs[chosen], texts[chosen], random, options.group)[0])
    return {rank: Estimate.of([each[rank] for each in found]) for rank in RANKS}
