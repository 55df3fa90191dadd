"""Options of a film, and their defaults. The command line reads them without loading NumPy."""

from dataclasses import dataclass
from typing import Literal

View = Literal["three-quarter", "front", "side", "back", "sensor"]
VIEWS: tuple[View, ...] = ("three-quarter", "front", "side", "back", "sensor")
"""From where a clip is seen: relative to the person in the first frame, or from the sensor."""
ColorPoints = Literal["part", "range"]
COLOR_POINTS: tuple[ColorPoints, ...] = ("part", "range")


@dataclass(frozen=True)
class FilmOptions:
    """How a clip is drawn."""

    view: View = "three-quarter"
    color: ColorPoints = "part"
    """What the color of a point shows."""
    width: int = 960
    """The width of a video, pixels; of a strip, that of all its frames together."""
    seconds: float | None = None
    """The length that is drawn, from the start of the clip; None for the whole clip."""
    frames: int = 6
    """The number of poses of a strip."""
