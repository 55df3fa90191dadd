"""Scans of an Ouster unit: its metadata, ranges of each scan, and a list of the people in them.

Ouster's recordings have no labels, so that a table says where people stand. `metadata.json` is the
file of the SDK. `<scan>.npz` has `RANGE`, shaped (rows, columns), millimeters, in the order of
measurement, as `LidarScan.field(ChanField.RANGE)` gives it. `people.csv` has the columns scan, x,
y, floor, height and yaw (radians, may be empty), in the sensor frame, meters.
"""

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.realism.boxes import expect_people
from benchmarks.realism.people import RealScans
from benchmarks.realism.person import Person
from motiondata.errors import InputError
from motiondata.lidar.presets import load_sensor
from motiondata.lidar.sensor import Sensor

Floats = NDArray[np.float64]

COLUMNS = ("scan", "x", "y", "floor", "height", "yaw")
RADIUS, ABOVE = 0.6, 0.1
"""A person's points are within this horizontal distance, and this far above their height."""


def read_ouster(folder: Path, most: int) -> RealScans:
    """Read up to `most` people of a folder; raises `InputError` for missing or wrong files."""
    metadata = folder / "metadata.json"
    if not metadata.is_file() or not (folder / "people.csv").is_file():
        raise InputError(f"{folder}: expected metadata.json, people.csv and <scan>.npz")
    sensor = load_sensor(metadata)
    origin = _beam_origin(json.loads(metadata.read_text()))
    people = []
    for number, row in enumerate(_rows(folder / "people.csv")):
        if number < most:
            points, beams = _points(folder / f"{row['scan']}.npz", sensor, origin)
            people.append(_person(number, row, points, beams, folder / "people.csv"))
    measured = replace(sensor.measurement, columns=0)
    scans = RealScans(sensor.name, replace(sensor, measurement=measured), tuple(people))
    return expect_people(scans, folder)


def _rows(path: Path) -> Iterator[dict[str, str]]:
    with path.open(newline="") as file:
        reader = csv.DictReader(file)
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise InputError(f"{path}: expected the columns {', '.join(COLUMNS)}")
        yield from reader


def _person(
    number: int, row: dict[str, str], points: Floats, beams: NDArray[np.int64], path: Path
) -> Person:
    try:
        x, y, floor, height = (float(row[name]) for name in COLUMNS[1:5])
        yaw = float(row["yaw"] or "nan")
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}: expected numbers in row {number + 1}; {error}") from error
    up = points[:, 2] - floor
    near = np.hypot(points[:, 0] - x, points[:, 1] - y) <= RADIUS
    own = near & (up >= 0) & (up <= height + ABOVE)
    name = f"{row['scan']}#{number}"
    return Person(name, points[own], beams[own], np.array([x, y]), floor, height, yaw)


def _beam_origin(metadata: dict[str, Any]) -> float:
    """Return how far from the axis of the head beams begin, meters."""
    beams = metadata.get("beam_intrinsics", metadata)
    return float(beams.get("lidar_origin_to_beam_origin_mm", 0.0)) / 1000


def _points(path: Path, sensor: Sensor, origin: float) -> tuple[Floats, NDArray[np.int64]]:
    """Return the points of a scan, shaped (points, 3), and their beams, shaped (points,).

    A range counts from the axis of the head; the beam begins at `origin` from it (`make_xyz_lut` of
    ouster-lidar/ouster-sdk).
    """
    try:
        with np.load(path) as file:
            ranges = file["RANGE"].astype(np.float64) / 1000
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path}: expected an array RANGE; {error!r}") from error
    if ranges.shape != (sensor.beams, sensor.columns):
        expected = (sensor.beams, sensor.columns)
        raise InputError(f"{path}: expected RANGE shaped {expected}, found {ranges.shape}")
    beams, columns = np.nonzero(ranges > 0)
    distance = ranges[beams, columns] - origin
    head = np.pi - 2 * np.pi * columns / sensor.columns
    azimuth, elevation = head + sensor.azimuth_offset[beams], sensor.elevation[beams]
    level = distance * np.cos(elevation)
    x = level * np.cos(azimuth) + origin * np.cos(head)
    y = level * np.sin(azimuth) + origin * np.sin(head)
    return np.stack([x, y, distance * np.sin(elevation)], axis=1), beams.astype(np.int64)
