"""The statistics of a field, from a finished dataset's shards: computed, written, and shown.

Shards may be read by several processes. What they report is merged in the order of the shards, so
that their number does not reach a bit.
"""

import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from motiondata.counting import counted
from motiondata.errors import InputError
from pipelines.errors import AbortedError
from pipelines.summary import count_table
from pipelines.worker import die_with
from shards.dataset import Dataset
from shards.grouping import Groups, check_groups, parse_groups
from shards.histograms import Histogram
from shards.paths import TRAIN
from shards.statistics import (
    Subject,
    spread,
    write_histograms,
    write_statistics,
)
from shards.surveying import CLIP, FRAME, InOrder, Survey, Weight, survey

BARS = 32
"""How many characters wide a histogram is shown."""
HEIGHTS = " .:-=+*#%@"
"""How often a value is there, from never to most often."""


def stats(
    path: Path,
    split: str | None,
    field: str,
    weight: Weight = FRAME,
    group: str | None = None,
    workers: int = 0,
) -> str:
    """Compute and write the statistics of a field of a split, and show them.

    `group` is a rule's name or `name=start:stop,...`; 0 workers: this process reads all shards.
    """
    dataset = Dataset.open(path)
    split = split or _default_split(dataset)
    groups = None if group is None else parse_groups(group)
    _check_groups(dataset, field, groups)
    subject = Subject(dataset.content_hash, split, field, weight, groups)
    with ordered_map(workers, len(dataset.shards_of(split))) as in_order:
        found = survey(dataset, split, field, weight, in_order)
    folder = write_statistics(path, subject, found.moments)
    write_histograms(path, subject, found.histograms)
    lines = [*_table(subject, found), *_histograms(found), f"written to {folder}"]
    return "\n".join(lines)


def _default_split(dataset: Dataset) -> str:
    splits = dataset.description.splits
    if TRAIN in splits or len(splits) == 1:
        return TRAIN if TRAIN in splits else splits[0]
    choice = f"choose --split from {', '.join(splits)}" if splits else "it has no samples"
    raise InputError(f"{dataset.path}: has no split {TRAIN}; {choice}")


def _check_groups(dataset: Dataset, field: str, groups: Groups | None) -> None:
    """Refuse groups that are not the field's, before hours are spent on it."""
    if groups is not None:
        check_groups(groups, dataset.schema.float_array(field).components)


@contextmanager
def ordered_map(workers: int, shards: int) -> Iterator[InOrder]:
    """Yield what maps shards to surveys: `map`, or that of so many processes.

    They are spawned, not forked: pyarrow's threads run in this process already.
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
    """Leave Ctrl-C to the parent, and end with it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    die_with(parent)


def _table(subject: Subject, found: Survey) -> list[str]:
    moments, grouped = found.moments, subject.groups is not None
    columns = {"mean": moments.mean, "std": moments.std()}
    columns |= {"group's std": spread(moments, subject.groups)} if grouped else {}
    columns |= {"min": moments.minimum, "max": moments.maximum}
    rows = [
        (str(number), *(f"{value:.6g}" for value in values), "constant" if constant else "")
        for number, (*values, constant) in enumerate(
            zip(*columns.values(), moments.constant, strict=True)
        )
    ]
    unit = (
        ("clip", ", each of one weight") if subject.weight == CLIP else ("value", " per component")
    )
    title = f"{subject.field} of {subject.split}: {counted(moments.count, unit[0])}{unit[1]}"
    return [title, *count_table(rows, (subject.field, *columns, ""))]


def _histograms(found: Survey) -> list[str]:
    width = max(map(len, found.histograms))
    return [f"{name:{width}} {_bars(part)}" for name, part in found.histograms.items()]


def _bars(histogram: Histogram) -> str:
    """Return a histogram in a line, its ends before and behind it."""
    starts = np.array(list(histogram.counts))
    low, bins = starts.min(), np.ptp(starts) // histogram.width + 1
    step = np.ceil(bins / BARS) * histogram.width  # whole bins, or some bars would have one more
    bars = ((starts - low) // step).astype(int)
    counts = np.bincount(bars, weights=np.array(list(histogram.counts.values())))
    levels = np.ceil(counts / counts.max() * (len(HEIGHTS) - 1)).astype(int)
    shown = "".join(HEIGHTS[level] for level in levels)
    return f"{low:g} |{shown}| {low + len(shown) * step:g}"
