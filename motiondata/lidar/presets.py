"""Sensor presets by name, and sensors from a user's file.

A preset is a sensor file in `data/` in the format of a user's file, and states its source. One
reader and one set of checks serve both. Ouster metadata JSON is also read, because users of those
sensors have that file.
"""

import json
import tomllib
from dataclasses import replace
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from motiondata.errors import InputError
from motiondata.files import expect_of_the_file
from motiondata.lidar.measurement import measurement_from_toml
from motiondata.lidar.ouster import family_of, read_ouster, turns_per_second
from motiondata.lidar.patterns import pattern_from_toml
from motiondata.lidar.preset_names import PRESETS, SENSOR_NAMES
from motiondata.lidar.sensor import Sensor
from motiondata.lidar.sensor_fields import take, take_radians

PRESET_FOLDER = Path(__file__).parent / "data"

FIELDS = (
    "name", "columns", "elevation_deg",
    "azimuth_offset_deg", "source", "min_range_m", "max_range_m", "measurement", "pattern",
)  # fmt: skip
"""The keys of a sensor's TOML file; the first three are required. A file with a scan pattern has no
angles of beams."""


def find_sensor(name_or_path: str) -> Sensor:
    """Return the preset with this name, or else the sensor in this file.

    Raises `InputError` if there is neither.
    """
    if name_or_path in PRESETS:
        return sensor_preset(name_or_path)
    if Path(name_or_path).is_file():
        return load_sensor(Path(name_or_path))
    nearest = get_close_matches(name_or_path, SENSOR_NAMES, n=1)
    hint = f" (did you mean {nearest[0]}?)" if nearest else ""
    raise InputError(
        f"no sensor and no file is called {name_or_path!r}{hint}; choose one of "
        f"{', '.join(SENSOR_NAMES)}, or a sensor file (.toml, or an Ouster's metadata .json)"
    )


@cache
def sensor_preset(name: str) -> Sensor:
    """Return the preset with one of `SENSOR_NAMES`; raises `InputError` for other names."""
    if name not in PRESETS:
        raise InputError(f"no sensor is called {name!r}; choose one of {', '.join(SENSOR_NAMES)}")
    file, columns = PRESETS[name]
    sensor = load_sensor(PRESET_FOLDER / f"{file}.toml")
    return replace(sensor, name=name, columns=columns or sensor.columns)


def load_sensor(path: Path) -> Sensor:
    """Read a sensor from a TOML file or from Ouster metadata JSON.

    Raises `InputError` if the file is neither, or a required field is missing or invalid.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        if path.suffix.lower() == ".json":
            return sensor_of_ouster(path, json.loads(text))
        return _sensor_from_toml(path, tomllib.loads(text))
    # Both parsers raise subclasses of ValueError and recurse per bracket; 10**400 overflows float.
    except (OSError, ValueError, RecursionError, OverflowError) as error:
        if isinstance(error, OSError):
            expect_of_the_file(error)
        raise InputError(
            f"{path}: expected a sensor as TOML, or an Ouster's metadata as JSON; found: "
            f"{error!s:.200}"
        ) from error


def sensor_of_ouster(path: Path, metadata: Any) -> Sensor:
    """Return the unit that Ouster's metadata describe; `path` is the file that has them.

    The angles are its own; how it measures is that of the preset of its family. Raises `InputError`
    if a required field is missing or invalid.
    """
    sensor, family = read_ouster(path, metadata), family_of(metadata)
    if f"{family}-128" not in PRESETS:
        return sensor
    measured = sensor_preset(f"{family}-128").measurement
    turns = turns_per_second(metadata) or measured.turns_per_second
    return replace(sensor, measurement=replace(measured, turns_per_second=turns))


def _sensor_from_toml(path: Path, fields: dict[str, Any]) -> Sensor:
    unknown = sorted(set(fields) - set(FIELDS))
    if unknown:
        raise InputError(f"{path}: found {', '.join(unknown)}; expected only {', '.join(FIELDS)}")
    pattern = None
    if "pattern" in fields:
        pattern = pattern_from_toml(path, fields["pattern"])
        fields = _with_lines(path, fields, len(pattern.lines_deg))
    elevation = take_radians(path, fields, "elevation_deg")
    unstated = {
        "azimuth_offset_deg": [0.0] * len(elevation),
        "source": path.name,
        "min_range_m": 0.0,
        "max_range_m": np.inf,
        "measurement": {},
    }
    fields = unstated | fields
    return Sensor(
        name=take(path, fields, "name", str),
        elevation=elevation,
        azimuth_offset=take_radians(path, fields, "azimuth_offset_deg"),
        columns=take(path, fields, "columns", int),
        source=take(path, fields, "source", str),
        min_range=float(take(path, fields, "min_range_m", int, float)),
        max_range=float(take(path, fields, "max_range_m", int, float)),
        measurement=measurement_from_toml(path, fields["measurement"]),
        pattern=pattern,
    )


def _with_lines(path: Path, fields: dict[str, Any], lines: int) -> dict[str, Any]:
    """Add a beam for each line of a pattern; raises `InputError` if there are angles of beams."""
    if both := {"elevation_deg", "azimuth_offset_deg"} & set(fields):
        raise InputError(
            f"{path}: found {min(both)} next to pattern; expected one of them, because a "
            "pattern says where the rays go"
        )
    return {**fields, "elevation_deg": [0.0] * lines}
