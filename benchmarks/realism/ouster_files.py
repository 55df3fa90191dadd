"""Scans of an Ouster unit: its metadata, its recordings, and a list of the people in them.

Ouster's recordings have no labels, so that a table says where people stand: `people.csv` has the
columns scan, x, y, floor, height and yaw (radians, may be empty), in the sensor frame, meters. A
scan is `walk.pcap:12`, scan 12 of a recording of packets (counted from 0), `walk.osf:12`, the same
of an OSF file, or `000` for `000.npz` with `RANGE`, shaped (rows, columns), millimeters, in the
order of measurement. `metadata.json` is the file of the unit; OSF files have their own.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from benchmarks.realism.boxes import expect_people
from benchmarks.realism.osf_files import scans_of_osf, unit_of_osf
from benchmarks.realism.ouster_packets import packet_layout, scans_of_pcap
from benchmarks.realism.people import RealScans
from benchmarks.realism.person import Person
from motiondata.errors import InputError
from motiondata.lidar.presets import sensor_of_ouster
from motiondata.lidar.sensor import Sensor
from motiondata.lidar.sensor_fields import take

Floats = NDArray[np.float64]

COLUMNS = ("scan", "x", "y", "floor", "height", "yaw")
TRANSFORM = 16
"""The numbers of a transform: four rows of four, millimeters."""
RADIUS, ABOVE = 0.6, 0.1
"""A person's points are within this horizontal distance, and this far above their height."""


def read_ouster(folder: Path, most: int) -> RealScans:
    """Read up to `most` people of a folder; raises `InputError` for missing or wrong files."""
    table = folder / "people.csv"
    if not table.is_file():
        raise InputError(f"{folder}: expected people.csv, and the scans that it names")
    rows = list(_rows(table))[:most]
    source, metadata = _metadata(folder, rows)
    sensor = sensor_of_ouster(source, metadata)
    above, origin = _lidar_height(source, metadata), _beam_origin(source, metadata)
    scans = _scans(folder, rows, metadata)
    people = []
    for number, row in enumerate(rows):
        points, beams = _points(folder / row["scan"], scans[row["scan"]], sensor, origin)
        people.append(_person(number, row, points, beams, table, above))
    measured = replace(sensor.measurement, columns=0)
    found = RealScans(sensor.name, replace(sensor, measurement=measured), tuple(people))
    return expect_people(found, folder)


def _metadata(folder: Path, rows: list[dict[str, str]]) -> tuple[Path, Mapping[str, Any]]:
    """Return the metadata of the unit, and the file that has them."""
    path = folder / "metadata.json"
    if path.is_file():
        try:
            found = json.loads(path.read_text(encoding="utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise InputError(f"{path}: expected an Ouster's metadata as JSON; {error}") from error
        return path, found if isinstance(found, dict) else {}
    recordings = {row["scan"].rpartition(":")[0] for row in rows} - {""}
    files = [folder / name for name in sorted(recordings) if _is_osf(Path(name))]
    if len(files) != 1:
        raise InputError(f"{folder}: expected metadata.json, or people of one .osf file")
    return files[0], unit_of_osf(_existing(files[0])).metadata


def _scans(
    folder: Path, rows: list[dict[str, str]], metadata: Mapping[str, Any]
) -> dict[str, NDArray[np.unsignedinteger[Any]]]:
    """Return the ranges of each scan that is named; each recording is read once."""
    found: dict[str, NDArray[np.unsignedinteger[Any]]] = {}
    numbers: dict[str, set[int]] = {}
    for scan in {row["scan"] for row in rows}:
        recording, colon, number = scan.rpartition(":")
        if not colon:
            found[scan] = _saved(folder / f"{scan}.npz")
        elif number.isdecimal():
            numbers.setdefault(recording, set()).add(int(number))
        else:
            raise InputError(f"{folder / 'people.csv'}: expected RECORDING:NUMBER, found {scan!r}")
    for recording, wanted in numbers.items():
        ranges = _recorded(_existing(folder / recording), metadata, wanted)
        found |= {f"{recording}:{number}": ranges[number] for number in wanted}
    return {row["scan"]: found[_plain(row["scan"])] for row in rows}


def _plain(scan: str) -> str:
    """Return the name of a scan with its number as `str` prints it."""
    recording, colon, number = scan.rpartition(":")
    return f"{recording}:{int(number)}" if colon else scan


def _is_osf(path: Path) -> bool:
    return path.suffix.lower() == ".osf"


def _recorded(
    path: Path, metadata: Mapping[str, Any], wanted: set[int]
) -> dict[int, NDArray[np.uint32]]:
    if _is_osf(path):
        return scans_of_osf(
            path, unit_of_osf(path, _of(metadata, "sensor_info").get("prod_sn")), wanted
        )
    port = _of(metadata, "config_params").get("udp_port_lidar")
    layout = packet_layout(path.parent / "metadata.json", metadata)
    return scans_of_pcap(path, layout, wanted, port if type(port) is int else None)


def _existing(path: Path) -> Path:
    if not path.is_file():
        raise InputError(f"{path}: no such recording; people.csv names it")
    return path


def _of(metadata: Mapping[str, Any], section: str) -> Mapping[str, Any]:
    """Return a section, or the whole of flat metadata."""
    found = metadata.get(section)
    return found if isinstance(found, dict) else metadata


def _saved(path: Path) -> NDArray[np.unsignedinteger[Any]]:
    try:
        with np.load(path) as file:
            return np.asarray(file["RANGE"], np.uint32)
    except (OSError, ValueError, KeyError, BadZipFile) as error:
        raise InputError(f"{path}: expected an array RANGE; {error!r}") from error


def _rows(path: Path) -> Iterator[dict[str, str]]:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file)
            if tuple(reader.fieldnames or ()) != COLUMNS:
                raise InputError(f"{path}: expected the columns {', '.join(COLUMNS)}")
            yield from reader
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: expected a table of CSV in UTF-8; {error}") from error


def _person(
    number: int, row: dict[str, str], points: Floats, beams: NDArray[np.int64], path: Path,
    above: float,
) -> Person:  # fmt: skip
    """Return a person; `above` is the height of the frame of points over that of the table."""
    try:
        x, y, floor, height = (float(row[name]) for name in COLUMNS[1:5])
        yaw = float(row["yaw"] or "nan")
    except (TypeError, ValueError) as error:
        raise InputError(f"{path}: expected numbers in row {number + 1}; {error}") from error
    floor -= above
    up = points[:, 2] - floor
    near = np.hypot(points[:, 0] - x, points[:, 1] - y) <= RADIUS
    own = near & (up >= 0) & (up <= height + ABOVE)
    name = f"{row['scan']}#{number}"
    return Person(name, points[own], beams[own], np.array([x, y]), floor, height, yaw)


def _beam_origin(path: Path, metadata: Mapping[str, Any]) -> float:
    """Return how far from the axis of the head beams begin, meters."""
    beams, name = _of(metadata, "beam_intrinsics"), "lidar_origin_to_beam_origin_mm"
    if name not in beams:
        return 0.0
    return float(take(path, beams, name, int, float)) / 1000


def _lidar_height(path: Path, metadata: Mapping[str, Any]) -> float:
    """Return how far the beams are above the origin of the sensor frame, meters."""
    transform = _of(metadata, "lidar_intrinsics").get("lidar_to_sensor_transform")
    if transform is None:
        return 0.0
    if not _is_transform(transform):
        raise InputError(
            f"{path}: expected lidar_to_sensor_transform as {TRANSFORM} numbers, found "
            f"{repr(transform)[:60]}"
        )
    return float(transform[11]) / 1000


def _is_transform(found: Any) -> bool:
    return (
        isinstance(found, list)
        and len(found) == TRANSFORM
        and all(type(number) in (int, float) for number in found)
    )


def _points(
    path: Path, ranges: NDArray[np.unsignedinteger[Any]], sensor: Sensor, origin: float
) -> tuple[Floats, NDArray[np.int64]]:
    """Return the points of a scan, shaped (points, 3), and their beams, shaped (points,).

    Points are in the frame of the beams: the axes of the sensor frame, with the origin on the axis
    of the head. A range counts from this axis; the beam begins at `origin` from it (`make_xyz_lut`
    of ouster-lidar/ouster-sdk).
    """
    if ranges.shape != (sensor.beams, sensor.columns):
        expected = (sensor.beams, sensor.columns)
        raise InputError(f"{path}: expected RANGE shaped {expected}, found {ranges.shape}")
    beams, columns = np.nonzero(ranges > 0)
    distance = ranges[beams, columns] / 1000 - origin
    head = np.pi - 2 * np.pi * columns / sensor.columns
    azimuth, elevation = head + sensor.azimuth_offset[beams], sensor.elevation[beams]
    level = distance * np.cos(elevation)
    x = level * np.cos(azimuth) + origin * np.cos(head)
    y = level * np.sin(azimuth) + origin * np.sin(head)
    return np.stack([x, y, distance * np.sin(elevation)], axis=1), beams.astype(np.int64)
