"""KITTI's own files: scans (`velodyne/*.bin`), labels (`label_2/*.txt`) and `calib/*.txt`.

Source of the layout: the development kit of the object benchmark (`readme.txt`). Files have no
rings. The points of a scan are stored ring by ring from the top, each counterclockwise from
straight ahead: a new ring begins where the azimuth becomes positive.
"""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.realism.boxes import PersonBox, expect_people, people_in
from benchmarks.realism.people import RealScans
from motiondata.errors import InputError
from motiondata.lidar.presets import sensor_preset

Floats = NDArray[np.float64]

PRESET = "hdl-64e"
PERSON = "Pedestrian"
SHORTEST_RING = 100
"""A ring has at least as many points; the azimuth of a point ahead can cross zero twice."""


def read_kitti(folder: Path, most: int) -> RealScans:
    """Read up to `most` unoccluded pedestrians; `folder` has the three folders, or `training`.

    Raises `InputError` if files are missing or not as documented.
    """
    root = folder / "training" if (folder / "training").is_dir() else folder
    labels = sorted((root / "label_2").glob("*.txt"))
    if not labels:
        raise InputError(f"{root}: expected label_2/*.txt, velodyne/*.bin and calib/*.txt")
    people = people_in([], np.zeros((0, 3)), np.zeros(0, np.int64))
    elevations = _Elevations()
    for label in labels:
        boxes = list(_boxes(label, root / "calib" / label.name))
        if boxes and len(people) < most:
            points = _points(root / "velodyne" / f"{label.stem}.bin")
            beams = rings_of(points)
            elevations.add(points, beams)
            people += people_in(boxes, points, beams)
    preset = sensor_preset(PRESET)
    elevation = elevations.found(np.sort(preset.elevation)[::-1])
    columns = preset.measurement.columns or preset.columns
    sensor = replace(
        preset, elevation=elevation, azimuth_offset=np.zeros_like(elevation), columns=columns,
        measurement=replace(preset.measurement, columns=0), source=str(root),
    )  # fmt: skip
    return expect_people(RealScans("KITTI", sensor, tuple(people[:most])), root)


class _Elevations:
    """The elevations of the rings of all scans."""

    def __init__(self) -> None:
        self._medians: list[Floats] = []

    def add(self, points: Floats, beams: NDArray[np.int64]) -> None:
        seen = np.arcsin(points[:, 2] / np.linalg.norm(points, axis=1))
        medians = np.full(int(beams.max(initial=0)) + 1, np.nan)
        for beam in np.unique(beams):
            medians[beam] = np.median(seen[beams == beam])
        self._medians.append(medians)

    def found(self, expected: Floats) -> Floats:
        """Return the median of each ring, or the expected elevation where no scan has the ring."""
        table = np.full((len(self._medians), len(expected)), np.nan)
        for row, medians in zip(table, self._medians, strict=True):
            row[: len(medians)] = medians
        found = expected.copy()
        seen = np.isfinite(table).any(axis=0)
        found[seen] = np.nanmedian(table[:, seen], axis=0)
        return found


def _points(path: Path) -> Floats:
    try:
        values = np.fromfile(path, "<f4").reshape(-1, 4)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: expected x, y, z, reflectance as float32; {error}") from error
    return values[:, :3].astype(np.float64)


def rings_of(points: Floats) -> NDArray[np.int64]:
    """Return the ring of each point of a scan, from the top, shaped (points,).

    Raises `InputError` if there are more rings than the sensor has.
    """
    azimuth = np.arctan2(points[:, 1], points[:, 0])
    starts = [0]
    for start in np.flatnonzero((azimuth[:-1] < 0) & (azimuth[1:] >= 0)) + 1:
        if start - starts[-1] >= SHORTEST_RING:
            starts.append(int(start))
    most = sensor_preset(PRESET).beams
    if len(starts) > most:
        raise InputError(f"a scan: expected at most {most} rings, found {len(starts)}")
    rings = np.zeros(len(points), np.int64)
    rings[starts[1:]] = 1
    return np.cumsum(rings)


def _boxes(label: Path, calib: Path) -> Iterator[PersonBox]:
    rows = [line.split() for line in label.read_text().splitlines() if line.strip()]
    found = [row for row in rows if row[0] == PERSON]
    if not found:
        return
    T_velo_camera = _camera_to_velodyne(calib)
    for number, row in enumerate(found):
        try:
            truncated, occluded = float(row[1]), int(row[2])
            height, width, length, x, y, z, turn = map(float, row[8:15])
        except (ValueError, IndexError) as error:
            raise InputError(f"{label}: expected 15 values in a line of a pedestrian") from error
        if truncated == 0 and occluded == 0:
            place = T_velo_camera @ [x, y, z, 1.0]
            yield PersonBox(
                f"{label.stem}#{number}", float(place[0]), float(place[1]), float(place[2]),
                length, width, height, -turn - np.pi / 2,
            )  # fmt: skip


def _camera_to_velodyne(path: Path) -> Floats:
    """Return the transform from the rectified camera to the scanner, shaped (4, 4)."""
    try:
        lines = dict(line.split(":", 1) for line in path.read_text().splitlines() if ":" in line)
        rectify, to_camera = np.eye(4), np.eye(4)
        rectify[:3, :3] = np.array(lines["R0_rect"].split(), float).reshape(3, 3)
        to_camera[:3] = np.array(lines["Tr_velo_to_cam"].split(), float).reshape(3, 4)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"{path}: expected R0_rect and Tr_velo_to_cam; {error!r}") from error
    return np.asarray(np.linalg.inv(rectify @ to_camera), np.float64)
