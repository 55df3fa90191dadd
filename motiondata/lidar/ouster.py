"""Read Ouster metadata JSON of every firmware generation.

Firmware 2 and later, and Ouster's SDK up to 1.0.1, write sections (`beam_intrinsics`,
`lidar_data_format`, `config_params`, `sensor_info`). Firmware 1.12 writes an error text in place of
sections that it does not know. Older clients wrote one flat object. Ouster Studio's short files
have only the angles and the `lidar_mode`. Sources: `metadata.cpp` and the metadata files under
`tests/` of ouster-lidar/ouster-sdk; Ouster's firmware manual for the fields.
"""

import re
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.errors import InputError
from motiondata.lidar.sensor import Sensor
from motiondata.lidar.sensor_fields import take, take_radians

COLUMNS_OF_MODE = {
    "512x10": 512,
    "512x20": 512,
    "1024x10": 1024,
    "1024x20": 1024,
    "2048x10": 2048,
    "4096x5": 4096,
}
"""The number of columns of each `lidar_mode` (columns x revolutions per second)."""

WHOLE_TURN_MILLIDEGREES = 360_000

_MODE = re.compile(r"[0-9]+x([1-9][0-9]*)")
"""Matches the `lidar_mode` of any firmware, such as `1024x20`; captures the turns per second."""

_PRODUCT_LINE = re.compile(r"OS-?([0-9A-Z]+)-([0-9]+)(?:-|$)")
"""Matches product lines such as `OS-1-16-A0` and `OS-0-128`; captures the family and the beams."""


def read_ouster(path: Path, metadata: Any) -> Sensor:
    """Return the sensor that a metadata file describes.

    `beam_azimuth_angles` are clockwise (`make_xyz_lut` in ouster-lidar/ouster-sdk). Raises
    `InputError` if a required field is missing or invalid.
    """
    whole = metadata if isinstance(metadata, dict) else {}
    beams, config = _section(whole, "beam_intrinsics"), _section(whole, "config_params")
    layout = _section(whole, "lidar_data_format", "data_format")
    elevation, azimuth = _angles(path, beams, layout, _section(whole, "sensor_info"))
    columns = _columns(path, layout, config)
    return Sensor(
        name=path.stem,
        elevation=elevation,
        azimuth_offset=-azimuth,
        columns=columns,
        source=path.name,
        min_range=_min_range(path, config),
        window=_window(path, layout, config, columns),
    )


def family_of(metadata: Any) -> str | None:
    """Return the family of a unit, such as `os1`, from its `prod_line`; None if it has none."""
    whole = metadata if isinstance(metadata, dict) else {}
    named = _named(_section(whole, "sensor_info"))
    return f"os{named[1].lower()}" if named else None


def turns_per_second(metadata: Any) -> float | None:
    """Return the turns per second of the `lidar_mode`, such as 20 for `1024x20`; None without."""
    whole = metadata if isinstance(metadata, dict) else {}
    mode = _section(whole, "config_params").get("lidar_mode")
    named = _MODE.fullmatch(mode) if isinstance(mode, str) else None
    return float(named[1]) if named else None


def _named(product: dict[str, Any]) -> re.Match[str] | None:
    line = product.get("prod_line")
    return _PRODUCT_LINE.match(line) if isinstance(line, str) else None


def _section(metadata: dict[str, Any], *names: str) -> dict[str, Any]:
    """Return the first of the named sections that exists, or else the whole (flat) object."""
    found = (metadata[name] for name in names if isinstance(metadata.get(name), dict))
    return next(found, metadata)


def _columns(path: Path, layout: dict[str, Any], config: dict[str, Any]) -> int:
    """Return the columns per revolution, from `columns_per_frame` or else the `lidar_mode`."""
    columns = layout.get("columns_per_frame")
    if type(columns) is int:
        return columns
    mode = config.get("lidar_mode")
    if columns is None and isinstance(mode, str) and mode in COLUMNS_OF_MODE:
        return COLUMNS_OF_MODE[mode]
    raise InputError(
        f"{path}: expected columns_per_frame as int, or else a lidar_mode "
        f"({', '.join(COLUMNS_OF_MODE)}); found {repr(columns)[:60]} and {repr(mode)[:60]}"
    )


def _angles(
    path: Path, beams: dict[str, Any], layout: dict[str, Any], product: dict[str, Any]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the elevations and the clockwise azimuths of the beams, each (beams,), radians."""
    elevation = take_radians(path, beams, "beam_altitude_angles")
    azimuth = take_radians(path, beams, "beam_azimuth_angles")
    expected = layout.get("pixels_per_column")
    if type(expected) is int and expected != len(elevation):
        raise InputError(
            f"{path}: found {len(elevation)} beam_altitude_angles; expected {expected}, as "
            "pixels_per_column says"
        )
    if elevation.shape == azimuth.shape:
        elevation, azimuth = _without_padding(elevation, azimuth)
    _expect_product(path, product, len(elevation))
    return elevation, azimuth


def _without_padding(
    elevation: NDArray[np.float64], azimuth: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Remove the zeros with which firmware before 2.0 pads the lists to 64 beams.

    Source: Ouster's "Lidar Packet Format Update". A single zero entry is kept, because one beam may
    be exactly level.
    """
    zero = (elevation == 0) & (azimuth == 0)
    used = ~zero if zero.sum() > 1 else np.ones(len(zero), np.bool_)
    return elevation[used], azimuth[used]


def _expect_product(path: Path, product: dict[str, Any], beams: int) -> None:
    line, named = product.get("prod_line"), _named(product)
    if named and int(named[2]) != beams:
        raise InputError(
            f"{path}: prod_line is {line}, a sensor of {int(named[2])} beams; found angles of "
            f"{beams}. Firmware before 1.14 also lists rows that do not fire: take the metadata "
            "with newer firmware, or remove these rows from the lists of angles"
        )


def _min_range(path: Path, config: dict[str, Any]) -> float:
    """Return the range below which hits are not reported, meters; 0 if not configured."""
    if config.get("min_range_threshold_cm") is None:
        return 0.0
    return float(take(path, config, "min_range_threshold_cm", int, float)) / 100


def _window(
    path: Path, layout: dict[str, Any], config: dict[str, Any], columns: int
) -> tuple[int, int] | None:
    """Return the first `Sensor` column that fires and how many fire; None if all fire.

    Column k of an Ouster looks along the azimuth 180 - 360 k / columns degrees in the sensor frame
    (`make_xyz_lut`): its columns run clockwise from the back. `Sensor` columns run counterclockwise
    from straight ahead. A window includes both of its ends and may cross column 0.
    """
    if layout.get("column_window") is None:
        _refuse_azimuth_window(path, config)
        return None
    window = take(path, layout, "column_window", list)
    valid = len(window) == 2 and all(type(at) is int and 0 <= at < columns for at in window)
    if not valid:
        raise InputError(
            f"{path}: expected column_window as two numbers from 0 to {columns - 1}, found "
            f"{repr(window)[:60]}"
        )
    first, last = window
    count = (last - first) % columns + 1
    return None if count == columns else ((columns // 2 - last) % columns, count)


def _refuse_azimuth_window(path: Path, config: dict[str, Any]) -> None:
    window = config.get("azimuth_window")
    if window not in (None, [0, WHOLE_TURN_MILLIDEGREES]):
        raise InputError(
            f"{path}: azimuth_window is {repr(window)[:60]}, and no column_window says which "
            "columns fire; expected both, as firmware 2 writes them"
        )
