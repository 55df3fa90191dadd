"""Commands that train on datasets, caption their clips, and evaluate captions.

Nothing heavy is imported before a command runs, so that help appears at once.
"""

import sys
from pathlib import Path
from shutil import get_terminal_size
from typing import TYPE_CHECKING, Any

import click

from commands.choices import Choice
from commands.options import Types, options_of, take
from commands.parameters import DATASET, FILE, FOLDER, NAME_OR_PATH
from commands.printing import json_option, show
from commands.training_options import (
    dataset_argument,
    device_option,
    text_model_option,
    to_loop,
    training_folder_option,
    training_options,
)
from pipelines.evaluation.options import LEMMATIZED, RAW, EvaluationOptions
from pipelines.evaluation.robustness_options import RobustnessOptions
from pipelines.training.alignment.options import (
    ALIGN_BATCH,
    NO_AUGMENTATION,
    AlignmentOptions,
    Augmentation,
)
from pipelines.training.captioning.options import (
    CaptionerTrainingOptions,
    GenerationOptions,
)
from pipelines.training.common.decoding import Decoding
from pipelines.training.common.options import (
    LoopOptions,
)
from pipelines.training.encoders.options import EncoderOptions

if TYPE_CHECKING:
    from shards.format.places import Place

PIPED_WIDTH = 120
"""Width in characters of output that is not a terminal, unless COLUMNS is set."""
EVALUATION_TYPES: Types = {
    "captions": FILE,
    "drawn": FILE,
    "checkpoint": FILE,
    "tokens": DATASET,
    "joints": DATASET,
    "labels": FILE,
    "matcher": FILE,
    "bert_model": FOLDER,
    "wording": Choice((RAW, LEMMATIZED)),
}


@click.command()
@dataset_argument
@training_folder_option
@options_of(
    AlignmentOptions,
    skip=("shared_width", "augmentation", "sizes"),
    types={"text_encoder": NAME_OR_PATH},
)
@options_of(EncoderOptions, skip=("point_width", "heads", "dropout"))
@click.option("--no-augmentation", is_flag=True, help="Do not augment clips in training.")
@training_options(ALIGN_BATCH)
@json_option
def align(
    dataset: "Place",
    out: Path,
    no_augmentation: bool,
    device: str,
    as_json: bool,
    **parameters: Any,
) -> None:
    """Train a point encoder on the captions of DATASET.

    The training is contrastive, between clips and their captions.

    Run the same command again to resume a training that was stopped. OUT/checkpoint.pt is the
    encoder. OUT/recall.json has the recall on the splits val and test, from clips to captions and
    from captions to clips.
    """
    from pipelines.training.alignment import train_alignment

    loop = to_loop(parameters)
    augmentation = NO_AUGMENTATION if no_augmentation else Augmentation()
    sizes = take(EncoderOptions, parameters)
    options = AlignmentOptions(**parameters, augmentation=augmentation, sizes=sizes)
    report = train_alignment.train_alignment(dataset, out, options, loop, device, sys.stderr)
    if report is not None:  # this is the first process
        show(report, as_json)


@click.command("train-captioner")
@dataset_argument
@training_folder_option
@options_of(
    CaptionerTrainingOptions,
    skip=("text_model",),
    types={"encoder_checkpoint": FILE, "tokens": DATASET, "labels": FILE},
)
@text_model_option
@training_options(LoopOptions.batch)
@json_option
def train_captioner(
    dataset: "Place", out: Path, device: str, as_json: bool, **parameters: Any
) -> None:
    """Train a captioner on the features, points, tokens, or pose pairs of DATASET.

    Run the same command again to resume a training that was stopped. Start several processes with
    torchrun. OUT/checkpoint.pt is the captioner; OUT/log.jsonl is the log of the training.
    """
    from pipelines.training.captioning import train_captioner

    loop = to_loop(parameters)
    options = CaptionerTrainingOptions(**parameters)
    report = train_captioner.train_captioner(dataset, out, options, loop, device, sys.stderr)
    if report is not None:  # this is the first process
        show(report, as_json)


@click.command()
@dataset_argument
@click.option(
    "--checkpoint",
    type=FILE,
    required=True,
    help="Checkpoint written by train-captioner or train-language.",
)
@click.option("--split", default="test", show_default=True, help="Split to caption.")
@click.option("--out", type=FILE, help="File to write the captions to, one JSON object per line.")
@click.option(
    "--drawn",
    type=FILE,
    help="File to write all captions to that --consensus draws, one JSON object per clip.",
)
@options_of(Decoding)
@options_of(GenerationOptions, skip=("decoding", "device"), types={"tokens": DATASET})
@device_option
@json_option
def caption(
    dataset: "Place",
    checkpoint: Path,
    split: str,
    out: Path | None,
    drawn: Path | None,
    as_json: bool,
    **parameters: Any,
) -> None:
    """Caption the clips of a split of DATASET.

    Each caption is printed next to the reference captions of its clip.
    """
    from pipelines.training.captioning import generate

    options = GenerationOptions(take(Decoding, parameters), **parameters)
    report = generate.caption(dataset, checkpoint, split, out, options, sys.stderr, drawn)
    width = get_terminal_size((PIPED_WIDTH, 0)).columns
    show(report, as_json, report.lines(width))


@click.command()
@dataset_argument
@click.option("--out", type=FOLDER, required=True, help="Folder of the table.")
@options_of(
    RobustnessOptions,
    skip=("device",),
    types={
        "checkpoint": FILE,
        "encoder_checkpoint": FILE,
        "labels": FILE,
        "points": click.IntRange(min=1),
    },
)
@device_option
@json_option
def robustness(dataset: "Place", out: Path, as_json: bool, **parameters: Any) -> None:
    """Caption DATASET and other scans of its clips with one captioner.

    Other scans are LiDAR datasets of the same index: another distance, sensor, realism, or view.
    OUT/robustness.md, which is also printed, has a row of scores for each dataset and number of
    points; OUT/robustness.json has the same values.
    """
    from pipelines.evaluation import robustness as job

    show(job.robustness(dataset, out, RobustnessOptions(**parameters), sys.stderr), as_json)


@click.command()
@dataset_argument
@click.option("--out", type=FOLDER, required=True, help="Folder of report.json and report.md.")
@options_of(EvaluationOptions, skip=("device",), types=EVALUATION_TYPES)
@device_option
@json_option
def evaluate(dataset: "Place", out: Path, as_json: bool, **parameters: Any) -> None:
    """Score captions of a split against baselines.

    The baselines are one caption for all clips, the captions of the nearest training clips, and
    joints put into words by rule.
    OUT/report.md, which is also printed, has BLEU, ROUGE-L, and CIDEr-D of all of them.
    OUT/report.json has the same values, and OUT/captions.jsonl all captions, for view --captions.
    """
    from pipelines.evaluation import evaluate

    options = EvaluationOptions(**parameters)
    show(evaluate.evaluate(dataset, out, options, sys.stderr), as_json)
