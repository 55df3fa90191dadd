"""Commands that build datasets, with the same guarantees and exit codes.

Nothing heavy is imported before a command runs, so that help appears at once.
"""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from commands.choices import Choice
from commands.clips import (
    clip_options,
    clip_options_without,
    exclude_option,
    packing_options,
    take_selection,
)
from commands.options import execution_options, help_of, options_of, take
from commands.parameters import FILE, FOLDER, NUMBER_OR_RANGE, SENSOR, NameOrPath
from commands.printing import json_option, show_build
from motiondata.devices import SCAN_DEVICES
from motiondata.lidar.preset_names import REALISM_NAMES
from pipelines.clips.options import PackingOptions
from pipelines.engine.execution import Execution
from pipelines.products.lidar.options import RANGED, LidarBuildOptions, LidarOptions
from pipelines.products.motion_features.options import (
    JOINT_FRAMES,
    JOINT_SETS,
    REPRESENTATIONS,
    MotionFeatureBuildOptions,
    MotionFeatureOptions,
)
from pipelines.products.pfnn.options import UNITS, PfnnBuildOptions, PfnnOptions
from pipelines.training.alignment.options import AlignmentOptions
from pipelines.training.encoders.options import BUILT_IN

report_option = click.option(
    "--report", type=FILE, help="HTML file for a report of the finished dataset."
)

LIDAR_TYPES: dict[str, Any] = {
    "sensor": SENSOR,
    "realism": NameOrPath(REALISM_NAMES),
    "device": Choice(SCAN_DEVICES),
    **dict.fromkeys(RANGED, NUMBER_OR_RANGE),
}
"""The types of the options of `LidarOptions` that are not plain values."""
FEATURE_TYPES = {
    "representation": Choice(REPRESENTATIONS),
    "target_skeleton": FILE,
    "joint_set": Choice([*JOINT_SETS]),
    "joint_frame": Choice(JOINT_FRAMES),
}
"""The types of the options of `MotionFeatureOptions` that are not plain values."""


@click.command("build-lidar")
@clip_options
@click.option("--out", type=FOLDER, required=True, help="Folder of the dataset to write.")
@options_of(LidarOptions, types=LIDAR_TYPES)
@packing_options
@execution_options()
@click.option("--dry-run", is_flag=True, help="Check and plan as a build does; write nothing.")
@report_option
@json_option
def build_lidar(
    out: Path, dry_run: bool, report: Path | None, as_json: bool, **parameters: Any
) -> None:
    """Build LiDAR shards from an index or from recordings.

    SOURCE is an index (HumanML3D's index.csv), which names clips of the archive --amass; or a
    recording (.npz), or a folder of recordings, each of which is one clip with the name of its
    file.

    Exit codes: 0, complete. 1, aborted by the disk, a signal or Ray: run it again to resume.
    2, wrong usage or input. 3, complete, with more failures than --max-failures allows; with
    --dry-run, the plan alone has more.
    """
    from pipelines.products.lidar import build

    execution = take(Execution, parameters)
    selection, packing = take_selection(parameters), take(PackingOptions, parameters)
    options = LidarBuildOptions(selection, LidarOptions(**parameters), packing)
    page = page_of(report, out, dry_run)
    run = build.dry_run if dry_run else build.build_lidar
    show_build(run(options, out, execution), as_json, page)


@click.command("build-features")
@clip_options
@click.option("--out", type=FOLDER, required=True, help="Folder of the dataset to write.")
@options_of(MotionFeatureOptions, types=FEATURE_TYPES)
@packing_options
@execution_options(skip=("allow_empty", "gpus_per_worker"))
@click.option("--dry-run", is_flag=True, help="Check and plan as a build does; write nothing.")
@report_option
@json_option
def build_features(
    out: Path, dry_run: bool, report: Path | None, as_json: bool, **parameters: Any
) -> None:
    """Build shards of features for text-to-motion trainers.

    SOURCE and the exit codes are those of build-lidar. docs/representations.md describes every
    column of the features.
    """
    from pipelines.products.motion_features import build

    execution = take(Execution, parameters)
    selection, packing = take_selection(parameters), take(PackingOptions, parameters)
    options = MotionFeatureBuildOptions(selection, MotionFeatureOptions(**parameters), packing)
    page = page_of(report, out, dry_run)
    run = build.dry_run if dry_run else build.build_features
    show_build(run(options, out, execution), as_json, page)


@click.command("build-pfnn")
@clip_options_without("in_place")
@click.option("--out", type=FOLDER, required=True, help="Folder of the dataset to write.")
@options_of(PfnnOptions, types={"unit": Choice(UNITS), "terrain": FILE})
@packing_options
@execution_options(skip=("allow_empty", "gpus_per_worker"))
@click.option("--dry-run", is_flag=True, help="Check and plan as a build does; write nothing.")
@report_option
@json_option
def build_pfnn(
    out: Path, dry_run: bool, report: Path | None, as_json: bool, **parameters: Any
) -> None:
    """Build shards for a phase-functioned network: input, output and phase.

    SOURCE and the exit codes are those of build-lidar, or SOURCE is a folder of PFNN's own BVH
    files with phase, gait and footsteps, which are used in their own skeleton. docs/pfnn.md
    describes every column.
    """
    from pipelines.products.pfnn import build

    execution = take(Execution, parameters)
    selection, packing = take_selection(parameters), take(PackingOptions, parameters)
    options = PfnnBuildOptions(selection, PfnnOptions(**parameters), packing)
    page = page_of(report, out, dry_run)
    run = build.dry_run if dry_run else build.build_pfnn
    show_build(run(options, out, execution), as_json, page)


@click.command(context_settings={"show_default": True})
@click.argument("dataset", type=FOLDER)
@click.option("--checkpoint", type=FILE, required=True, help="Encoder checkpoint written by align.")
@click.option("--out", type=FOLDER, required=True, help="Folder of the features to write.")
@click.option(
    "--encoder",
    default=BUILT_IN,
    help=help_of(AlignmentOptions)["encoder"],
    show_default=False,
)
@exclude_option
@execution_options(skip=("allow_empty",))
@json_option
def encode(
    dataset: Path,
    checkpoint: Path,
    out: Path,
    encoder: str,
    exclude: tuple[str, ...],
    as_json: bool,
    **execution: Any,
) -> None:
    """Encode all clips of DATASET as a dataset of features.

    The exit codes are those of build-lidar. After an interruption, the same command resumes.
    """
    from pipelines.training.encoders import encode as encoding

    result = encoding.encode(dataset, checkpoint, out, Execution(**execution), encoder, exclude)
    show_build(result, as_json)


def page_of(report: Path | None, out: Path, dry_run: bool) -> Callable[[], list[str]] | None:
    """Return a function that writes the report of a built dataset, and returns lines about it.

    A wrong place is refused before the build.
    """
    if report is None or dry_run:
        return None
    from pipelines.viewing.report import write_report

    write_report.expect_place(report, out)
    return lambda: write_report.write_report(out, report, stream=sys.stderr).lines()
