"""The command line: it translates options into one call of `pipelines` and prints the report.

Nothing heavy is imported before a command runs, so that help appears at once.
"""

import errno
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path
from typing import Any, Literal

import click

from motiondata import __version__
from motiondata.errors import MotionDataError
from motiondata.lidar.devices import SCAN_DEVICES
from pipelines.budget import FailureBudget
from pipelines.errors import GO_ON, AbortedError
from pipelines.evaluation.options import EvaluationOptions
from pipelines.export_options import EXPORT_FORMATS, ExportOptions
from pipelines.options import BuildOptions, Execution
from pipelines.training.align_options import (
    ALIGN_BATCH,
    NO_AUGMENTATION,
    AlignOptions,
    Augmentation,
    EncoderOptions,
)
from pipelines.training.options import (
    DEVICES,
    PRECISIONS,
    SCHEDULES,
    CaptioningOptions,
    Decoding,
    LoopOptions,
    OptimizerOptions,
    TeachingOptions,
)
from shards.errors import ShardError

FOLDER = click.Path(path_type=Path, file_okay=False)
FILE = click.Path(path_type=Path, dir_okay=False)
ANY = click.Path(path_type=Path)
DEFAULT = BuildOptions(Path(), Path())
EXECUTION = Execution()
LOOP, OPTIMIZER = LoopOptions(), OptimizerOptions()

ABORTED, WRONG_INPUT, TOO_MANY_FAILURES = 1, 2, 3
"""Exit codes, beside 0; explained in docs/format.md and in the help of `build-lidar`."""


@contextmanager
def _terminated_as_interrupted() -> Iterator[None]:
    """Let SIGTERM end a command as SIGINT does, so that it cleans up."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class _Commands(click.Group):
    """A group whose commands end in one sentence, not in a traceback, whatever stops them."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            with _terminated_as_interrupted():
                return super().invoke(ctx)
        except KeyboardInterrupt:
            _exit(ctx, ABORTED, f"interrupted; {GO_ON}")
        except AbortedError as error:
            _exit(ctx, ABORTED, str(error))
        except OSError as error:
            if error.errno == errno.EPIPE:  # nobody reads on: click ends without a word
                raise
            _exit(ctx, ABORTED, str(error))
        except (MotionDataError, ShardError) as error:
            _exit(ctx, WRONG_INPUT, str(error))


def _exit(ctx: click.Context, code: int, sentence: str) -> None:
    click.echo(f"motiondata: {sentence}", err=True)
    ctx.exit(code)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="motiondata")
def main() -> None:
    """Motion-capture archives in, training-ready LiDAR shards out."""


@main.command("build-lidar")
@click.argument("index", type=FILE)
@click.option("--amass", type=FOLDER, required=True, help="Folder of the archive's subsets.")
@click.option("--out", type=FOLDER, required=True, help="Folder of the dataset to write.")
@click.option("--texts", type=FOLDER, help="Folder of captions [default: texts/ beside INDEX].")
@click.option("--splits", type=FOLDER, help="Folder of split lists [default: INDEX's folder].")
@click.option("--body", type=ANY, help="SMPL-format .npz or .pkl, or folder of <gender>/model.npz.")
@click.option("--sensor", default=DEFAULT.sensor, show_default=True, help="Preset or sensor file.")
@click.option("--points", default=DEFAULT.points, show_default=True, help="Points kept a frame.")
@click.option("--distance", default=DEFAULT.distance, show_default=True, help="Metres to sensor.")
@click.option("--height", default=DEFAULT.height, show_default=True, help="Metres above floor.")
@click.option("--views", default=DEFAULT.views, show_default=True, help="Sensors round a clip.")
@click.option("--in-place", is_flag=True, help="Take the root's path along the ground out.")
@click.option("--mean-shape", is_flag=True, help="Ignore the recordings' betas.")
@click.option("--mirror", is_flag=True, help="Add HumanML3D's mirrored clips (M names).")
@click.option("--noise", default=DEFAULT.noise, show_default=True, help="Range noise, metres.")
@click.option("--seed", default=DEFAULT.seed, show_default=True, help="Seed of the range noise.")
@click.option("--limit", type=int, help="Build only the first N clips that can be.")
@click.option("--shard-megabytes", default=DEFAULT.shard_megabytes, show_default=True)
@click.option("--workers", default=0, show_default=True, help="Ray workers; 0: this process.")
@click.option("--ray-address", help="A running Ray cluster, such as auto.")
@click.option(
    "--clip-seconds",
    default=EXECUTION.clip_seconds,
    show_default=True,
    help="A clip that takes longer is dropped as hung.",
)
@click.option(
    "--worker-gigabytes",
    default=EXECUTION.worker_gigabytes,
    show_default=True,
    help="A clip that takes more memory is dropped.",
)
@click.option(
    "--max-failures",
    default=EXECUTION.max_failures.text,
    show_default=True,
    help="Rows that may fail, N or N%, before the exit code is 3.",
)
@click.option(
    "--device",
    type=click.Choice(SCAN_DEVICES),
    default=DEFAULT.device,
    show_default=True,
    help="What poses, scans and samples.",
)
@click.option(
    "--gpus-per-worker",
    type=float,
    help="Share of a GPU that Ray keeps for a worker [default: an even one].",
)
@click.option("--restart", is_flag=True, help="Discard what earlier runs left in --out.")
@click.option("--retry-dropped", is_flag=True, help="Try dropped rows again; keep what is built.")
@click.option("--dry-run", is_flag=True, help="Print the plan and write nothing.")
def build_lidar(
    out: Path,
    workers: int,
    ray_address: str | None,
    clip_seconds: float,
    worker_gigabytes: float,
    max_failures: str,
    gpus_per_worker: float | None,
    restart: bool,
    retry_dropped: bool,
    dry_run: bool,
    **parameters: Any,
) -> None:
    """Build LiDAR shards of the clips that INDEX (HumanML3D's index.csv) names.

    Exit codes: 0, complete. 1, aborted by the disk, a signal or Ray: run it again to go on.
    2, wrong usage or input. 3, complete, with more failures than --max-failures allows.
    """
    from pipelines import build

    options = BuildOptions(**parameters)
    if dry_run:
        click.echo(build.dry_run(options))
    else:
        execution = Execution(
            workers=workers,
            ray_address=ray_address,
            gpus_per_worker=gpus_per_worker,
            restart=restart,
            retry_dropped=retry_dropped,
            clip_seconds=clip_seconds,
            worker_gigabytes=worker_gigabytes,
            max_failures=FailureBudget(max_failures),
        )
        result = build.build_lidar(options, out, execution)
        click.echo(result.summary)
        sys.exit(0 if result.within_budget else TOO_MANY_FAILURES)


@main.command(context_settings={"show_default": True})
@click.argument("dataset", type=FOLDER)
@click.option("--checkpoint", type=FILE, required=True, help="Of align.")
@click.option("--out", type=FOLDER, required=True, help="Folder of the features to write.")
@click.option("--encoder", default="", help="MODULE:FACTORY of your own encoder, whose code runs.")
@click.option("--workers", default=EXECUTION.workers, help="Ray workers; 0: this process.")
@click.option("--ray-address", help="A running Ray cluster, such as auto.")
@click.option("--clip-seconds", default=EXECUTION.clip_seconds, help="Longest time of a clip.")
@click.option("--worker-gigabytes", default=EXECUTION.worker_gigabytes, help="Memory of a worker.")
@click.option("--restart", is_flag=True, help="Discard what earlier runs left in --out.")
def encode(dataset: Path, checkpoint: Path, out: Path, encoder: str, **execution: Any) -> None:
    """Write the features of all clips of DATASET as a dataset of their own.

    Exit codes as of build-lidar; run again after it was stopped, it does only what is left.
    """
    from pipelines import encoding

    result = encoding.encode(dataset, checkpoint, out, Execution(**execution), encoder)
    click.echo(result.summary)
    sys.exit(0 if result.within_budget else TOO_MANY_FAILURES)


@main.command("import-cmu")
@click.argument("source", type=FOLDER)
@click.option("--out", type=FOLDER, required=True, help="Folder of the archive to write.")
def import_cmu(source: Path, out: Path) -> None:
    """Turn CMU's ASF/AMC files below SOURCE into recordings in AMASS's layout."""
    from pipelines import imports

    click.echo(imports.import_cmu(source, out))


@main.command()
@click.option("--clips", default=200, show_default=True, help="How many clips to make.")
@click.option("--out", type=FOLDER, required=True, help="Folder of the corpus to write.")
@click.option("--seed", default=0, show_default=True)
def synthesize(clips: int, out: Path, seed: int) -> None:
    """Make recordings, captions, an index and split lists of synthetic motion."""
    from pipelines import imports

    click.echo(imports.synthesize(out, clips, seed))


@main.command()
@click.argument("dataset", type=FOLDER)
@click.option("--split", help="One split [default: train, or the only one].")
@click.option("--field", default="points", show_default=True, help="A float member of the samples.")
@click.option(
    "--weight",
    type=click.Choice(["frame", "clip"]),
    default="frame",
    show_default=True,
    help="What counts the same: every frame, or every clip however long.",
)
@click.option(
    "--group",
    metavar="RULE",
    help="Components that share a std: humanml3d-263, humanml3d-272, or NAME=START:STOP,...",
)
@click.option(
    "--workers",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Processes that read shards; 0: this one alone.",
)
def stats(
    dataset: Path,
    split: str | None,
    field: str,
    weight: Literal["frame", "clip"],
    group: str | None,
    workers: int,
) -> None:
    """Write and print mean, std and histograms of a field of DATASET.

    Statistics by clip or by group lie in a folder of their own: stats/SPLIT/FIELD-clip, and so on.
    """
    from pipelines import statistics

    click.echo(statistics.stats(dataset, split, field, weight, group, workers))


@main.command()
@click.argument("dataset", type=FOLDER)
@click.option("--format", type=click.Choice(EXPORT_FORMATS), required=True, help="Of the files.")
@click.option("--out", type=FOLDER, required=True, help="Folder of the files to write.")
@click.option("--split", help="One split [default: all].")
@click.option(
    "--field", default=ExportOptions.field, show_default=True, help="The array to export."
)
@click.option("--seed", default=ExportOptions.seed, show_default=True, help="Seed of packs' order.")
def export(dataset: Path, out: Path, **parameters: Any) -> None:
    """Write an array of DATASET as files of a clip, of 32 frames, or of a frame.

    Run again after it was stopped, it writes only what is missing.
    """
    from pipelines import exporting

    click.echo(exporting.export(dataset, out, ExportOptions(**parameters)))


@main.command()
@click.argument("dataset", type=FOLDER)
@click.option("--captions", type=FILE, help="JSON lines with key and caption.")
@click.option("--checkpoint", type=FILE, help="A captioner that captions the split now.")
@click.option("--out", type=FOLDER, required=True, help="Folder of report.json and report.md.")
@click.option("--split", default=EvaluationOptions.split, show_default=True)
@click.option("--labels", type=FILE, help="The synthesiser's labels.jsonl: what captions tell.")
@click.option("--nearest-by", help="Field of the nearest clip [default: features, else points].")
@click.option("--bert-model", type=FOLDER, help="Folder of a language model: BERTScore too.")
@click.option("--bert-layer", type=int, help="Its layer to compare [default: the last].")
def evaluate(dataset: Path, out: Path, **parameters: Any) -> None:
    """Score captions of a split of DATASET, and what comes for free beside them.

    OUT/report.md is what is printed: BLEU, ROUGE-L and CIDEr-D of the captions, of one that is said
    of every clip, and of those of the nearest training clips. OUT/report.json has the same.
    """
    from pipelines.evaluation import evaluating

    click.echo(evaluating.evaluate(dataset, out, EvaluationOptions(**parameters)))


@main.command()
@click.argument("dataset", type=FOLDER)
def verify(dataset: Path) -> None:
    """Check every byte of DATASET; print a line a fault."""
    from pipelines import reports

    sound, report = reports.verify(dataset)
    click.echo(report)
    sys.exit(0 if sound else 1)


@main.command()
@click.argument("dataset", type=FOLDER)
def info(dataset: Path) -> None:
    """Say what DATASET holds, from what it was made, and how to make it again."""
    from pipelines import reports

    click.echo(reports.info(dataset))


def _training_options(batch: int) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return what adds the options that all trainings have, which `_to_loop` takes out again."""
    options = [
        click.option("--batch", default=batch, help="Clips of a step, of each process."),
        click.option("--seed", default=LOOP.seed, help="Of the order, first weights and dropout."),
        click.option("--save-every", default=LOOP.save_every, help="Steps between checkpoints."),
        click.option("--watch-every", default=LOOP.watch_every, help="Steps between looks at val."),
        click.option("--workers", default=LOOP.workers, help="Processes that read; 0: this one."),
        click.option("--warmup", default=OPTIMIZER.warmup, help="Steps of a stage's warm-up."),
        click.option("--schedule", type=click.Choice(SCHEDULES), default=OPTIMIZER.schedule),
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


@main.command(context_settings={"show_default": True})
@click.argument("dataset", type=FOLDER)
@click.option("--out", type=FOLDER, required=True, help="Folder of the checkpoint and the log.")
@click.option(
    "--encoder",
    default=AlignOptions.encoder,
    help="module:factory of an encoder of yours, which is run [default: this program's].",
    show_default=False,
)
@click.option(
    "--text-model",
    default=AlignOptions.text_model,
    help="tiny (made on the spot), a T5's folder, or hub:NAME.",
)
@click.option("--train-text", is_flag=True, help="Train the text model too; tiny always is.")
@click.option("--frame-stride", default=AlignOptions.frame_stride, help="Every n-th frame is read.")
@click.option("--max-frames", default=AlignOptions.max_frames, help="Of longer clips, a window.")
@click.option("--points", default=EncoderOptions.points, help="Points of a frame: the first ones.")
@click.option("--width", default=EncoderOptions.width, help="Of the encoder's transformer.")
@click.option("--layers", default=EncoderOptions.layers, help="Of the encoder's transformer.")
@click.option("--steps", default=AlignOptions.steps, help="Steps of training.")
@click.option("--rate", default=AlignOptions.rate, help="The learning rate.")
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

    Stopped or killed, it goes on where it was when it is run again. OUT/checkpoint.pt is the
    encoder, OUT/recall.json how often val and test clips find their captions, and the reverse.
    """
    from pipelines.training import aligning

    loop = _to_loop(parameters)
    augmentation = NO_AUGMENTATION if no_augmentation else Augmentation()
    sizes = EncoderOptions(points=points, width=width, layers=layers)
    options = AlignOptions(**parameters, augmentation=augmentation, sizes=sizes)
    if report := aligning.align(dataset, out, options, loop, device):  # the first process's
        click.echo(report)


@main.command("train-captioner", context_settings={"show_default": True})
@click.argument("dataset", type=FOLDER)
@click.option("--out", type=FOLDER, required=True, help="Folder of the checkpoint and the log.")
@click.option("--field", help="What is captioned [default: features, or else points].")
@click.option(
    "--text-model",
    default=TeachingOptions.text_model,
    help="tiny (made on the spot), a T5's folder, or hub:NAME.",
)
@click.option("--encoder", type=FILE, help="Checkpoint of align to begin with, of points.")
@click.option("--stages", help="projector, full, or projector,full [default: by text model].")
@click.option("--steps", help="Of each stage, such as 500,2000 [default: by text model].")
@click.option("--projector-rate", type=float, help="Learning rate [default: by text model].")
@click.option("--rate", type=float, help="Of all else, in the stage full [default: likewise].")
@click.option("--stride", type=int, help="Frames to the next that is read [default: 4].")
@click.option("--patience", default=TeachingOptions.patience, help="Steps before some alarms.")
@_training_options(LOOP.batch)
def train_captioner(dataset: Path, out: Path, device: str, **parameters: Any) -> None:
    """Train a captioner on DATASET, of features with captions, or of points.

    Stopped or killed, it goes on where it was when it is run again; torchrun starts several
    processes of it. OUT/checkpoint.pt is the captioner, OUT/log.jsonl says how it was trained.
    """
    from pipelines.training import teaching

    loop = _to_loop(parameters)
    click.echo(teaching.teach(dataset, out, TeachingOptions(**parameters), loop, device))


@main.command(context_settings={"show_default": True})
@click.argument("dataset", type=FOLDER)
@click.option("--checkpoint", type=FILE, required=True, help="Of train-captioner.")
@click.option("--split", default="test", help="Whose clips are captioned.")
@click.option("--out", type=FILE, help="File of captions to write, a line of JSON a clip.")
@click.option("--beams", default=Decoding.beams, help="Sentences followed at a time; 1: greedy.")
@click.option("--max-tokens", default=Decoding.max_tokens, help="Where sentences are cut.")
@click.option("--batch", default=CaptioningOptions.batch, help="Clips captioned together.")
@click.option("--limit", type=int, help="The first so many clips only.")
@click.option("--device", type=click.Choice(DEVICES), default=CaptioningOptions.device)
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
    from pipelines.training import captioning

    options = CaptioningOptions(Decoding(beams, max_tokens), **parameters)
    click.echo(captioning.caption(dataset, checkpoint, split, out, options, sys.stderr))


@main.command()
@click.argument("folder", type=FOLDER, default="demo")
@click.option("--clips", default=60, show_default=True, help="How many clips to make.")
@click.option("--workers", default=0, show_default=True, help="Ray workers; 0: this process.")
def demo(folder: Path, clips: int, workers: int) -> None:
    """Make a small corpus, build and verify its shards, and draw a picture, in FOLDER."""
    from pipelines import demonstration

    for line in demonstration.run(folder, clips, workers):
        click.echo(line)


if __name__ == "__main__":
    main()
