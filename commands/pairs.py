"""The command that builds pairs of poses with texts.

Nothing heavy is imported before it runs, so that help appears at once.
"""

from pathlib import Path
from typing import Any

import click

from commands.build import page_of, report_option
from commands.clips import clip_options_without, packing_options, take_selection
from commands.options import execution_options, options_of, take
from commands.parameters import FILE, FOLDER
from commands.printing import json_option, show, show_build
from motiondata.pose_pairs.rules import PairRules
from pipelines.clips.options import PackingOptions
from pipelines.engine.execution import Execution
from pipelines.products.pose_pairs.options import PosePairBuildOptions, PosePairOptions


@click.command("build-pose-pairs")
@clip_options_without("texts", "in_place", "mean_shape")
@click.option("--out", type=FOLDER, help="Folder of the dataset to write.")
@options_of(PosePairOptions, types={"embedding": FILE})
@options_of(PairRules)
@packing_options
@execution_options(skip=("allow_empty", "gpus_per_worker", "retry_dropped"))
@click.option(
    "--write-poses",
    type=FILE,
    help="Write the picked poses to this file (.npz), for an --embedding; build nothing.",
)
@click.option("--dry-run", is_flag=True, help="Check and plan as a build does; write nothing.")
@report_option
@json_option
def build_pose_pairs(
    out: Path | None,
    write_poses: Path | None,
    dry_run: bool,
    report: Path | None,
    as_json: bool,
    **parameters: Any,
) -> None:
    """Build pairs of poses, with texts that correct the first into the second.

    SOURCE and the exit codes are those of build-lidar. docs/pose_pairs.md describes the rules, the
    codes of poses and pairs, and the texts.
    """
    from pipelines.products.pose_pairs import build

    if (out is None) == (write_poses is None):
        raise click.UsageError("expected --out, the folder of the dataset, or --write-poses")
    execution, rules = take(Execution, parameters), take(PairRules, parameters)
    selection, packing = take_selection(parameters), take(PackingOptions, parameters)
    options = PosePairBuildOptions(selection, PosePairOptions(**parameters), rules, packing)
    if out is None:
        assert write_poses is not None  # noqa: S101 (one of them is given)
        show(build.write_poses(options, write_poses), as_json)
        return
    page = page_of(report, out, dry_run)
    run = build.dry_run if dry_run else build.build_pose_pairs
    show_build(run(options, out, execution), as_json, page)
