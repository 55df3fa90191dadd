"""nuScenes' own files: tables (`v1.0-*/*.json`), scans (`*.pcd.bin`), and labels of points if any.

Source of the layout: the schema of nutonomy/nuscenes-devkit (`docs/schema_nuscenes.md`). A scan has
x, y, z, intensity and ring as float32, with x to the right and y forward; ring 0 is the lowest.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.realism.boxes import PersonBox, expect_people, people_in
from benchmarks.realism.people import RealScans
from motiondata.errors import InputError
from motiondata.lidar.presets import sensor_preset

Floats = NDArray[np.float64]

PRESET = "hdl-32e"
CHANNEL, PEOPLE = "/LIDAR_TOP/", "human.pedestrian."
VISIBLE = "4"
"""The token of the visibility "80 to 100 percent"."""
AXES = np.array([[0.0, 1.0, 0.0], [-1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
"""Turns nuScenes' sensor frame (x right, y forward) into ours (x forward, y left)."""
VALUES = 5
"""Numbers of each point."""


def read_nuscenes(folder: Path, most: int) -> RealScans:
    """Read up to `most` visible pedestrians of the key frames.

    `folder` has `samples/` and one folder of tables. Points labeled as people are taken where there
    is `lidarseg.json`, else all points in a box. Raises `InputError` for missing or wrong files.
    """
    tables = _Tables.of(folder)
    people = people_in([], np.zeros((0, 3)), np.zeros(0, np.int64))
    for scan in tables.rows("sample_data"):
        if not (scan["is_key_frame"] and CHANNEL in scan["filename"]) or len(people) >= most:
            continue
        boxes = list(_boxes(tables, scan))
        if boxes:
            points, rings = _points(folder / scan["filename"])
            kept = tables.labeled_people(folder, scan, len(points))
            people += people_in(boxes, points[kept], rings[kept])
    preset = sensor_preset(PRESET)
    columns = preset.measurement.columns or preset.columns
    sensor = replace(
        preset, elevation=np.sort(preset.elevation), columns=columns, source=str(folder),
        measurement=replace(preset.measurement, columns=0),
    )  # fmt: skip
    return expect_people(RealScans("nuScenes", sensor, tuple(people[:most])), folder)


@dataclass(frozen=True, eq=False)
class _Tables:
    """The tables of a dataset, read as they are asked for."""

    folder: Path
    read: dict[str, dict[str, Any]]
    """Each table's rows by token."""

    @classmethod
    def of(cls, folder: Path) -> "_Tables":
        found = sorted(path.parent for path in folder.glob("v1.0-*/sample_data.json"))
        if not found:
            raise InputError(f"{folder}: expected tables such as v1.0-mini/sample_data.json")
        return cls(found[0], {})

    def rows(self, name: str) -> list[dict[str, Any]]:
        """Return all rows of a table."""
        if name not in self.read:
            path = self.folder / f"{name}.json"
            try:
                rows = json.loads(path.read_text())
                self.read[name] = {row["token"]: row for row in rows}
            except (OSError, ValueError, KeyError, TypeError) as error:
                raise InputError(f"{path}: expected rows with a token; {error!r}") from error
        return list(self.read[name].values())

    def row(self, name: str, token: str) -> dict[str, Any]:
        """Return the row with a token; raises `InputError` if there is none."""
        self.rows(name)
        if token not in self.read[name]:
            raise InputError(f"{self.folder / name}.json: expected a row {token}, found none")
        return dict(self.read[name][token])

    def labeled_people(self, folder: Path, scan: dict[str, Any], count: int) -> NDArray[np.bool_]:
        """Return which points are labeled as people; all if there are no labels."""
        if not (self.folder / "lidarseg.json").is_file():
            return np.ones(count, np.bool_)
        files = [
            row["filename"]
            for row in self.rows("lidarseg")
            if row["sample_data_token"] == scan["token"]
        ]
        if not files:
            return np.ones(count, np.bool_)
        labels = np.fromfile(folder / files[0], np.uint8)
        if len(labels) != count:
            raise InputError(f"{folder / files[0]}: expected {count} labels, found {len(labels)}")
        of_people = [
            row["index"] for row in self.rows("category") if row["name"].startswith(PEOPLE)
        ]
        return np.isin(labels, of_people)


def _points(path: Path) -> tuple[Floats, NDArray[np.int64]]:
    try:
        values = np.fromfile(path, "<f4").reshape(-1, VALUES)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: expected {VALUES} numbers a point; {error}") from error
    return values[:, :3].astype(np.float64) @ AXES.T, values[:, 4].astype(np.int64)


def _boxes(tables: _Tables, scan: dict[str, Any]) -> Iterator[PersonBox]:
    """Yield the visible pedestrians of a scan, in the sensor frame."""
    mounted = tables.row("calibrated_sensor", scan["calibrated_sensor_token"])
    ego = tables.row("ego_pose", scan["ego_pose_token"])
    for note in tables.rows("sample_annotation"):
        if note["sample_token"] != scan["sample_token"] or note["visibility_token"] != VISIBLE:
            continue
        instance = tables.row("instance", note["instance_token"])
        if not tables.row("category", instance["category_token"])["name"].startswith(PEOPLE):
            continue
        width, length, height = note["size"]
        place, facing = np.array(note["translation"]), _rotation(note["rotation"])[:, 0]
        for frame in (ego, mounted):
            turn = _rotation(frame["rotation"])
            place, facing = turn.T @ (place - frame["translation"]), turn.T @ facing
        place, facing = AXES @ place, AXES @ facing
        yield PersonBox(
            note["token"], float(place[0]), float(place[1]), float(place[2]) - height / 2,
            length, width, height, float(np.arctan2(facing[1], facing[0])),
        )  # fmt: skip


def _rotation(quaternion: list[float]) -> Floats:
    """Return the rotation matrix of a unit quaternion w, x, y, z, shaped (3, 3)."""
    w, x, y, z = quaternion
    return np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
            [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
            [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
        ]
    )
