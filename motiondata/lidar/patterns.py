"""Scan patterns of sensors that do not repeat their rays from frame to frame, such as Livox's.

A pattern is a function of the number of a shot, which counts on from frame to frame. Each line (a
laser) fires at a fixed rate. Directions are in the sensor frame: x forward, y left, z up.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from motiondata.errors import InputError
from motiondata.lidar.pattern_rays import refract_fan, unit_vectors
from motiondata.lidar.sensor_fields import take
from motiondata.trigonometry import sines_and_cosines

Floats = NDArray[np.float64]


class ScanPattern(Protocol):
    """Where each shot of each line goes."""

    @property
    def shots_per_second(self) -> float:
        """The shots of each line, Hz."""

    @property
    def lines_deg(self) -> tuple[float, ...]:
        """The angle of each line in the fan of lasers, degrees."""

    def directions(self, first: int, count: int) -> Floats:
        """Return unit vectors of shots `first`, `first + 1`, ..., shaped (lines, count, 3)."""


@dataclass(frozen=True)
class Prisms:
    """Rotating prisms in a row bend an upright fan of lasers: a rosette (Risley prisms).

    The inclined face of each prism looks toward the lasers. The other face is across the axis.
    """

    shots_per_second: float
    lines_deg: tuple[float, ...]
    turns_hz: tuple[float, ...]
    """Turns per second of each prism; negative for the other direction."""
    wedges_deg: tuple[float, ...]
    """The angle between both faces of each prism."""
    refractive_index: float

    def __post_init__(self) -> None:
        _expect(len(self.turns_hz) == len(self.wedges_deg) > 0, "as many turns_hz as wedges_deg")
        _expect(1 < self.refractive_index < 4, "a refractive_index between 1 and 4")
        _expect(all(abs(wedge) < 45 for wedge in self.wedges_deg), "wedges_deg below 45")

    def directions(self, first: int, count: int) -> Floats:
        """Return unit vectors of shots `first`, `first + 1`, ..., shaped (lines, count, 3)."""
        turns = [_phases(hertz, self.shots_per_second, first, count) for hertz in self.turns_hz]
        return refract_fan(
            np.radians(self.lines_deg), np.array(turns), np.radians(self.wedges_deg),
            self.refractive_index,
        )  # fmt: skip


@dataclass(frozen=True)
class TurningFan:
    """A fan of lasers that swings up and down and turns around, on a head that looks all around."""

    shots_per_second: float
    lines_deg: tuple[float, ...]
    turn_hz: float
    """Turns of the head per second; negative for clockwise, seen from above."""
    fan_turn_hz: float
    """Turns of the fan around its own axis per second."""
    swing_hz: float
    """Swings up and down per second."""
    swing_deg: tuple[float, ...]
    """The cosine series of the elevation over a swing: its mean, then the amplitudes of the swing
    and of its multiples."""

    def __post_init__(self) -> None:
        highest = sum(map(abs, (*self.swing_deg, max(map(abs, self.lines_deg)))))
        _expect(highest < 85, "elevations between -85 and 85 degrees")

    def directions(self, first: int, count: int) -> Floats:
        """Return unit vectors of shots `first`, `first + 1`, ..., shaped (lines, count, 3)."""
        rate = self.shots_per_second
        swing = _phases(self.swing_hz, rate, first, count)
        multiples = np.arange(len(self.swing_deg))[:, None]
        waves = np.radians(self.swing_deg)[:, None] * sines_and_cosines(multiples * swing)[1]
        elevation = _sum_of_rows(waves)
        fan, lines = _phases(self.fan_turn_hz, rate, first, count), np.radians(self.lines_deg)
        along, across = sines_and_cosines(fan)
        level = sines_and_cosines(elevation)[1]
        azimuth = _phases(self.turn_hz, rate, first, count) + lines[:, None] * along / level
        return unit_vectors(azimuth, elevation + lines[:, None] * across)


@dataclass(frozen=True)
class Sweeps:
    """Lines that sweep from side to side, and slowly up and down."""

    shots_per_second: float
    lines_deg: tuple[float, ...]
    width_deg: float
    """The full width of a sweep."""
    height_deg: float
    """The full height of all sweeps, without the fan of lines."""
    sweeps_hz: float
    """Sweeps to one side and back per second."""
    rise_hz: float
    """Ways up and down per second."""

    def __post_init__(self) -> None:
        _expect(0 < self.width_deg <= 360, "a width_deg of more than 0 and at most 360")
        _expect(0 <= self.height_deg < 160, "a height_deg of at least 0 and below 160")

    def directions(self, first: int, count: int) -> Floats:
        """Return unit vectors of shots `first`, `first + 1`, ..., shaped (lines, count, 3)."""
        aside = _triangle(_shares(self.sweeps_hz, self.shots_per_second, first, count))
        above = _triangle(_shares(self.rise_hz, self.shots_per_second, first, count))
        azimuth = np.radians(self.width_deg / 2) * aside
        elevation = np.radians(self.lines_deg)[:, None] + np.radians(self.height_deg / 2) * above
        return unit_vectors(azimuth + 0 * elevation, elevation)


KINDS: dict[str, type[Prisms | TurningFan | Sweeps]] = {
    "prisms": Prisms,
    "turning-fan": TurningFan,
    "sweeps": Sweeps,
}
"""The kinds of patterns of a sensor's file."""


def pattern_from_toml(path: Path, values: Any) -> ScanPattern:
    """Read the table `[pattern]` of a sensor's file; raises `InputError` if it is invalid."""
    if not isinstance(values, dict):
        raise InputError(f"{path}: expected pattern as a table, found {repr(values)[:60]}")
    kind = values.get("kind")
    if kind not in KINDS:
        raise InputError(
            f"{path}: expected pattern.kind as one of {', '.join(KINDS)}, found {kind!r:.60}"
        )
    expected = KINDS[kind].__annotations__
    if set(values) != {"kind", *expected}:
        raise InputError(
            f"{path}: expected the keys kind, {', '.join(expected)} in pattern, found "
            f"{', '.join(values)}"
        )
    try:
        fields: dict[str, Any] = {
            name: _value(path, values, name, expected[name]) for name in expected
        }
        return KINDS[kind](**fields)
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _value(path: Path, values: dict[str, Any], name: str, kind: Any) -> float | tuple[float, ...]:
    given = take(path, values, name, *((int, float) if kind is float else (list,)))
    numbers = [given] if kind is float else given
    usable = all(type(number) in (int, float) and abs(number) < 1e6 for number in numbers)
    _expect(usable and len(numbers) > 0, f"{name} as finite numbers")
    if name == "shots_per_second":
        _expect(given > 0, "shots_per_second above 0")
    return float(given) if kind is float else tuple(map(float, given))


def _expect(holds: bool, expected: str) -> None:
    if not holds:
        raise InputError(f"pattern of a sensor: expected {expected}")


def _shares(hertz: float, rate: float, first: int, count: int) -> Floats:
    """Return which share of a period has passed at each shot, from 0 to 1, shaped (count,).

    Whole periods are left out before the multiplication, so that late shots are exact too.
    """
    start = np.fmod(first * (hertz / rate), 1.0)
    return np.asarray(np.mod(start + np.arange(count) * (hertz / rate), 1.0))


def _phases(hertz: float, rate: float, first: int, count: int) -> Floats:
    return 2 * np.pi * _shares(hertz, rate, first, count)


def _triangle(shares: Floats) -> Floats:
    """Return a wave from -1 to 1 and back with straight sides."""
    return np.asarray(1 - 4 * np.abs(shares - 0.5))


def _sum_of_rows(rows: Floats) -> Floats:
    """Add rows one after another: the order of NumPy's sums depends on the processor."""
    total = np.zeros(rows.shape[1])
    for row in rows:
        total += row
    return total
