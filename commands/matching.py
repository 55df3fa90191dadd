"""Commands that train a matcher of motion and text, and evaluate motion with it.

Nothing heavy is imported before a command runs, so that help appears at once.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.options import options_of, take
from commands.parameters import ANY, FILE, FOLDER
from commands.printing import json_option, show
from commands.training_options import (
    dataset_argument,
    to_loop,
    training_folder_option,
    training_options,
)
from pipelines.evaluation.generation.options import MotionEvaluationOptions
from pipelines.training.matching.options import MATCHER_BATCH, MatcherOptions, MatcherSizes

if TYPE_CHECKING:
    from shards.format.places import Place


@click.command("train-matcher")
@dataset_argument
@training_folder_option
@options_of(MatcherSizes)
@options_of(MatcherOptions, skip=("sizes",))
@training_options(MATCHER_BATCH)
@json_option
def train_matcher(
    dataset: "Place", out: Path, device: str, as_json: bool, **parameters: Any
) -> None:
    """Train a matcher on the motion features and captions of DATASET.

    The matcher tells which caption describes which motion. It measures generated motion.

    Run the same command again to resume a training that was stopped. OUT/checkpoint.pt is the
    matcher. OUT/recall.json has the recall on the splits val and test.
    """
    from pipelines.training.matching import train_matcher

    loop = to_loop(parameters)
    sizes = take(MatcherSizes, parameters)
    options = MatcherOptions(**parameters, sizes=sizes)
    report = train_matcher.train_matcher(dataset, out, options, loop, device, sys.stderr)
    if report is not None:  # this is the first process
        show(report, as_json)


@click.command("evaluate-motion")
@dataset_argument
@click.argument("generated", type=FOLDER, nargs=-1)
@click.option("--out", type=FOLDER, required=True, help="Folder of report.json and report.md.")
@options_of(MotionEvaluationOptions, types={"matcher": ANY, "judge": FILE})
@json_option
def evaluate_motion(
    dataset: "Place", generated: tuple[Path, ...], out: Path, as_json: bool, **parameters: Any
) -> None:
    """Score generated motion against real motion.

    DATASET has the features of real motion, each GENERATED folder a dataset with the same features
    of generated motion, whose clips have the same keys. OUT/report.md, which is also printed, has
    R-precision, matching distance, FID and diversity of all of them, of real motion, and of
    baselines. OUT/report.json has the same values.
    """
    from pipelines.evaluation.generation import evaluate_motion

    options = MotionEvaluationOptions(**parameters)
    found = evaluate_motion.evaluate_motion(dataset, generated, out, options, sys.stderr)
    show(found, as_json)
