"""Compare real people in public scans with simulated ones at the same places.

Run `python -m benchmarks.realism FOLDER` from the project's root. FOLDER has files as
`benchmarks.realism.people` describes; nothing of them is part of the project. The values of a
sensor were fitted on the first half of the people of its file (`--half fit`); the second half is
reported.
"""

from itertools import pairwise
from pathlib import Path

import click
import numpy as np

from benchmarks.realism.compare import Pair, Row, pair_up, rows_of
from benchmarks.realism.people import RECORDINGS, RealScans, read_scans
from benchmarks.realism.plot import PLOT, save_plot
from motiondata.lidar.realism.settings import NO_REALISM, find_realism

DRAWS, QUICK_DRAWS = 24, 2
BANDS = (0.0, 5.0, 10.0, 20.0, 40.0)
"""Limits of the ranges that are reported separately, meters."""


@click.command()
@click.argument("folder", type=click.Path(exists=True, path_type=Path))
@click.option("--realism", default="sensor", show_default=True, help="As of build-lidar.")
@click.option("--effects", default="", help="As of build-lidar.")
@click.option("--half", type=click.Choice(["fit", "report"]), default="report", show_default=True)
@click.option("--draws", default=DRAWS, show_default=True, help="Simulated people per real one.")
@click.option("--plot", type=click.Path(path_type=Path), help=f"Write a plot, such as {PLOT}.")
@click.option("--quick", is_flag=True, help="Two people of a file, twice: does everything run?")
def main(
    folder: Path, realism: str, effects: str, half: str, draws: int, plot: Path | None, quick: bool
) -> None:
    """Print a table for each file of FOLDER."""
    settings = find_realism(realism, effects)
    drawn: dict[str, dict[str, list[Pair]]] = {}
    for path in sorted(path for path in folder.glob("*.npz") if path.stem in RECORDINGS):
        scans = read_scans(path)
        people = scans.halves[half == "report"]
        people, draws = (people[:2], QUICK_DRAWS) if quick else (people, draws)
        pairs = pair_up(people, scans.sensor, settings, draws)
        print_table(scans, pairs)
        if plot is not None:
            exact = pair_up(people, scans.sensor, find_realism(NO_REALISM), draws)
            drawn[scans.name] = {"exact": exact, "with realism": pairs}
    if plot is not None:
        save_plot(drawn, plot)


def print_table(scans: RealScans, pairs: list[Pair]) -> None:
    """Print all figures of a file as Markdown."""
    distances = [pair.person.distance for pair in pairs]
    click.echo(
        f"\n{scans.name}: {len(pairs)} people at {min(distances):.1f} to {max(distances):.1f} m, "
        f"{len(pairs[0].drawn)} simulated for each\n"
    )
    click.echo("| figure | n | value | quartiles |\n|---|--:|--:|---|")
    for row in rows_of(pairs):
        click.echo(_line(row))
    for near, far in pairwise(BANDS):
        group = [pair for pair in pairs if near <= pair.person.distance < far]
        if len(group) > 1:
            row = rows_of(group)[0]
            named = Row(f"{row.name}, {near:g} to {far:g} m", *_numbers(row))
            click.echo(_line(named))


def _numbers(row: Row) -> tuple[int, float, float, float]:
    return row.count, row.value, row.low, row.high


def _line(row: Row) -> str:
    spread = f"{row.low:.2f} to {row.high:.2f}" if np.isfinite(row.low) else ""
    return f"| {row.name} | {row.count:,} | {row.value:.2f} | {spread} |"


if __name__ == "__main__":
    main()
