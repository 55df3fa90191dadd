"""Read the path of a vehicle: CSV with a header, or the trajectories of the TUM benchmark.

The TUM format (Sturm et al. 2012, "A Benchmark for the Evaluation of RGB-D SLAM Systems") has
`timestamp tx ty tz qx qy qz qw`, separated by spaces, and comments that begin with `#`.
"""

import csv
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motiondata.errors import InputError
from motiondata.files import expect_of_the_file
from motiondata.lidar.rigs.tables import MOST_METERS
from motiondata.lidar.rigs.trajectory import Trajectory
from motiondata.trigonometry import sines_and_cosines

Floats = NDArray[np.float64]

PLACE = ("seconds", "x", "y", "z")
YAW = (*PLACE, "yaw_deg")
QUATERNION = (*PLACE, "qw", "qx", "qy", "qz")
HEADERS = (PLACE, YAW, QUATERNION)
"""The headers of a CSV file; without a rotation, the vehicle keeps its direction."""
TUM = (*PLACE, "qx", "qy", "qz", "qw")
"""The columns of a file without a header."""
UNIT_TOLERANCE = 1e-2
"""How much the length of a quaternion may differ from 1; files have three digits or more."""
MOST_POSES = 1_000_000


def read_trajectory(path: Path) -> Trajectory:
    """Read a path; times count from its first pose.

    Raises `InputError`, with the number of the line, for values that are missing, not finite or not
    in order of time.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        if isinstance(error, OSError):
            expect_of_the_file(error)
        raise InputError(
            f"{path}: expected the path of a vehicle; found: {error!s:.200}"
        ) from error
    names, rows = _split(path, lines)
    numbers, values = [], []
    for number, row in rows:
        numbers.append(number)
        values.append(_floats(path, number, names, row))
    if not 0 < len(values) <= MOST_POSES:
        raise InputError(f"{path}: expected 1 to {MOST_POSES:,} poses, found {len(values):,}")
    columns = dict(zip(names, np.array(values).T, strict=True))
    _expect_order(path, columns["seconds"], numbers)
    return Trajectory(
        columns["seconds"] - columns["seconds"][0],
        np.stack([columns[axis] for axis in ("x", "y", "z")], axis=1),
        _quaternions(path, columns, numbers),
    )


def _split(path: Path, lines: list[str]) -> tuple[tuple[str, ...], Iterator[tuple[int, list[str]]]]:
    """Return the names of the columns, and the number and the cells of each line."""
    numbered = [
        (number, line)
        for number, line in enumerate(lines, 1)
        if line.strip() and not line.lstrip().startswith("#")
    ]
    if path.suffix.lower() != ".csv":
        return TUM, ((number, line.split()) for number, line in numbered)
    header = numbered[0][1] if numbered else ""
    names = tuple(name.strip() for name in header.split(","))
    for known in HEADERS:
        if sorted(names) == sorted(known):
            return names, ((number, next(csv.reader([line]))) for number, line in numbered[1:])
    expected = ", or ".join(",".join(known) for known in HEADERS)
    raise InputError(f"{path}: expected the header {expected}; found {header[:80]!r}")


def _floats(path: Path, number: int, names: tuple[str, ...], row: list[str]) -> list[float]:
    try:
        values = [float(cell) for cell in row]
    except ValueError as error:
        raise InputError(f"{path}, line {number}: expected numbers, {error}") from error
    if len(values) != len(names) or not np.isfinite(values).all():
        raise InputError(
            f"{path}, line {number}: expected {len(names)} finite numbers ({', '.join(names)}), "
            f"found {', '.join(row)[:80]}"
        )
    if max(map(abs, values[1:])) > MOST_METERS:
        raise InputError(
            f"{path}, line {number}: expected at most {MOST_METERS:,.0f} meters from the origin, "
            f"found {', '.join(row)[:80]}; subtract the place of the map's origin"
        )
    return values


def _expect_order(path: Path, seconds: Floats, numbers: list[int]) -> None:
    (wrong,) = np.nonzero(np.diff(seconds) <= 0)
    if len(wrong):
        later = int(wrong[0]) + 1
        raise InputError(
            f"{path}, line {numbers[later]}: expected more than {seconds[later - 1]:.9g} seconds, "
            f"those of the line before, found {seconds[later]:.9g}"
        )


def _quaternions(path: Path, columns: dict[str, Floats], numbers: list[int]) -> Floats:
    """Return unit quaternions, w first, shaped (poses, 4)."""
    poses = len(numbers)
    if "yaw_deg" in columns:
        sines, cosines = sines_and_cosines(np.radians(columns["yaw_deg"]) / 2)
        return np.stack([cosines, np.zeros(poses), np.zeros(poses), sines], axis=1)
    if "qw" not in columns:
        return np.tile([1.0, 0.0, 0.0, 0.0], (poses, 1))
    found = np.stack([columns[axis] for axis in ("qw", "qx", "qy", "qz")], axis=1)
    w, x, y, z = found.T
    lengths = np.sqrt(w * w + x * x + y * y + z * z)
    (wrong,) = np.nonzero(np.abs(lengths - 1) > UNIT_TOLERANCE)
    if len(wrong):
        raise InputError(
            f"{path}, line {numbers[int(wrong[0])]}: expected a quaternion of length 1, found one "
            f"of length {lengths[wrong[0]]:.4g}"
        )
    return np.asarray(found / lengths[:, None])
