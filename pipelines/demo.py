"""The demo: synthetic motion, verified shards, a picture and a report, with one command."""

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from motiondata.counting import counted
from motiondata.errors import InputError
from motiondata.sources.humanml3d.index import read_index
from pipelines.clips.options import ClipSelection, PackingOptions
from pipelines.datasets.preview import preview
from pipelines.datasets.verify import verify
from pipelines.engine.execution import Execution
from pipelines.products.lidar import build
from pipelines.products.lidar.options import LidarBuildOptions, LidarOptions
from pipelines.synthesis import synthesize
from pipelines.viewing.report.write_report import write_report

SHARD_MEGABYTES = 8
"""Small enough that the demo's few clips fill several shards."""
PROGRAM = "motiondata"


def run(
    folder: Path, clips: int, execution: Execution, stream: TextIO | None = None
) -> Iterator[str]:
    """Run the demo in a folder; yield the text to print after each step.

    Progress is written to `stream`.

    Work that an earlier run has finished in the folder is kept. Raises `InputError` if that run
    made another number of clips.
    """
    corpus, dataset = folder / "corpus", folder / "lidar"
    if (corpus / "index.csv").exists():
        _expect_clips(corpus / "index.csv", clips)
    else:
        yield f"Making {counted(clips, 'clip')} of synthetic motion ..."
        yield str(synthesize(corpus, clips, seed=0, stream=stream))
    yield "\nScanning them ..."
    selection = ClipSelection(corpus / "index.csv", corpus / "amass")
    options = LidarBuildOptions(
        selection, LidarOptions(quality=True), PackingOptions(SHARD_MEGABYTES)
    )
    yield str(build.build_lidar(options, dataset, execution))
    yield f"\n{verify(dataset, stream)}"
    yield str(preview(dataset, folder / "preview.png", stream=stream))
    yield f"{write_report(dataset, folder / 'report.html', stream=stream)}\n"
    yield from next_commands(dataset, corpus)


def _expect_clips(index: Path, clips: int) -> None:
    """Raise `InputError` if an earlier run made another number of clips."""
    found = len(read_index(index))
    if found != clips:
        raise InputError(
            f"{index.parent} has {counted(found, 'clip')} of an earlier run, not {clips}; choose "
            f"another folder, or resume with --clips {found}"
        )


def next_commands(dataset: Path, corpus: Path) -> Iterator[str]:
    """Yield the commands to try next, ready to type."""
    program = program_name()
    yield "Next:"
    yield f"  {program} info {dataset}"
    yield f"  {program} stats {dataset}"
    yield f"  {program} build-lidar {corpus}/index.csv --amass {corpus}/amass --dry-run --out x"
    yield f"  {program} build-lidar --help"


def program_name() -> str:
    """Return the command that runs this program from the current folder: its name or a path.

    The path of the script is needed if the script is not on PATH, for instance in a virtual
    environment that is not activated.
    """
    script = Path(sys.argv[0])
    if script.name != PROGRAM or not script.is_file():  # such as `python -m motiondata`
        script = Path(sys.executable).with_name(PROGRAM)
    found = shutil.which(PROGRAM)
    if found and script.is_file() and Path(found).samefile(script):
        return PROGRAM
    if script.is_file():
        below = script.absolute().is_relative_to(Path.cwd())
        return str(script.absolute().relative_to(Path.cwd()) if below else script.absolute())
    return f"{sys.executable} -m {PROGRAM}"
