"""The demo: made motion to verified shards to a picture, in one command and from nothing."""

from collections.abc import Iterator
from pathlib import Path

from motiondata.counting import counted
from motiondata.errors import InputError
from motiondata.humanml3d.index import read_index
from pipelines import build, imports, reports
from pipelines.options import BuildOptions, Execution

SHARD_MEGABYTES = 8
"""Small enough that the demo's few clips fill several shards."""


def run(folder: Path, clips: int, workers: int) -> Iterator[str]:
    """Do the demo's work in a folder and yield what to print as it goes.

    What an earlier run has finished in the folder is kept.
    """
    corpus, dataset, picture = folder / "corpus", folder / "lidar", folder / "preview.png"
    if (corpus / "index.csv").exists():
        _expect_clips(corpus / "index.csv", clips)
    else:
        yield f"Making {counted(clips, 'clip')} of synthetic motion ..."
        yield imports.synthesize(corpus, clips, seed=0)
    yield "\nScanning them ..."
    options = BuildOptions(corpus / "index.csv", corpus / "amass", shard_megabytes=SHARD_MEGABYTES)
    yield build.build_lidar(options, dataset, Execution(workers)).summary
    yield "\n" + reports.verify(dataset)[1]
    from pipelines.preview import preview  # matplotlib is slow to load

    yield f"{preview(dataset, picture).describe()}\n"
    yield from next_commands(dataset, corpus)


def _expect_clips(index: Path, clips: int) -> None:
    """Raise `InputError` where an earlier run has made another number of clips."""
    found = len(read_index(index))
    if found != clips:
        raise InputError(
            f"{index.parent} has {found} clips of an earlier run, not {clips}; choose another "
            f"folder, or go on with --clips {found}"
        )


def next_commands(dataset: Path, corpus: Path) -> Iterator[str]:
    """Yield the commands to try next."""
    yield "Next:"
    yield f"  motiondata info {dataset}"
    yield f"  motiondata stats {dataset}"
    yield f"  motiondata build-lidar {corpus}/index.csv --amass {corpus}/amass --dry-run --out x"
    yield "  motiondata build-lidar --help"
