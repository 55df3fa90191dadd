"""Commands that train a model of edited poses, edit poses, and evaluate edits.

Nothing heavy is imported before a command runs, so that help appears at once.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.options import Types, options_of, take
from commands.parameters import ANY, FILE, FOLDER, NAME_OR_PATH
from commands.printing import json_option, show
from commands.training_options import (
    dataset_argument,
    to_loop,
    training_folder_option,
    training_options,
)
from pipelines.evaluation.pose_editing.options import EditEvaluationOptions
from pipelines.training.pose_editing.options import (
    EDITOR_BATCH,
    MATCHER_BATCH,
    EditOptions,
    EditorOptions,
    EditorSizes,
    PairMatcherOptions,
    PairMatcherSizes,
)

if TYPE_CHECKING:
    from shards.format.places import Place

EVALUATION_TYPES: Types = {"checkpoint": FILE, "matcher": FILE, "body": ANY}


@click.command("train-pose-editor")
@dataset_argument
@training_folder_option
@options_of(EditorSizes)
@options_of(EditorOptions, skip=("sizes",), types={"text_encoder": NAME_OR_PATH})
@training_options(EDITOR_BATCH)
@json_option
def train_pose_editor(
    dataset: "Place", out: Path, device: str, as_json: bool, **parameters: Any
) -> None:
    """Train a model that edits a pose as a text asks, on the pose pairs of DATASET.

    Run the same command again to resume a training that was stopped. OUT/checkpoint.pt is the
    editor. OUT/editing.json has its errors on the splits val and test, beside two baselines.
    """
    from pipelines.training.pose_editing import train_pose_editor

    loop = to_loop(parameters)
    sizes = take(EditorSizes, parameters)
    options = EditorOptions(**parameters, sizes=sizes)
    report = train_pose_editor.train_pose_editor(dataset, out, options, loop, device, sys.stderr)
    if report is not None:  # this is the first process
        show(report, as_json)


@click.command("train-pair-matcher")
@dataset_argument
@training_folder_option
@options_of(PairMatcherSizes)
@options_of(PairMatcherOptions, skip=("sizes",), types={"text_model": NAME_OR_PATH})
@training_options(MATCHER_BATCH)
@json_option
def train_pair_matcher(
    dataset: "Place", out: Path, device: str, as_json: bool, **parameters: Any
) -> None:
    """Train a matcher on the pose pairs of DATASET: which text corrects which pose into which.

    It measures edited poses.

    Run the same command again to resume a training that was stopped. OUT/checkpoint.pt is the
    matcher. OUT/recall.json has the recall on the splits val and test.
    """
    from pipelines.training.pose_editing import train_pair_matcher

    loop = to_loop(parameters)
    sizes = take(PairMatcherSizes, parameters)
    options = PairMatcherOptions(**parameters, sizes=sizes)
    report = train_pair_matcher.train_pair_matcher(dataset, out, options, loop, device, sys.stderr)
    if report is not None:  # this is the first process
        show(report, as_json)


@click.command("edit-pose")
@click.argument("recording", type=FILE)
@click.option("--out", type=FILE, required=True, help="Recording (.npz) to write.")
@options_of(EditOptions, types={"checkpoint": FILE})
@json_option
def edit_pose(recording: Path, out: Path, as_json: bool, **parameters: Any) -> None:
    """Edit the pose of a frame of RECORDING, a file in AMASS's layout, as a text asks.

    Frame 0 of the written recording is the pose before; the other frames are edits. Heading and
    horizontal place stay, and the lowest joint stays at its height.
    """
    from pipelines.training.pose_editing import edit_pose

    show(edit_pose.edit_pose(recording, out, EditOptions(**parameters)), as_json)


@click.command("evaluate-pose-editor")
@dataset_argument
@click.option("--out", type=FOLDER, required=True, help="Folder of report.json and report.md.")
@options_of(EditEvaluationOptions, types=EVALUATION_TYPES)
@json_option
def evaluate_pose_editor(dataset: "Place", out: Path, as_json: bool, **parameters: Any) -> None:
    """Score the edits of a split of DATASET, pose pairs, against two baselines.

    The baselines are pose A as it is, and the mean pose. OUT/report.md, which is also printed, has
    joint errors, the share of what texts say that holds, likelihoods, and R-precision of all of
    them. OUT/report.json has the same values.
    """
    from pipelines.evaluation.pose_editing import evaluate_pose_editor

    options = EditEvaluationOptions(**parameters)
    report = evaluate_pose_editor.evaluate_pose_editor(dataset, out, options, sys.stderr)
    show(report, as_json)
