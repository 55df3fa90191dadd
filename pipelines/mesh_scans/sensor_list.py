"""The list of sensors, with the number of hits that each has on an adult at several distances."""

from dataclasses import dataclass
from math import inf
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import pose_body, shape_body
from motiondata.lidar.cpu.scanners import make_scanner
from motiondata.lidar.preset_names import SENSOR_NAMES
from motiondata.lidar.presets import find_sensor
from motiondata.lidar.sensor import Sensor
from motiondata.skeletons import JOINT, JOINTS
from pipelines.engine.progress import Progress
from pipelines.engine.reports import Report
from pipelines.engine.text_tables import table

DISTANCES = (3.0, 5.0, 8.0, 12.0, 20.0)
"""Meters."""
HEIGHT = 1.0
"""The height of the sensor above the floor, meters."""
DIRECTIONS = 8
"""The number of directions that the adult faces."""
ARMS_DOWN = 1.2
"""The angle by which the arms of the T pose are lowered, radians."""


@dataclass(frozen=True)
class SensorEntry:
    """One sensor."""

    name: str
    beams: int
    columns: int
    lowest_deg: float
    """The lowest elevation of a beam, degrees."""
    highest_deg: float
    reach_m: float | None
    """The range at which half of the rays on a surface of 10 percent reflectance return."""
    hits: dict[str, float]
    """The mean number of hits on an adult, by distance in meters."""
    source: str
    measurement_source: str


@dataclass(frozen=True)
class SensorList(Report):
    """The sensors, in the order of the presets."""

    sensors: tuple[SensorEntry, ...]

    def lines(self) -> list[str]:
        """Return a table, then the sources of the angles."""
        distances = [f"{distance:g} m" for distance in DISTANCES]
        head = ["sensor", "beams", "columns", "elevation", *distances, ""]
        rows = [[*_cells(entry), ""] for entry in self.sensors]
        sources = [f"{entry.name}: {entry.source}" for entry in self.sensors]
        return [*table([head, *rows], numbers=True), "", *sources]


def _cells(entry: SensorEntry) -> list[str]:
    elevation = f"{entry.lowest_deg:.1f} to {entry.highest_deg:.1f}"
    hits = [f"{count:,.0f}" for count in entry.hits.values()]
    return [entry.name, f"{entry.beams}", f"{entry.columns:,}", elevation, *hits]


def list_sensors(name: str | None = None, stream: TextIO | None = None) -> SensorList:
    """List all presets, or the preset or sensor file with this name.

    Progress is written to `stream`. Raises `InputError` if there is no such sensor.
    """
    names = SENSOR_NAMES if name is None else (name,)
    adults, faces = _adults(), bundled_body().faces
    with Progress(len(names), 0, stream, "sensors") as progress:
        sensors = [_entry(find_sensor(each), adults, faces) for each in progress.over(names)]
    return SensorList(tuple(sensors))


def _entry(sensor: Sensor, adults: NDArray[np.float32], faces: NDArray[np.int32]) -> SensorEntry:
    scanner, degrees = make_scanner(sensor), elevations_deg(sensor)
    hits = {}
    for distance in DISTANCES:
        moved = adults + np.array([distance, 0, -HEIGHT], np.float32)
        hits[f"{distance:g}"] = float(scanner.scan_clip(moved, faces).counts.mean())
    reach = sensor.measurement.reach_m
    return SensorEntry(
        name=sensor.name,
        beams=sensor.beams,
        columns=sensor.columns,
        lowest_deg=float(degrees.min()),
        highest_deg=float(degrees.max()),
        reach_m=reach if reach < inf else None,
        hits=hits,
        source=sensor.source,
        measurement_source=" ".join(sensor.measurement.source.split()),
    )


def elevations_deg(sensor: Sensor) -> NDArray[np.float64]:
    """Return the elevation of each beam, or those of the rays of `DIRECTIONS` frames, degrees."""
    if sensor.pattern is None:
        return np.degrees(sensor.elevation)
    rays = sensor.pattern.directions(0, DIRECTIONS * sensor.columns)
    return np.degrees(np.arcsin(rays[..., 2].reshape(-1)))


def _adults() -> NDArray[np.float32]:
    """Return an adult at the origin who faces each direction, shaped (directions, vertices, 3)."""
    pose = np.zeros((1, JOINTS, 3))
    pose[0, 0, 0] = np.pi / 2
    pose[0, JOINT["left_shoulder"], 2] = -ARMS_DOWN
    pose[0, JOINT["right_shoulder"], 2] = ARMS_DOWN
    shaped = shape_body(bundled_body(), np.zeros(0))
    vertices = pose_body(shaped, pose, np.zeros((1, 3))).vertices[0].astype(np.float64)
    vertices -= [*vertices[:, :2].mean(axis=0), vertices[:, 2].min()]
    turns = 2 * np.pi * np.arange(DIRECTIONS) / DIRECTIONS
    rotations = np.array([[[np.cos(t), -np.sin(t), 0], [np.sin(t), np.cos(t), 0], [0, 0, 1]]
                          for t in turns])  # fmt: skip
    return np.asarray(np.einsum("dij,vj->dvi", rotations, vertices), np.float32)
