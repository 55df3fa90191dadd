"""Run all kernel comparisons: `python -m benchmarks`, or `make bench`."""

import click

from benchmarks.common.libraries import expect_libraries
from benchmarks.kernels import posing, scanning


@click.command()
@click.option("--quick", is_flag=True, help="Few frames, timed once: does everything run?")
def main(quick: bool) -> None:
    """Compare posing, scanning and sampling with well-known packages."""
    expect_libraries()
    posing.compare(quick)
    scanning.compare(quick)


main()
