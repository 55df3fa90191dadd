"""Compare real people in public scans with simulated ones at the same places.

Run `python -m benchmarks.realism FOLDER` from the project's root. FOLDER has files as
`benchmarks.realism.people` describes. `--kitti`, `--nuscenes` and `--ouster` read these sets in
their own layout; nothing of them is part of the project. The values of a sensor were fitted on the
first half of the people (`--half fit`); the second half is reported. `--half all` takes all of
them, and says how far random halves are apart.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import click
import numpy as np

from benchmarks.realism.compare import Pair, Row, hits_of, pair_up, rows_of
from benchmarks.realism.kitti_files import read_kitti
from benchmarks.realism.nuscenes_files import read_nuscenes
from benchmarks.realism.ouster_files import read_ouster
from benchmarks.realism.people import RECORDINGS, RealScans, read_scans
from benchmarks.realism.plot import PLOT, save_plot
from benchmarks.realism.splits import lines_of
from motiondata.errors import InputError
from motiondata.lidar.preset_names import NO_REALISM
from motiondata.lidar.realism.settings import find_realism

DRAWS, QUICK_DRAWS = 24, 2
PEOPLE = 200
BANDS = (0.0, 5.0, 10.0, 20.0, 40.0)
"""Limits of the ranges that are reported separately, meters."""

READERS: dict[str, Callable[[Path, int], RealScans]] = {
    "kitti": read_kitti,
    "nuscenes": read_nuscenes,
    "ouster": read_ouster,
}
"""The readers of sets in their own layout, by the name of their option."""

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command()
@click.argument("folder", type=FOLDER, required=False)
@click.option("--kitti", type=FOLDER, help="Folder with velodyne, label_2 and calib.")
@click.option("--nuscenes", type=FOLDER, help="Folder with samples and v1.0-mini or the like.")
@click.option("--ouster", type=FOLDER, help="Folder with people.csv and .pcap or .osf files.")
@click.option("--realism", default="sensor", show_default=True, help="As of build-lidar.")
@click.option("--effects", default="", help="As of build-lidar.")
@click.option(
    "--half", type=click.Choice(["fit", "report", "all"]), default="report", show_default=True
)
@click.option("--draws", default=DRAWS, show_default=True, help="Simulated people per real one.")
@click.option("--people", default=PEOPLE, show_default=True, help="The most people of a set.")
@click.option("--plot", type=click.Path(path_type=Path), help=f"Write a plot, such as {PLOT}.")
@click.option("--quick", is_flag=True, help="Two people of a file, twice: does everything run?")
def main(
    folder: Path | None, realism: str, effects: str, half: str, draws: int, people: int,
    plot: Path | None, quick: bool, **sets: Path | None,
) -> None:  # fmt: skip
    """Print a table for each file of FOLDER and each set."""
    drawn: dict[str, dict[str, list[Pair]]] = {}
    try:
        settings = find_realism(realism, effects)
        for scans in _all_scans(folder, sets, people):
            chosen = scans.people if half == "all" else scans.halves[half == "report"]
            chosen, draws = (chosen[:2], QUICK_DRAWS) if quick else (chosen, draws)
            exact, dressed = (
                pair_up(chosen, scans.sensor, each, draws)
                for each in (find_realism(NO_REALISM), settings)
            )
            print_table(scans, exact, dressed)
            if half == "all":
                click.echo("\n" + "\n".join(lines_of(dressed)))
            drawn[scans.name] = {"exact": exact, "with realism": dressed}
    except InputError as error:
        raise click.ClickException(str(error)) from error
    if plot is not None:
        save_plot(drawn, plot)


def _all_scans(
    folder: Path | None, sets: dict[str, Path | None], people: int
) -> Iterator[RealScans]:
    files = [] if folder is None else sorted(folder.glob("*.npz"))
    known = [path for path in files if path.stem in RECORDINGS]
    given = {name: path for name, path in sets.items() if path is not None}
    if not known and not given:
        raise InputError(
            f"expected a folder with {' or '.join(f'{name}.npz' for name in RECORDINGS)}, or one "
            f"of {', '.join(f'--{name}' for name in READERS)}"
        )
    yield from map(read_scans, known)
    for name, path in given.items():
        yield READERS[name](path, people)


def print_table(scans: RealScans, exact: list[Pair], dressed: list[Pair]) -> None:
    """Print all figures of a file as Markdown: of exact scans, and with realism."""
    distances = [pair.person.distance for pair in dressed]
    tracks = len({pair.person.track or pair.person.name for pair in dressed})
    click.echo(
        f"\n{scans.name}: {len(dressed)} cuts of at most {tracks} people at {min(distances):.1f} "
        f"to {max(distances):.1f} m, {len(dressed[0].drawn)} simulated for each\n"
    )
    click.echo("| figure | n | exact | with realism | quartiles | 95% interval | limits |")
    click.echo("|---|--:|--:|--:|---|---|---|")
    for bare, row in zip(rows_of(exact), rows_of(dressed), strict=True):
        click.echo(_line(bare, row))
    for near, far in pairwise(BANDS):
        bare, row = (
            hits_of([pair for pair in pairs if near <= pair.person.distance < far])
            for pairs in (exact, dressed)
        )
        if row.count > 1:
            click.echo(_line(bare, replace(row, name=f"hits, {near:g} to {far:g} m")))


def _line(exact: Row, row: Row) -> str:
    """Return a line: the value of exact scans, then everything of those with realism."""
    spread, interval = _span((row.low, row.high)), _span(row.interval)
    values = f"{exact.value:.2f} | {row.value:.2f} | {spread} | {interval} | {row.verdict}"
    return f"| {row.name} | {row.count:,} | {values} |"


def _span(ends: tuple[float, float]) -> str:
    return f"{ends[0]:.2f} to {ends[1]:.2f}" if np.isfinite(ends[0]) else ""


if __name__ == "__main__":
    main()
