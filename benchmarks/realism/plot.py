"""The plot of `benchmarks.realism`: ratios of real to simulated figures, exact and with realism.

It shows medians, their intervals, and the limits that were set, and nothing of single people.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from benchmarks.realism.compare import LIMITS, Pair, Row, rows_of

PLOT = Path("docs/realism.svg")
COLORS = {"exact": "#d55e00", "with realism": "#0072b2"}
"""The Okabe-Ito colors are distinguishable for color-blind readers."""
SUFFIX = ", real / simulated"
TICKS = (0.5, 0.7, 0.85, 1, 1.2, 1.5, 2, 3, 5)

Groups = Mapping[str, Mapping[str, Sequence[Pair]]]
"""The people of each file, by the name of the simulation."""


def save_plot(files: Groups, path: Path) -> None:
    """Write a plot with one panel per file."""
    with mpl.rc_context({"svg.hashsalt": "realism", "font.family": "DejaVu Sans"}):
        figure = Figure(figsize=(5.4 * len(files), 3.2), layout="constrained")
        panels = figure.subplots(1, len(files), squeeze=False)[0]
        for axes, (name, groups) in zip(panels, files.items(), strict=True):
            _draw(axes, name, groups)
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def _draw(axes: Axes, name: str, groups: Mapping[str, Sequence[Pair]]) -> None:
    for number, (label, pairs) in enumerate(groups.items()):
        rows = [row for row in rows_of(pairs) if row.name.endswith(SUFFIX)]
        places = np.arange(len(rows)) + 0.3 * (number - (len(groups) - 1) / 2)
        _draw_rows(axes, rows, places, label)
    for place, row in enumerate(rows):
        if row.name in LIMITS:
            low, high = LIMITS[row.name]
            axes.bar(place, high - low, 0.8, low, color="0.85", zorder=0)
    axes.set_xticks(range(len(rows)), [_short(row.name) for row in rows], fontsize=7)
    axes.axhline(1, color="0.6", linewidth=0.8, zorder=0)
    axes.set_title(f"{name}, {len(pairs)} cuts", fontsize=10)
    axes.set_ylabel("real / simulated", fontsize=9)
    axes.set_yscale("log")
    axes.set_yticks(TICKS, [f"{tick:g}" for tick in TICKS], fontsize=8)
    axes.minorticks_off()
    axes.legend(fontsize=7, loc="upper left")


def _draw_rows(axes: Axes, rows: Sequence[Row], places: NDArray[Any], label: str) -> None:
    middle = np.array([row.value for row in rows])
    low, high = np.array([row.interval for row in rows]).T
    axes.errorbar(
        places, middle, np.maximum(np.stack([middle - low, high - middle]), 0), fmt="o", ms=4,
        lw=1.2, color=COLORS[label], label=f"{label}: median and its 95% interval",
    )  # fmt: skip


def _short(name: str) -> str:
    """Return `hits`, `rings`, or the hits per ring of a region on two or three lines."""
    short = name.removesuffix(SUFFIX).replace("hits per ring, ", "per ring,\n")
    return short.replace(", sums", ",\nsums")
