"""How a real unit of a sensor measures: its timing, beam width, noise and losses.

`Sensor` is the geometry of an ideal unit; this is what realism adds. Each preset states its values
and their source in the table `[measurement]` of its file. docs/realism.md explains the models.
"""

from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.errors import InputError
from motiondata.lidar.sensor_fields import take

ECHOES = ("strongest", "first")
"""Which echo a unit reports where the footprint of a beam hits two surfaces."""

FOOTPRINT_AT = 8.0
"""The distance at which the width of a footprint is turned into an angle, meters."""


@dataclass(frozen=True)
class Measurement:
    """How a unit measures. The defaults are those of no particular sensor.

    Raises `InputError` for values that are negative, not finite, or of no known echo.
    """

    source: str = "no source: values of no particular sensor"
    """Where the values come from."""
    columns: int = 0
    """Columns per turn of a real unit, for realism; 0 if they are those of the exact scan."""
    turns_per_second: float = 10.0
    """Turns per second."""
    clockwise: bool = True
    """Whether the head turns clockwise, seen from above."""
    divergence_deg: float = 0.17
    """Full width of the beam, degrees: the angle that the width of a footprint grows by."""
    aperture_m: float = 0.01
    """Width of the beam at the sensor, meters."""
    echo: str = "strongest"
    """The echo that is reported: one of `ECHOES`."""
    echo_separation_m: float = 0.5
    """Echoes nearer to each other than this merge into one, at their mean range; meters."""
    reach_m: float = 50.0
    """The range at which half of the rays on a surface of 10 percent reflectance return, meters."""
    loss: float = 0.0
    """The share of rays that are lost for other reasons than a weak signal."""
    range_sigma_m: float = 0.01
    """Standard deviation of the range of a strong return, meters."""
    weak_sigma_m: float = 0.03
    """What a return at `reach_m` from a 10 percent surface adds to it, in quadrature, meters. It
    falls with the square root of the signal."""
    tail_share: float = 0.08
    """The share of returns with `tail_factor` times the standard deviation."""
    tail_factor: float = 3.0
    """See `tail_share`. 8 percent at 3 times give 2.8 percent of all errors beyond 3 sigma."""
    beam_offset_sigma_m: float = 0.0
    """Standard deviation of the range errors of whole beams, which are fixed for a unit, meters."""
    range_step_m: float = 0.002
    """The step in which ranges are reported, meters."""
    azimuth_jitter_deg: float = 0.009
    """Standard deviation of the azimuth of a ray, degrees."""
    column_pattern_deg: tuple[float, ...] = ()
    """Azimuths of consecutive columns relative to even spacing, degrees; repeated over the turn."""
    intensity_per_reflectance: float = 100.0
    """The intensity of a surface that reflects all light back evenly and faces the sensor."""
    intensity_most: float = 255.0
    """The largest intensity that is reported."""

    def __post_init__(self) -> None:
        numbers = {f.name: getattr(self, f.name) for f in fields(self) if f.type in (int, float)}
        for name, value in numbers.items():
            holds = np.isfinite(value) and value >= 0
            self._expect(holds, f"{name} = {value:g}", "a number of at least 0")
        self._expect(self.echo in ECHOES, f"echo = {self.echo!r}", f"one of {', '.join(ECHOES)}")
        for name in ("turns_per_second", "reach_m"):
            self._expect(numbers[name] > 0, f"{name} = 0", "a positive number")
        for name in ("loss", "tail_share"):
            self._expect(numbers[name] <= 1, f"{name} = {numbers[name]:g}", "a share of at most 1")

    def _expect(self, holds: bool, found: str, expected: str) -> None:
        if not holds:
            raise InputError(f"measurement of a sensor: expected {expected}, found {found}")

    @property
    def footprint(self) -> float:
        """The angle of the width of a footprint at `FOOTPRINT_AT`, radians."""
        return float(np.radians(self.divergence_deg) + self.aperture_m / FOOTPRINT_AT)

    def column_times(self, columns: int) -> NDArray[np.float64]:
        """Return when each column fires after the turn began, shaped (columns,), seconds.

        A turn begins at the back, so that columns straight ahead fire in its middle.
        """
        turned = np.arange(columns) * (-1 if self.clockwise else 1)
        return ((turned + columns // 2) % columns) / (columns * self.turns_per_second)


UNKNOWN_MEASUREMENT = Measurement()


def measurement_from_toml(path: Path, values: Any) -> Measurement:
    """Read the measurement of a table of a sensor's file; raises `InputError` if it is invalid."""
    if not isinstance(values, dict):
        raise InputError(f"{path}: expected measurement as a table, found {repr(values)[:60]}")
    known = {field.name: field for field in fields(Measurement)}
    if unknown := sorted(set(values) - set(known)):
        raise InputError(
            f"{path}: found measurement.{unknown[0]}; expected only {', '.join(known)}"
        )
    return Measurement(**{name: _value(path, values, name, known[name].type) for name in values})


def _value(path: Path, values: dict[str, Any], name: str, kind: Any) -> Any:
    if name == "column_pattern_deg":
        pattern = take(path, values, name, list)
        if not all(type(angle) in (int, float) for angle in pattern):
            raise InputError(f"{path}: expected {name} as a list of numbers, found {pattern!r:.60}")
        return tuple(map(float, pattern))
    return float(take(path, values, name, int, float)) if kind is float else take(
        path, values, name, kind
    )  # fmt: skip
