"""Copy a dataset to a folder or a URL, with every byte hashed, resumably, whole or absent.

`dataset.json` is written last, so that a copy that was stopped is no dataset.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from shards.format.dataset import Dataset
from shards.format.paths import DATASET
from shards.format.places import Place, read_file
from shards.targets import AT_ONCE, DatasetFile, Target, dataset_files, target_of


@dataclass(frozen=True)
class Copied:
    """What was copied."""

    files: int
    bytes: int
    present: int
    """The number of files that had been copied before."""


def copy_dataset(
    source: str | Place, to: str | Place | Target, on_file: Callable[[int], None] = lambda _: None
) -> Copied:
    """Copy a finished dataset, or finish a copy that was stopped.

    `on_file` is called with 1 after each file. Raises `ShardError` if there is something else, and
    `DatasetError` for a file of the source that is damaged; neither leaves a dataset.
    """
    dataset, target = Dataset.open(source), target_of(to)
    listed = read_file(dataset.place, DATASET)
    target.expect_free(listed, dataset.description)

    def copy(file: DatasetFile) -> bool:
        is_there = target.has(file)
        if not is_there:
            target.take(dataset.place, file)
        on_file(1)
        return is_there

    files = dataset_files(dataset.description)
    with ThreadPoolExecutor(AT_ONCE, "copy") as pool:
        there = _all_of(pool, copy, files)
    target.finish(listed, files)
    sizes = [0 if known else file.bytes for known, file in zip(there, files, strict=True)]
    return Copied(there.count(False), sum(sizes), there.count(True))


def _all_of(
    pool: ThreadPoolExecutor, copy: Callable[[DatasetFile], bool], files: list[DatasetFile]
) -> list[bool]:
    """Copy all files; the first error ends what has not begun."""
    try:
        return [*pool.map(copy, files)]
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise
