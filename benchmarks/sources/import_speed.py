"""Measure how fast files are imported, in frames per second of one process.

Run `python -m benchmarks.sources.import_speed SOURCE KIND`, with files and a kind of `motiondata
import`. Each run imports all files into a new folder.
"""

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from benchmarks.common.timing import QUICK_REPEATS, print_rates
from pipelines.import_report import ImportReport
from pipelines.sources import (
    import_bvh,
    import_cmu,
    import_joints,
    import_pfnn,
    import_smpl,
)

IMPORTERS: dict[str, Callable[..., ImportReport]] = {
    "bvh": import_bvh,
    "cmu": import_cmu,
    "joints": import_joints,
    "pfnn": import_pfnn,
    "smpl": import_smpl,
}
TURNS = 5


@click.command()
@click.argument("source", type=click.Path(path_type=Path, exists=True))
@click.argument("kind", type=click.Choice(list(IMPORTERS)))
@click.option("--quick", is_flag=True, help="One timed run: does it run?")
def main(source: Path, kind: str, quick: bool) -> None:
    """Measure the import of files."""

    def run() -> ImportReport:
        with TemporaryDirectory() as folder:
            return IMPORTERS[kind](source, Path(folder) / "out")

    print_rates("import", run().frames, {kind: run}, QUICK_REPEATS if quick else TURNS)


if __name__ == "__main__":
    main()
