"""Measure how cost scales: seconds of whole builds, and frames per second of the kernels.

Builds have 10^3 to 10^6 frames of repeated clips; kernels are measured against vertices, columns
and points. Each point is written to `growth.json` immediately, and points of the same commit are
not measured again, so an interrupted run can be resumed. Run from the project's root:
`python -m benchmarks.growth.measure --up-to 1000000`; the plot is drawn at the end.
"""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import click

from benchmarks.builds.clips import BUNDLED, ClipSet, made_clips, write_bodies
from benchmarks.builds.compare import ONE_THREAD, PACKAGES
from benchmarks.builds.runs import Setting, run_ours
from benchmarks.builds.stages import BUILT
from benchmarks.common.device import describe_run
from benchmarks.common.processes import Share, Work, cores, run_apart
from benchmarks.growth.kernels import measure_kernels
from benchmarks.growth.plot import JSON, PLOT, save_plot

CLIPS = 10
FRAMES = (1_000, 3_000, 10_000, 30_000, 100_000, 300_000, 1_000_000)
ALONE_UP_TO = 100_000
"""Maximum number of frames of builds with one process; larger ones take too long."""
SHARD_MEGABYTES = 40
"""A quarter of a build's default, so that builds of about ten thousand frames use two workers."""

Results = dict[str, Any]


@click.command()
@click.option("--up-to", default=100_000, show_default=True, help="Frames of the largest build.")
@click.option("--folder", type=click.Path(path_type=Path), help="Where to work; a temporary one.")
@click.option("--json", "file", default=JSON, type=click.Path(path_type=Path), help="The points.")
@click.option("--plot", default=PLOT, type=click.Path(path_type=Path), help="Of all points.")
@click.option("--quick", is_flag=True, help="The smallest builds; no file is changed.")
def main(up_to: int, folder: Path | None, file: Path, plot: Path, quick: bool) -> None:
    """Measure what is not known of this commit yet, and draw all that is."""
    os.environ.update(ONE_THREAD)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        if quick:
            up_to, file, plot = FRAMES[0], *(Path(scratch) / each.name for each in (file, plot))
        results = _known(file)
        for key, point in _new_points(results, Path(scratch), up_to):
            results[key].append(point)
            file.write_text(json.dumps(results, indent=1) + "\n")
            click.echo(f"{key}: {point}")
        save_plot(results, plot)


def _known(file: Path) -> Results:
    """Return the points of an earlier run of this commit, or empty lists."""
    about = describe_run(PACKAGES)
    if file.exists():
        known: Results = json.loads(file.read_text())
        if known["commit"] == about["commit"]:
            return known
    return {**about, "builds": [], "kernels": []}


def _new_points(results: Results, scratch: Path, up_to: int) -> Iterator[tuple[str, Results]]:
    """Yield each point with the name of its list, as soon as it is measured."""
    clips = made_clips(scratch / "made", CLIPS)
    if not results["kernels"]:
        kernels = run_apart([Share(partial(_prepare_kernels, clips), frozenset(cores(1)))])
        yield from (("kernels", point) for point in kernels.answers[0])
    setting = Setting(clips, write_bodies(scratch)[BUNDLED], *BUILT)
    known = {(point["processes"], point["size"]) for point in results["builds"]}
    for size in FRAMES:
        for processes in (1, 2) if size <= ALONE_UP_TO else (2,):
            if size <= up_to and (processes, size) not in known:
                yield "builds", _build(setting, size, processes, scratch)


def _prepare_kernels(clips: ClipSet) -> Work:
    return partial(measure_kernels, clips)


def _build(setting: Setting, size: int, processes: int, scratch: Path) -> Results:
    """Build and verify about `size` frames; the time includes the start of the process."""
    rounds = max(1, round(size / setting.clips.frames))
    clips = replace(setting.clips, rows=setting.clips.rows * rounds)
    folder = scratch / "build"
    options = setting.options(clips.write_index(folder), SHARD_MEGABYTES)
    used = run_ours(options, folder / "out", processes)
    shutil.rmtree(folder)
    return {
        "processes": processes,
        "size": size,
        "frames": clips.frames,
        "seconds": used.startup + used.wall,
        "peak_megabytes": used.peak_megabytes,
    }


if __name__ == "__main__":
    main()
