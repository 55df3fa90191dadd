"""Real people: cuts of public scans, each with its place, height and heading.

A file is an `.npz` with `points` (N, 3), meters, sensor frame; `beam` (N,); `first` and `count` of
each person; `place` (x, y), `floor` (z), `height` and `yaw` (heading, radians; NaN if unknown) of
each person; `elevation_deg` of the beams, and `columns`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.realism.person import Person
from benchmarks.realism.tracks import followed, leveled
from motiondata.lidar.presets import sensor_preset
from motiondata.lidar.sensor import Sensor

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Recording:
    """How a file was recorded."""

    preset: str
    """The preset with the measurement of its sensor."""
    loss: float = 0.0
    """The share of all rays that this recording lost, on walls too."""
    why: str = ""
    scans_per_second: float = 0.0
    """The rate of consecutive scans, by which people are followed; 0 for unrelated scans."""
    level_beyond: float = 0.0
    """Floors of people nearer than this come from those of the others, meters: the sensor does not
    see the feet of near people. 0 if all floors are measured."""


RECORDINGS: Mapping[str, Recording] = {
    "hdl64e_kitti": Recording("hdl-64e"),
    "vlp16_logictronix": Recording(
        "vlp-16",
        0.091,
        "9.1 percent of rays are lost on people, 9.2 percent on walls",
        scans_per_second=20.0,
        level_beyond=5.0,
    ),
}
"""The recording of each file, by the name of the file."""


@dataclass(frozen=True, eq=False)
class RealScans:
    """The people of a file, and the sensor that saw them."""

    name: str
    sensor: Sensor
    people: tuple[Person, ...]

    @property
    def halves(self) -> tuple[tuple[Person, ...], tuple[Person, ...]]:
        """The people to fit on, and those to report: the first and the second half in time.

        Nobody is in both: a track belongs to the half in which it begins.
        """
        first: dict[str, int] = {}
        for number, person in enumerate(self.people):
            first.setdefault(person.track or person.name, number)
        middle = (len(self.people) + 1) // 2
        fitted = [first[person.track or person.name] < middle for person in self.people]
        halves = [
            tuple(person for person, is_fitted in zip(self.people, fitted, strict=True)
                  if is_fitted == wanted)
            for wanted in (True, False)
        ]  # fmt: skip
        return halves[0], halves[1]


def read_scans(path: Path) -> RealScans:
    """Read a file; its name must be one of `RECORDINGS`."""
    recording = RECORDINGS[path.stem]
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    measured = replace(sensor_preset(recording.preset).measurement, columns=0, loss=recording.loss)
    elevation = np.radians(arrays["elevation_deg"])
    sensor = Sensor(
        name=recording.preset,
        elevation=elevation,
        azimuth_offset=np.zeros_like(elevation),
        columns=int(arrays["columns"]),
        source=path.name,
        measurement=measured,
    )
    return RealScans(path.stem, sensor, _followed(list(_people(arrays)), recording))


def _followed(people: list[Person], recording: Recording) -> tuple[Person, ...]:
    """Return people with corrected floors and heights, as far as the recording asks for it."""
    if recording.level_beyond:
        people = leveled(people, recording.level_beyond)
    if recording.scans_per_second:
        scans = [int(person.name.partition("#")[0]) for person in people]
        people = followed(people, [scan / recording.scans_per_second for scan in scans])
    return tuple(people)


def _people(arrays: Mapping[str, NDArray[np.generic]]) -> Iterator[Person]:
    for number, (first, count) in enumerate(zip(arrays["first"], arrays["count"], strict=True)):
        own = slice(int(first), int(first) + int(count))
        yield Person(
            name=str(arrays["id"][number]),
            points=np.asarray(arrays["points"][own], np.float64),
            beams=np.asarray(arrays["beam"][own], np.int64),
            place=np.asarray(arrays["place"][number], np.float64),
            floor=float(arrays["floor"][number]),
            height=float(arrays["height"][number]),
            yaw=float(arrays["yaw"][number]),
        )


def sensor_of(person: Person, sensor: Sensor) -> Sensor:
    """Return the sensor with the elevations that the person's own points have.

    The lasers of a unit do not leave one point, so that elevations depend on the range by up to
    half a degree at 8 m. All beams are moved by the median difference.
    """
    ranges = np.linalg.norm(person.points, axis=1)
    seen = np.arcsin(person.points[:, 2] / ranges)
    shift = float(np.median(seen - sensor.elevation[person.beams]))
    return replace(sensor, elevation=sensor.elevation + shift)
