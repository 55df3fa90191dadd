"""Compare builds with pipelines of well-known packages, in one run.

It measures each stage alone on one core, then whole builds on one core and on two, with the same
clips and bodies. Implementations take turns, and scans are compared ray by ray. Run from the
project's root, with the extra `bench` installed: `python -m benchmarks.builds.compare --json FILE`;
`benchmarks.builds.report` writes the tables of a file into `benchmarks/README.md`.
"""

import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click

from benchmarks.builds.clips import (
    BLENDED,
    BUNDLED,
    ClipSet,
    archive_clips,
    made_clips,
    write_bodies,
)
from benchmarks.builds.peers import PEERS
from benchmarks.builds.report import render
from benchmarks.builds.runs import Setting
from benchmarks.builds.stages import BUILT, Extent, measure_stages
from benchmarks.builds.turns import measure_builds
from benchmarks.common.device import describe_run
from benchmarks.common.libraries import expect_libraries
from benchmarks.common.processes import Share, Work, cores, run_apart

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")
"""All pipelines use one process per core, because threads of one process scale worse in each."""

PACKAGES = (
    "numpy", "numba", "ray", "torch", "smplx", "open3d", "embreex", "trimesh", "fpsample",
)  # fmt: skip
"""Packages whose versions are recorded; `trimesh` uses embreex."""


@dataclass(frozen=True)
class Size:
    """The size of a measurement."""

    clips: int
    """Number of clips that every pipeline builds."""
    rounds: int
    """Number of times that our own builds repeat the clips."""
    extent: Extent
    """The size of the measurement of stages."""
    processes: tuple[int, ...]
    """Numbers of processes of whole builds."""
    turns: Mapping[str, int]
    """Number of turns of whole builds, by body."""


WHOLE = Size(8, 36, Extent(2, 48, 4), (1, 2), {BLENDED: 3, BUNDLED: 1})
QUICK = Size(8, 4, Extent(1, 12, 1), (1,), {BLENDED: 1})


@click.command()
@click.option("--quick", is_flag=True, help="Less than a minute, for a look at whether it runs.")
@click.option("--json", "file", type=click.Path(path_type=Path), help="Write the figures there.")
@click.option(
    "--archive",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Recordings laid out as AMASS's, such as those of import-cmu, to build as well.",
)
@click.option("--folder", type=click.Path(path_type=Path), help="Where to work; a temporary one.")
def main(quick: bool, file: Path | None, archive: Path | None, folder: Path | None) -> None:
    """Compare our stages and builds with pipelines of well-known packages, and print the tables."""
    expect_libraries()
    os.environ.update(ONE_THREAD)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        results = measure(Path(scratch), QUICK if quick else WHOLE, archive)
    if file is not None:
        file.write_text(json.dumps(results, indent=1) + "\n")
    click.echo(render(results))


def measure(scratch: Path, size: Size, archive: Path | None) -> dict[str, Any]:
    """Measure everything; `scratch` is an empty folder to work in."""
    about = describe_run(PACKAGES)
    bodies = write_bodies(scratch)
    sets = [made_clips(scratch / "made", size.clips)]
    if archive is not None:
        sets.append(archive_clips(archive, size.clips))
    stages = run_apart(
        [Share(partial(_prepare_stages, sets[0], bodies, size.extent), frozenset(cores(1)))]
    )
    builds = [
        {"clips": clips.name, "body": body, **build}
        for clips in sets
        for body, turns in size.turns.items()
        for build in measure_builds(
            Setting(clips, bodies[body], *BUILT),
            size.rounds,
            turns,
            size.processes,
            scratch,
        )
    ]
    return {
        **about,
        "peers": [peer.parts for peer in PEERS],
        "built": dict(zip(("sensor", "distance_m"), BUILT, strict=True)),
        **stages.answers[0],
        "builds": builds,
    }


def _prepare_stages(clips: ClipSet, bodies: Mapping[str, Path], extent: Extent) -> Work:
    return partial(measure_stages, clips, bodies, extent)


if __name__ == "__main__":
    main()
