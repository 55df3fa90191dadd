"""The distribution of each measure of motion quality over the clips of a dataset.

Samples store their measures under `quality` in their `json`. The units and limits are those of
the product's description.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.datasets.statistics_report import bars
from pipelines.engine.description import Measure
from pipelines.engine.text_tables import table
from shards.errors import DatasetError
from shards.format.dataset import Dataset
from shards.stats.histograms import Histogram
from shards.stream.sample_details import DETAILS, read_details

QUALITY = "quality"


@dataclass(frozen=True)
class QualityInfo:
    """A measure of motion quality over all samples."""

    unit: str
    limit: float
    """A larger value is a flag."""
    above: int
    """Number of samples above the limit."""
    median: float
    max: float
    histogram: Histogram


def quality_histograms(
    dataset: Dataset, split: str, measures: Mapping[str, Measure]
) -> dict[str, Histogram]:
    """Return a histogram of each measure over the samples of a split; empty without measures."""
    rows = np.flatnonzero(np.array(dataset.manifest["split"].to_pylist()) == split)
    return {
        name: Histogram.of(values, measures[name].bin_width)
        for name, values in _read_measures(dataset, rows, measures).items()
    }


def quality_info(dataset: Dataset, measures: Mapping[str, Measure]) -> dict[str, QualityInfo]:
    """Describe each measure over all samples; empty if samples have no measures."""
    found = _read_measures(dataset, np.arange(len(dataset.manifest)), measures)
    return {name: _describe(measures[name], values) for name, values in found.items()}


def quality_lines(measures: Mapping[str, QualityInfo]) -> list[str]:
    """Return a table of the measures with their histograms; empty without measures."""
    if not measures:
        return []
    rows = [
        (
            name,
            f"{each.median:g}",
            f"{each.max:g}",
            f"{each.limit:g}",
            f"{each.above:,}",
            each.unit,
        )
        for name, each in measures.items()
    ]
    header = ("motion quality", "median", "max", "limit", "clips above", "unit")
    drawn = ["clips by value", *(bars(each.histogram) for each in measures.values())]
    lines = table([header, *rows], numbers=True)
    width = max(map(len, lines))
    return ["", *(f"{line:{width}}  {bar}" for line, bar in zip(lines, drawn, strict=True))]


def _describe(measure: Measure, values: NDArray[np.float64]) -> QualityInfo:
    return QualityInfo(
        measure.unit,
        measure.limit,
        int((values > measure.limit).sum()),
        float(np.median(values)),
        float(values.max()),
        Histogram.of(values, measure.bin_width),
    )


def _read_measures(
    dataset: Dataset, rows: NDArray[np.int64], measures: Mapping[str, Measure]
) -> dict[str, NDArray[np.float64]]:
    """Return the values of each measure that samples have, in the order of `measures`.

    A build stores the measures in all samples or in none, so the first one is read to find out.
    """
    if not any(read_details(dataset, rows[:1], QUALITY)):
        return {}
    samples = [*read_details(dataset, rows, QUALITY)]
    try:
        return {
            name: np.array(values, np.float64)
            for name in measures
            if (values := [sample[name] for sample in samples if name in sample])
        }
    except (TypeError, ValueError) as error:
        raise DatasetError(DETAILS, f"expected numbers under {QUALITY}: {error}") from error
