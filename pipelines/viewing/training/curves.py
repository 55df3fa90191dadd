"""Curves of a training for a page: the numbers of the log by chart, with few points each."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from math import isfinite
from typing import Any

import numpy as np

from pipelines.training.common.curves import scalars_of
from pipelines.training.common.logs import WATCH, Record

PREFIX = f"{WATCH}/"
"""How the names of the numbers of a validation begin."""
MOST_POINTS = 300
"""Points of a curve: about as many as a chart has pixels. More are averaged, with their range."""
CHARTS = (
    ("Loss", r"loss|guessing|watch/(matched|shuffled)_loss"),
    ("Loss by task", r"watch/losses/.*"),
    ("Learning rate", r"rate/.*"),
    ("Recall, motion to text", r"watch/motion to text/.*"),
    ("Recall, text to motion", r"watch/text to motion/.*"),
    ("Cosine between clips", r"watch/(projected_)?cosine"),
)
"""Curves that belong into one chart, by their names. Each other curve has a chart."""
TITLES = {"seconds": "seconds per step"}
"""Names of curves that say what they are."""
NOT_SHOWN = re.compile(r"epoch|watch/(clips|motions|texts)")
"""Numbers of which no curve is drawn: they count."""


@dataclass(frozen=True)
class Curve:
    """The values of one name, as they are drawn."""

    name: str
    steps: tuple[float, ...]
    means: tuple[float, ...]
    lows: tuple[float, ...]
    highs: tuple[float, ...]
    """The lowest and the highest value of those that are averaged in a point."""


@dataclass(frozen=True)
class Chart:
    """Curves that are drawn together."""

    title: str
    curves: tuple[Curve, ...]


def charts_of(records: Iterable[Record]) -> list[Chart]:
    """Return the charts of a log, in the order of `CHARTS` and then of the log.

    Values that are not finite have no point.
    """
    values: dict[str, list[tuple[int, float]]] = {}
    for record in records:
        for name, value in scalars_of(record).items():
            if isfinite(value) and not NOT_SHOWN.fullmatch(name):
                values.setdefault(name, []).append((record["step"], value))
    named: dict[str, list[Curve]] = {title: [] for title, _ in CHARTS}
    for name, points in values.items():
        named.setdefault(_chart_of(name), []).append(_thinned(_shown(name), points))
    return [Chart(title, tuple(_shortened(curves))) for title, curves in named.items() if curves]


def _chart_of(name: str) -> str:
    found = (title for title, pattern in CHARTS if re.fullmatch(pattern, name))
    shown = _shown(name)
    return next(found, shown[:1].upper() + shown[1:])


def _shown(name: str) -> str:
    """Return the name of a curve as people read it: a validation's says so."""
    plain = name.removeprefix(PREFIX).replace("_", " ").replace("/", ", ")
    return f"validation: {plain}" if name.startswith(PREFIX) else TITLES.get(name, plain)


def _shortened(curves: Sequence[Curve]) -> list[Curve]:
    """Remove the words before a comma with which all names of several curves begin."""
    if len(curves) < 2:
        return [*curves]
    words = [curve.name.split(", ") for curve in curves]
    leading = [names[:-1] for names in words]
    shared = sum(1 for _ in takewhile(lambda each: len({*each}) == 1, zip(*leading, strict=False)))
    pairs = zip(curves, words, strict=True)
    return [replace(curve, name=", ".join(names[shared:])) for curve, names in pairs]


def _thinned(name: str, points: Sequence[tuple[int, float]]) -> Curve:
    """Return a curve of at most `MOST_POINTS` points, each the mean of neighboring values."""
    parts = np.array_split(np.array(points, np.float64), min(MOST_POINTS, len(points)))
    rows = [(part[:, 0].mean(), part[:, 1].mean(), *_span(part[:, 1])) for part in parts]
    steps, means, lows, highs = (tuple(map(_short, column)) for column in zip(*rows, strict=True))
    return Curve(name, steps, means, lows, highs)


def _span(values: Any) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def _short(value: float) -> float:
    """Round to six significant digits, which is less than a pixel."""
    return float(f"{value:.6g}")


def chart_to_json(chart: Chart) -> Mapping[str, Any]:
    """Return a chart as the page reads it. A curve of single values has no range."""
    return {"title": chart.title, "curves": [_curve_to_json(curve) for curve in chart.curves]}


def _curve_to_json(curve: Curve) -> Mapping[str, Any]:
    span = {"lows": curve.lows, "highs": curve.highs} if curve.lows != curve.highs else {}
    return {"name": curve.name, "steps": curve.steps, "means": curve.means, **span}
