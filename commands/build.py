"""Commands that build datasets, with the same guarantees and exit codes.

Nothing heavy is imported before a command runs, so that help appears at once.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from commands.options import EXECUTION_FIELDS, execution_options
from commands.parameters import ANY, FILE, FOLDER, NAME_OR_PATH
from commands.printing import json_option, show
from motiondata.devices import SCAN_DEVICES
from pipelines.clips.options import BuildOptions, is_recording
from pipelines.engine.execution import Execution
from pipelines.engine.streams import give_up
from pipelines.training.encoders.options import BUILT_IN

if TYPE_CHECKING:
    from pipelines.engine.reports import Report

DEFAULT = BuildOptions(Path(), Path())


@click.command("build-lidar")
@click.argument("source", type=ANY)
@click.option("--amass", type=FOLDER, help="Folder of the subsets that an index names.")
@click.option("--out", type=FOLDER, required=True, help="Folder of the dataset to write.")
@click.option("--texts", type=FOLDER, help="Folder of captions [default: texts/ beside SOURCE].")
@click.option("--splits", type=FOLDER, help="Folder of split lists [default: SOURCE's].")
@click.option("--body", type=ANY, help="SMPL-format .npz or .pkl, or folder of <gender>/model.npz.")
@click.option(
    "--sensor",
    type=NAME_OR_PATH,
    default=DEFAULT.sensor,
    show_default=True,
    help="Preset, such as vlp-16, or file.",
)
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
@click.option(
    "--shard-megabytes",
    default=DEFAULT.shard_megabytes,
    show_default=True,
    help="Size that shards are filled to, about.",
)
@click.option(
    "--device",
    type=click.Choice(SCAN_DEVICES),
    default=DEFAULT.device,
    show_default=True,
    help="What poses, scans and samples.",
)
@execution_options()
@click.option("--dry-run", is_flag=True, help="Check and plan as a build does; write nothing.")
@json_option
def build_lidar(
    source: Path,
    amass: Path | None,
    out: Path,
    dry_run: bool,
    as_json: bool,
    **parameters: Any,
) -> None:
    """Build LiDAR shards of the clips of an index, or of whole recordings.

    SOURCE is an index (HumanML3D's index.csv), which names clips of the archive --amass; or a
    recording (.npz), or a folder of them, each of which is one clip by the name of its file.

    Exit codes: 0, complete. 1, aborted by the disk, a signal or Ray: run it again to go on.
    2, wrong usage or input. 3, complete, with more failures than --max-failures allows; with
    --dry-run, the plan alone has more.
    """
    from pipelines.products.lidar import build

    execution = Execution(**{field: parameters.pop(field) for field in EXECUTION_FIELDS})
    options = _options(source, amass, parameters)
    if dry_run:
        _end(build.dry_run(options, out, execution), as_json)
    else:
        _end(build.build_lidar(options, out, execution), as_json)


def _options(source: Path, amass: Path | None, parameters: dict[str, Any]) -> BuildOptions:
    """Return the options of a build from an index, or from recordings without one."""
    if is_recording(source) and not source.exists():
        raise click.UsageError(f"{source} does not exist")
    if is_recording(source) or source.is_dir():
        if amass is not None:
            raise click.UsageError(
                f"--amass is for an index, and {source} is "
                f"{'a folder' if source.is_dir() else 'a recording'}: name one of them alone"
            )
        return BuildOptions.of_recordings(source, **parameters)
    if amass is None and not source.exists():
        raise click.UsageError(f"{source} does not exist")
    if amass is None:
        raise click.UsageError(
            f"expected --amass, the folder of the recordings that {source} names; or, without an "
            "index, a recording (.npz) or a folder of them"
        )
    return BuildOptions(source, amass, **parameters)


@click.command(context_settings={"show_default": True})
@click.argument("dataset", type=FOLDER)
@click.option("--checkpoint", type=FILE, required=True, help="Of align.")
@click.option("--out", type=FOLDER, required=True, help="Folder of the features to write.")
@click.option(
    "--encoder",
    default=BUILT_IN,
    help="module:factory of an encoder of yours, which is run [default: this program's].",
    show_default=False,
)
@execution_options(skip=("allow_empty",))
@json_option
def encode(
    dataset: Path, checkpoint: Path, out: Path, encoder: str, as_json: bool, **execution: Any
) -> None:
    """Write the features of all clips of DATASET as a dataset of their own.

    Exit codes as of build-lidar; run again after it was stopped, it does only what is left.
    """
    from pipelines.products.features import encode as encoding

    result = encoding.encode(dataset, checkpoint, out, Execution(**execution), encoder)
    _end(result, as_json)


def _end(report: "Report", as_json: bool) -> NoReturn:
    """Print the report of a build, and exit with its exit code even if printing fails."""
    try:
        show(report, as_json)
    except OSError:  # such as a log on a full disk: the dataset is complete nevertheless
        give_up(sys.stdout)
    sys.exit(report.exit_code)
