"""Commands that train on datasets, caption their clips, and judge captions.

Nothing heavy is imported before a command runs, so that help appears at once.
"""

import sys
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from shutil import get_terminal_size
from typing import Any

import click

from commands.parameters import FILE, FOLDER, NAME_OR_PATH
from commands.printing import say
from pipelines.evaluation.options import EvaluationOptions
from pipelines.training.alignment.options import (
    ALIGN_BATCH,
    NO_AUGMENTATION,
    AlignmentOptions,
    Augmentation,
)
from pipelines.training.captioning.options import (
    CaptionerTrainingOptions,
    Decoding,
    GenerationOptions,
)
from pipelines.training.common.options import (
    DEVICES,
    PRECISIONS,
    SCHEDULES,
    LoopOptions,
    OptimizerOptions,
)
from pipelines.training.encoders.options import EncoderOptions

LOOP, OPTIMIZER = LoopOptions(), OptimizerOptions()
PIPED_WIDTH = 120
"""Characters of a line where the output is no terminal; the variable COLUMNS says otherwise."""


def _training_options(batch: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return what adds the options that all trainings have, which `_to_loop` takes out again."""
    options = [
        click.option("--batch", default=batch, help="Clips of a step, of each process."),
        click.option("--seed", default=LOOP.seed, help="Of the order, first weights and dropout."),
        click.option("--save-every", default=LOOP.save_every, help="Steps between checkpoints."),
        click.option("--watch-every", default=LOOP.watch_every, help="Steps between looks at val."),
        click.option("--workers", default=LOOP.workers, help="Processes that read; 0: this one."),
        click.option("--warmup", default=OPTIMIZER.warmup, help="Steps of a stage's warm-up."),
        click.option(
            "--schedule",
            type=click.Choice(SCHEDULES),
            default=OPTIMIZER.schedule,
            help="Of the learning rate; with constant, --steps may be raised later.",
        ),
        click.option("--weight-decay", default=OPTIMIZER.weight_decay, help="AdamW's."),
        click.option("--clip", default=OPTIMIZER.clip, help="The longest gradient."),
        click.option("--precision", type=click.Choice(PRECISIONS), default=OPTIMIZER.precision),
        click.option("--device", type=click.Choice(DEVICES), default="auto"),
    ]

    def add(command: Callable[..., None]) -> Callable[..., None]:
        for option in reversed(options):
            command = option(command)
        return command

    return add


def _to_loop(parameters: dict[str, Any]) -> LoopOptions:
    """Take the options of the training loop out of a command's."""

    def taken(options: type) -> dict[str, Any]:
        names = {field.name for field in fields(options)} & {*parameters}
        return {name: parameters.pop(name) for name in names}

    return LoopOptions(**taken(LoopOptions), optimizer=OptimizerOptions(**taken(OptimizerOptions)))


@click.command(context_settings={"show_default": True})
@click.argument("dataset", type=FOLDER)
@click.option("--out", type=FOLDER, required=True, help="Folder of the checkpoint and the log.")
@click.option(
    "--encoder",
    default=AlignmentOptions.encoder,
    help="module:factory of an encoder of yours, which is run [default: this program's].",
    show_default=False,
)
@click.option(
    "--text-model",
    type=NAME_OR_PATH,
    default=AlignmentOptions.text_model,
    help="tiny (made on the spot), a T5's folder, or hub:NAME.",
)
@click.option("--train-text", is_flag=True, help="Train the text model too; tiny always is.")
@click.option(
    "--frame-stride", default=AlignmentOptions.frame_stride, help="Every n-th frame is read."
)
@click.option(
    "--max-frames", default=AlignmentOptions.max_frames, help="Of longer clips, a window."
)
@click.option("--points", default=EncoderOptions.points, help="Points of a frame: the first ones.")
@click.option("--width", default=EncoderOptions.width, help="Of the encoder's transformer.")
@click.option("--layers", default=EncoderOptions.layers, help="Of the encoder's transformer.")
@click.option("--steps", default=AlignmentOptions.steps, help="Steps of training.")
@click.option("--rate", default=AlignmentOptions.rate, help="The learning rate.")
@click.option("--no-augmentation", is_flag=True, help="Do not vary clips in training.")
@_training_options(ALIGN_BATCH)
def align(
    dataset: Path,
    out: Path,
    points: int,
    width: int,
    layers: int,
    no_augmentation: bool,
    device: str,
    **parameters: Any,
) -> None:
    """Train an encoder of DATASET's points until clips and captions find each other.

    Stopped or killed, it resumes when it is run again. OUT/checkpoint.pt is the encoder,
    OUT/recall.json how often val and test clips find their captions, and the reverse.
    """
    from pipelines.training.alignment import train_alignment

    loop = _to_loop(parameters)
    augmentation = NO_AUGMENTATION if no_augmentation else Augmentation()
    sizes = EncoderOptions(points=points, width=width, layers=layers)
    options = AlignmentOptions(**parameters, augmentation=augmentation, sizes=sizes)
    if report := train_alignment.train_alignment(
        dataset, out, options, loop, device
    ):  # the first process's
        say(report)


@click.command("train-captioner", context_settings={"show_default": True})
@click.argument("dataset", type=FOLDER)
@click.option("--out", type=FOLDER, required=True, help="Folder of the checkpoint and the log.")
@click.option("--field", help="What is captioned [default: features, or else points].")
@click.option(
    "--text-model",
    type=NAME_OR_PATH,
    default=CaptionerTrainingOptions.text_model,
    help="tiny (made on the spot), a T5's folder, or hub:NAME.",
)
@click.option("--encoder-checkpoint", type=FILE, help="Of align, to begin with; of points only.")
@click.option("--stages", help="projector, full, or projector,full [default: by text model].")
@click.option("--steps", help="Of each stage, such as 500,2000 [default: by text model].")
@click.option("--projector-rate", type=float, help="Learning rate [default: by text model].")
@click.option("--rate", type=float, help="Of all else, in the stage full [default: likewise].")
@click.option("--stride", type=int, help="Frames to the next that is read [default: 4].")
@click.option(
    "--patience", default=CaptionerTrainingOptions.patience, help="Steps before some alarms."
)
@_training_options(LOOP.batch)
def train_captioner(dataset: Path, out: Path, device: str, **parameters: Any) -> None:
    """Train a captioner on DATASET, of features with captions, or of points.

    Stopped or killed, it resumes when it is run again; torchrun starts several processes of it.
    OUT/checkpoint.pt is the captioner, OUT/log.jsonl the record of its training.
    """
    from pipelines.training.captioning import train_captioner

    loop = _to_loop(parameters)
    options = CaptionerTrainingOptions(**parameters)
    if report := train_captioner.train_captioner(
        dataset, out, options, loop, device
    ):  # the first process's
        say(report)


@click.command(context_settings={"show_default": True})
@click.argument("dataset", type=FOLDER)
@click.option("--checkpoint", type=FILE, required=True, help="Of train-captioner.")
@click.option("--split", default="test", help="Whose clips are captioned.")
@click.option("--out", type=FILE, help="File of captions to write, a line of JSON a clip.")
@click.option("--beams", default=Decoding.beams, help="Sentences followed at a time; 1: greedy.")
@click.option("--max-tokens", default=Decoding.max_tokens, help="Where sentences are cut.")
@click.option("--batch", default=GenerationOptions.batch, help="Clips captioned together.")
@click.option("--limit", type=int, help="The first so many clips only.")
@click.option("--device", type=click.Choice(DEVICES), default=GenerationOptions.device)
def caption(
    dataset: Path,
    checkpoint: Path,
    split: str,
    out: Path | None,
    beams: int,
    max_tokens: int,
    **parameters: Any,
) -> None:
    """Say what the clips of a split of DATASET show, beside what was said of them."""
    from pipelines.training.captioning import generate

    options = GenerationOptions(Decoding(beams, max_tokens), **parameters)
    width = get_terminal_size((PIPED_WIDTH, 0)).columns
    say(generate.caption(dataset, checkpoint, split, out, options, sys.stderr, width))


@click.command(context_settings={"show_default": True})
@click.argument("dataset", type=FOLDER)
@click.option("--captions", type=FILE, help="JSON lines with key and caption, as caption writes.")
@click.option("--checkpoint", type=FILE, help="A captioner that captions the split now.")
@click.option("--out", type=FOLDER, required=True, help="Folder of report.json and report.md.")
@click.option("--split", default=EvaluationOptions.split, help="Whose clips are scored.")
@click.option("--labels", type=FILE, help="The synthesizer's labels.jsonl: what captions tell.")
@click.option("--nearest-by", help="Field of the nearest clip [default: features, else points].")
@click.option("--bert-model", type=FOLDER, help="Folder of a language model: BERTScore too.")
@click.option("--bert-layer", type=int, help="Its layer to compare [default: the last].")
@click.option("--device", type=click.Choice(DEVICES), default=EvaluationOptions.device)
def evaluate(dataset: Path, out: Path, **parameters: Any) -> None:
    """Score captions of a split of DATASET, and what comes for free beside them.

    OUT/report.md is what is printed: BLEU, ROUGE-L and CIDEr-D of the captions, of one that is said
    of every clip, and of those of the nearest training clips. OUT/report.json has the same.
    """
    from pipelines.evaluation import evaluate

    say(evaluate.evaluate(dataset, out, EvaluationOptions(**parameters)))
