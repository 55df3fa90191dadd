"""Compute and write the statistics of a field of a finished dataset.

Several processes may read shards. Their results are merged in shard order, so that the number of
processes does not change a bit of the result.
"""

import errno
import multiprocessing
import os
import signal
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TextIO

from motiondata.errors import InputError
from motiondata.representations.feature_groups import FEATURE_GROUPS
from pipelines.datasets.quality import quality_histograms
from pipelines.datasets.statistics_report import StatisticsReport, report_statistics
from pipelines.datasets.trainer_files import TrainerFiles
from pipelines.engine.description import ProductDescription
from pipelines.engine.errors import AbortedError
from pipelines.engine.output_path import expect_no_dataset
from pipelines.engine.progress import Progress
from pipelines.engine.run_lock import RunLock
from pipelines.engine.workers.worker import exit_with_parent
from pipelines.products.descriptions import Describe, describe_dataset
from pipelines.products.descriptions import describe as describe_product
from shards.errors import DatasetError
from shards.format.dataset import Dataset, read_description
from shards.format.hashing import hash_bytes
from shards.format.paths import DATASET
from shards.format.places import Place, is_inside
from shards.remote.folder import RemoteFolder
from shards.stats.measure import (
    FRAME,
    FieldMeasures,
    OrderedMap,
    ShardTask,
    Weight,
    measure_field,
)
from shards.stats.statistics_files import (
    StatisticsKey,
    histograms_file,
    statistics_files,
    write_files,
)
from shards.stats.std_groups import GroupRule, check_groups, parse_rule

NO_GROUPS = "none"
"""The name of no rule: every component has its own standard deviation."""
NOT_WRITABLE = (errno.EROFS, errno.EACCES, errno.EPERM)
"""Error numbers of a write into a folder without permission or on a read-only mount."""


def stats(
    path: Place,
    split: str | None = None,
    field: str | None = None,
    weight: Weight = FRAME,
    group: str | None = None,
    workers: int = 0,
    out: Path | None = None,
    before_writing: Callable[[StatisticsReport], None] = lambda _: None,
    trainer_files: TrainerFiles | None = None,
    describe: Describe = describe_product,
    stream: TextIO | None = None,
) -> StatisticsReport:
    """Compute the statistics of a field of a split, write them, and return a report.

    The default split is `train`, or the only one. The default field is the first floating-point
    one. The files are written below `out`, by default the dataset's folder. `group` is the name of
    a rule in `FEATURE_GROUPS`, `name=start:stop,...`, or `NO_GROUPS`; by default, the product of
    the dataset says how its main field is grouped. With 0 workers, this process reads all shards.
    `before_writing` is called with the report, which is thus not lost if nothing can be written.
    `trainer_files` says where to write the files that trainers of the field read. `describe` finds
    the description of the dataset's product by its name. Progress is written to `stream`.
    """
    dataset = Dataset.open(path)
    out = _out_of(dataset, out)
    split, field = split or dataset.default_split(), field or dataset.schema.main_field
    product = describe_dataset(dataset, describe)
    rule = _rule_of(dataset, product, field, group)
    _check_groups(dataset, field, rule)
    if trainer_files is not None:
        trainer_files.check(product, field == dataset.schema.main_field)
    subject = StatisticsKey(dataset.content_hash, split, field, weight, rule)
    shards = len(dataset.shards_of(split))
    with (
        Progress(shards, 0, stream, "shards") as progress,
        ordered_map(workers, shards) as in_order,
        _advised(path),
    ):
        found = measure_field(dataset, split, field, weight, _counted(in_order, progress))
    if not found.moments.count:
        raise InputError(
            f"{path}: there are no values of {field} in the split {split}: all its frames are empty"
        )
    quality = quality_histograms(dataset, split, product.quality)
    found = replace(found, histograms={**found.histograms, **quality})
    report = report_statistics(path, subject, found, out)
    before_writing(report)
    files = statistics_files(subject, found.moments) | histograms_file(subject, found.histograms)
    write_statistics(dataset, out, files)
    if trainer_files is not None:
        trainer_files.write(product, found.moments)
    return report


def _counted(in_order: OrderedMap, progress: Progress) -> OrderedMap:
    """Return a map that counts each result as done."""

    def count(
        measure: Callable[[ShardTask], FieldMeasures], tasks: Iterable[ShardTask]
    ) -> Iterator[FieldMeasures]:
        for found in in_order(measure, tasks):
            progress.advance(1)
            yield found

    return count


def _rule_of(
    dataset: Dataset, product: ProductDescription, field: str, group: str | None
) -> GroupRule | None:
    """Return the rule of the groups: the chosen one, or the default of a product's main field."""
    if group is None and field == dataset.schema.main_field:
        group = product.std_groups
    return None if group in (None, NO_GROUPS) else parse_rule(str(group), FEATURE_GROUPS)


@contextmanager
def _advised(path: Place) -> Iterator[None]:
    """Add the command that lists every fault to the error of a damaged file."""
    try:
        yield
    except DatasetError as error:
        raise DatasetError(
            error.where, f"{error.message}; motiondata verify {path} lists every fault"
        ) from error


def write_statistics(dataset: Dataset, out: Path, files: dict[str, bytes]) -> None:
    """Write statistics files, unless the dataset has changed since it was opened.

    Raises `InputError` if the build wrote different statistics, and `AbortedError` if the folder is
    not writable.
    """
    own = is_inside(out, dataset.place) and out.resolve() == dataset.path.resolve()
    if own:
        _check_listed(dataset, files)
    try:
        write_files(out, files, partial(_unchanged, dataset) if own else nullcontext)
    except OSError as error:
        if error.errno not in NOT_WRITABLE:
            raise
        raise AbortedError(
            f"{out}: the statistics cannot be written there: {error.strerror}; choose another "
            "folder with --out"
        ) from error


@contextmanager
def _unchanged(dataset: Dataset) -> Iterator[None]:
    """Prevent builds from beginning during the block, which writes a file into the dataset.

    Raises `AbortedError` if a build is running, and `InputError` if the dataset has been replaced
    since it was opened.
    """
    with RunLock(dataset.path).while_idle():
        try:
            same = read_description(dataset.path).content_hash == dataset.content_hash
        except DatasetError:  # it is being rebuilt
            same = False
        if not same:
            raise InputError(
                f"{dataset.place}: was built anew while its statistics were computed; nothing "
                "more is written; run the same command again"
            )
        yield


def _check_listed(dataset: Dataset, files: Mapping[str, bytes]) -> None:
    """Raise `InputError` if a file that the build lists was recomputed to different bytes."""
    listed = {file.name: file.blake3 for file in dataset.description.statistics or ()}
    for name, data in files.items():
        if listed.get(name, digest := hash_bytes(data)) != digest:
            raise InputError(
                f"{name}: differs from what the dataset's build computed, perhaps with another "
                "version or on another kind of processor; the build's stays; write this one "
                "elsewhere with --out"
            )


def _out_of(dataset: Dataset, out: Path | None) -> Path:
    """Return the folder to write to, by default the dataset's.

    Raises `InputError` if it is that of another dataset or lies inside a dataset, and for a dataset
    at a URL without `out`.
    """
    if out is None:
        if isinstance(dataset.place, RemoteFolder):
            raise InputError(f"{dataset.place}: statistics are not written to a URL; pass --out")
        return dataset.path
    expect_no_dataset(out.resolve().parent)
    if not (out / DATASET).exists():
        return out
    if read_description(out).content_hash != dataset.content_hash:
        raise InputError(f"{out}: is another dataset; choose another --out")
    return out


def _check_groups(dataset: Dataset, field: str, rule: GroupRule | None) -> None:
    """Refuse groups that do not fit the field, before the long computation starts."""
    if rule is not None:
        check_groups(rule.groups, dataset.schema.float_array(field).components)


@contextmanager
def ordered_map(workers: int, shards: int) -> Iterator[OrderedMap]:
    """Yield a function that maps shards to measures in order: `map`, or that of a process pool.

    Processes are spawned, not forked, because pyarrow's threads already run in this process.
    Raises `AbortedError` if a process is killed.
    """
    if workers < 1 or shards == 1:
        yield map
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(min(workers, shards), context, _begin, (os.getpid(),))
    try:
        with pool:
            yield pool.map
    except BrokenProcessPool as error:
        raise AbortedError(
            "a process that read shards was killed, perhaps for memory; try fewer --workers"
        ) from error


def _begin(parent: int) -> None:
    """Leave Ctrl-C to the parent process, and exit when it exits."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    exit_with_parent(parent)
