"""The report of the statistics of a field: a table of its components, and histograms."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from motiondata.counting import counted
from pipelines.engine.reports import Report
from pipelines.engine.text_tables import table
from shards.format.places import Place
from shards.stats.histograms import Histogram
from shards.stats.measure import CLIP, FieldMeasures, Weight
from shards.stats.statistics_files import StatisticsKey, spread

BARS = 32
"""Width of a printed histogram, in characters."""
HEIGHTS = " .:-=+*#%@"
"""Characters for the frequency of a value, from zero to the highest."""


@dataclass(frozen=True)
class StatisticsReport(Report):
    """The statistics of a field of a split. Values are per component of the field."""

    dataset: Place
    """The folder of the dataset."""
    split: str
    field: str
    weight: Weight
    rule: str | None
    """Name of the rule of the groups; None without groups."""
    count: int
    """Number of values per component, or of clips if each clip has the same weight."""
    mean: tuple[float, ...]
    std: tuple[float, ...]
    group_std: tuple[float, ...] | None
    """Standard deviation of each component's group; None without groups."""
    min: tuple[float, ...]
    max: tuple[float, ...]
    constant: tuple[int, ...]
    """Numbers of the components that are constant."""
    histograms: Mapping[str, Histogram]
    """Histograms of clip lengths in frames, of counts, of distances from the origin, and of the
    measures of motion quality."""
    folder: Path
    """Folder of the files."""

    def lines(self) -> list[str]:
        """Return the table, the histograms, and the folder."""
        return [*self.value_lines(), self.folder_line()]

    def value_lines(self) -> list[str]:
        """Return a table with one row per component, and one line per histogram."""
        columns = {"mean": self.mean, "std": self.std}
        columns |= {"group's std": self.group_std} if self.group_std is not None else {}
        columns |= {"min": self.min, "max": self.max}
        rows = [
            (str(number), *(f"{value:.6g}" for value in values), self._remark(number))
            for number, values in enumerate(zip(*columns.values(), strict=True))
        ]
        header = (self.field, *columns, "")
        return [self._title(), *table([header, *rows], numbers=True), *self._histograms()]

    def folder_line(self) -> str:
        """Return the line with the folder."""
        return f"written to {self.folder}"

    def _title(self) -> str:
        """Return the first line."""
        number = counted(self.count, "clip" if self.weight == CLIP else "value")
        how = ", each of one weight" if self.weight == CLIP else " per component"
        return f"{self.field} of {self.split}: {number}{how}"

    def _remark(self, number: int) -> str:
        """Return the last cell of a component's row."""
        return "constant" if number in self.constant else ""

    def _histograms(self) -> list[str]:
        width = max(map(len, self.histograms))
        return [f"{name:{width}} {bars(each)}" for name, each in self.histograms.items()]


def report_statistics(
    dataset: Place, key: StatisticsKey, found: FieldMeasures, out: Path
) -> StatisticsReport:
    """Return the report of the statistics that are written below `out`."""
    moments = found.moments
    return StatisticsReport(
        dataset=dataset,
        split=key.split,
        field=key.field,
        weight=key.weight,
        rule=key.rule,
        count=moments.count,
        mean=tuple(moments.mean.tolist()),
        std=tuple(moments.std().tolist()),
        group_std=None if key.groups is None else tuple(spread(moments, key.groups).tolist()),
        min=tuple(moments.minimum.tolist()),
        max=tuple(moments.maximum.tolist()),
        constant=tuple(np.flatnonzero(moments.constant).tolist()),
        histograms=found.histograms,
        folder=out / key.folder,
    )


def bars(histogram: Histogram) -> str:
    """Return a histogram as one line, between its lower and its upper end."""
    starts = np.array(list(histogram.counts))
    low, bins = starts.min(), np.ptp(starts) // histogram.width + 1
    step = np.ceil(bins / BARS) * histogram.width  # the same number of bins per bar
    bars = ((starts - low) // step).astype(int)
    counts = np.bincount(bars, weights=np.array(list(histogram.counts.values())))
    levels = np.ceil(counts / counts.max() * (len(HEIGHTS) - 1)).astype(int)
    shown = "".join(HEIGHTS[level] for level in levels)
    return f"{low:g} |{shown}| {low + len(shown) * step:g}"
