"""Colors of points: by body part, by range, or by time.

Range and time use viridis, which people with color blindness can read; source: Matplotlib.
"""

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from motiondata.body_regions import REGION_COLORS, REGION_OF_JOINT, SURROUNDINGS_COLOR
from motiondata.lidar.surroundings import NOT_THE_PERSON
from pipelines.viewing.viewed_clip import NO_PART, Scan

Colors = NDArray[np.uint8]
"""RGB from 0 to 255, on the last axis."""
ColorBy = Literal["part", "range", "time"]

OTHER_PART = "#9a9a9a"
"""The color of points whose body part is not known."""


def hex_to_rgb(color: str) -> tuple[int, int, int]:
    """Return the red, green and blue of a color such as #7f7f7f."""
    red, green, blue = bytes.fromhex(color.removeprefix("#"))
    return red, green, blue


def _table_of_parts() -> Colors:
    table = np.tile(np.array(hex_to_rgb(OTHER_PART), np.uint8), (NO_PART + 1, 1))
    table[NOT_THE_PERSON] = hex_to_rgb(SURROUNDINGS_COLOR)
    table[: len(REGION_OF_JOINT)] = [hex_to_rgb(REGION_COLORS[name]) for name in REGION_OF_JOINT]
    return table


PART_COLORS = _table_of_parts()
"""The color of each body part, shaped (256, 3)."""

VIRIDIS = np.array(
    [
        hex_to_rgb(color)
        for color in (
            "#440154", "#482475", "#414487", "#355f8d", "#2a788e", "#21918c", "#22a884",
            "#44bf70", "#7ad151", "#bddf26", "#fde725",
        )
    ],
    np.uint8,
)  # fmt: skip
"""Eleven equally spaced colors of viridis, shaped (11, 3)."""


def shares_to_colors(shares: NDArray[np.float64]) -> Colors:
    """Return viridis colors, shaped (..., 3), of shares from 0 (violet) to 1 (yellow)."""
    stops = np.linspace(0, 1, len(VIRIDIS))
    channels = [np.interp(shares, stops, VIRIDIS[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)


def colors_of_points(scan: Scan, by: ColorBy) -> Colors:
    """Return the color of each point of a scan, shaped (frames, points, 3)."""
    if by == "part":
        return PART_COLORS[scan.parts]
    if by == "range":
        return shares_to_colors(_to_shares(scan.ranges, scan.ranges[scan.is_seen]))
    frames, points = scan.parts.shape
    shares = np.linspace(0, 1, frames)
    return np.repeat(shares_to_colors(shares)[:, None], points, axis=1)


def _to_shares(values: NDArray[np.float64], within: NDArray[np.float64]) -> NDArray[np.float64]:
    low, high = (within.min(), within.max()) if within.size else (0.0, 0.0)
    shares: NDArray[np.float64] = np.clip((values - low) / max(high - low, 1e-9), 0, 1)
    return shares
