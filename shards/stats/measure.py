"""Measure a field: compute the moments and histograms of its values in one pass.

Each shard is measured independently, sample by sample, and the results are merged in shard order.
The number of processes therefore does not affect the result, bit for bit.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import reduce
from typing import Any, Literal

import numpy as np

from shards.format.dataset import Dataset
from shards.format.description import ShardEntry
from shards.format.manifest import ManifestRow
from shards.format.places import Place
from shards.format.reading import ShardReader
from shards.format.schema import Schema
from shards.stats.histograms import Histogram
from shards.stats.moments import Moments, merge

Weight = Literal["frame", "clip"]
"""The unit of equal weight: every frame, or every clip regardless of its length."""
FRAME: Weight = "frame"
CLIP: Weight = "clip"

LENGTHS, RANGES = "lengths", "ranges"
LENGTH_WIDTH = 10
"""Bin width in frames: half a second at HumanML3D's 20 frames per second."""
COUNT_WIDTH = 16
"""Bin width of a per-frame count, such as hits."""
RANGE_WIDTH = 0.125
"""Bin width in the field's unit: exact in binary, so rounding does not move a value to another
bin."""


@dataclass(frozen=True, eq=False)
class FieldMeasures:
    """The moments and histograms of a field over a set of samples."""

    moments: Moments
    histograms: Mapping[str, Histogram]
    """`lengths`: clip lengths in frames. If the array has `counted_where`: the values of that
    field, under its name. If values have three components, `ranges`: their distances from the
    origin."""


@dataclass(frozen=True)
class ShardTask:
    """The input for measuring one shard; small and picklable."""

    path: Place
    """The dataset's folder."""
    schema: Schema
    shard: ShardEntry
    rows: list[ManifestRow]
    field: str
    weight: Weight


OrderedMap = Callable[
    [Callable[[ShardTask], FieldMeasures], Iterable[ShardTask]], Iterable[FieldMeasures]
]
"""A function like `map`, possibly running in several processes; it keeps the order."""


def measure_field(
    dataset: Dataset, split: str, field: str, weight: Weight = FRAME, ordered_map: OrderedMap = map
) -> FieldMeasures:
    """Measure a field in a split, merged shard by shard."""
    tasks = (  # created lazily: the rows of a whole split as objects take too much memory
        ShardTask(dataset.place, dataset.schema, shard, dataset.rows_of(shard), field, weight)
        for shard in dataset.shards_of(split)
    )
    return reduce(merge_measures, ordered_map(measure_shard, tasks))


def measure_shard(task: ShardTask) -> FieldMeasures:
    """Measure a field in one shard, merged sample by sample."""
    with closing(ShardReader(task.path, task.shard)) as reader:
        return reduce(merge_measures, _sample_measures(task, reader))


def merge_measures(first: FieldMeasures, second: FieldMeasures) -> FieldMeasures:
    """Return the merged measures of two parts."""
    sums = {name: part + second.histograms[name] for name, part in first.histograms.items()}
    return FieldMeasures(merge(first.moments, second.moments), sums)


def sample_moments(schema: Schema, field: str, values: Mapping[str, Any]) -> Moments:
    """Return the moments of a field of one sample, given its arrays by suffix."""
    spec = schema.float_array(field)
    array = values[schema.suffixes[field]]
    counted = spec.counted_where
    where = None if counted is None else values[schema.suffixes[counted]]
    return Moments.of(array[..., None] if isinstance(spec.shape[-1], str) else array, where)


def all_moments(schema: Schema, values: Mapping[str, Any]) -> dict[str, Moments]:
    """Return the moments of each floating-point field of a sample, as `sample_moments` does."""
    floats = [field for field, spec in schema.arrays.items() if spec.is_float]
    return {field: sample_moments(schema, field, values) for field in floats}


def _sample_measures(task: ShardTask, reader: ShardReader) -> Iterator[FieldMeasures]:
    spec = task.schema.float_array(task.field)
    names = [task.field] if spec.counted_where is None else [task.field, spec.counted_where]
    suffixes = [task.schema.suffixes[name] for name in names]
    for row in task.rows:
        values = {suffix: reader.decoded(task.schema, row, suffix) for suffix in suffixes}
        moments = sample_moments(task.schema, task.field, values)
        histograms = _sample_histograms(task, row.frames, values)
        yield FieldMeasures(moments.as_one() if task.weight == CLIP else moments, histograms)


def _sample_histograms(
    task: ShardTask, frames: int, values: Mapping[str, Any]
) -> dict[str, Histogram]:
    spec, suffixes = task.schema.float_array(task.field), task.schema.suffixes
    histograms = {LENGTHS: Histogram.of(np.array([frames]), LENGTH_WIDTH)}
    array, counted = values[suffixes[task.field]], spec.counted_where
    if counted is not None:
        counts = values[suffixes[counted]]
        histograms[counted] = Histogram.of(counts, COUNT_WIDTH)
        array = array[counts != 0]
    if spec.components == 3:
        squares = np.einsum("...c,...c", array, array, dtype=np.float64)
        histograms[RANGES] = Histogram.of(np.sqrt(squares), RANGE_WIDTH)
    return histograms
