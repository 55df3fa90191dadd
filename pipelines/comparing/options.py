"""Options of a comparison. This module imports nothing heavy, so that help appears at once."""

from dataclasses import dataclass

from motiondata.errors import InputError


@dataclass(frozen=True)
class CompareOptions:
    """How two clips are compared. Raises `InputError` for values out of range."""

    key: str | None = None
    """Clip of A; only needed if A has several."""
    other_key: str | None = None
    """Clip of B; by default, the same as of A if B has several."""
    fps: float = 20.0
    """Frames per second at which poses are compared."""
    part_degrees: float = 45.0
    """Angle between two bones above which the performances part."""

    def __post_init__(self) -> None:
        if not 0.1 <= self.fps <= 1000:
            raise InputError(f"fps: expected 0.1 to 1000, found {self.fps}")
        if not 0 < self.part_degrees <= 180:
            raise InputError(
                f"part_degrees: expected more than 0 to 180, found {self.part_degrees}"
            )
