"""Acts: single movements of a person, described by the terms that captions use.

An act holds everything that a caption or label can say about it, so captions and labels agree with
the motion by construction. Details that captions do not mention (exact angles and lengths) are
sampled when the act is performed.
"""

from dataclasses import dataclass, replace

SIDES = ("left", "right")

MIRRORED = {
    "left": "right",
    "right": "left",
    "clockwise": "counterclockwise",
    "counterclockwise": "clockwise",
}

PACES = {"slow": 0.72, "": 1.0, "quick": 1.3}
"""Speed factor for each pace; the pace with the empty word does not appear in captions."""

SIZES = {"small": 0.65, "": 1.0, "large": 1.3}
"""Size factor for each size; phrases express a size by words such as short, low or deep."""


@dataclass(frozen=True)
class Act:
    """A single movement of a person."""

    kind: str
    """Kind of act, such as `walk`."""
    side: str = ""
    """The arm, leg or leading foot: `left`, `right`, `both`, or empty."""
    direction: str = ""
    """Direction: `forward`, `backward`, `left`, `right`, `clockwise`, ..., or empty."""
    count: int = 1
    """Number of repetitions or steps."""
    pace: str = ""
    """A key of `PACES`."""
    size: str = ""
    """A key of `SIZES`."""
    turn_deg: int = 0
    """Total turn of the body during the act, degrees, positive to the left."""
    gesture: "Act | None" = None
    """A simultaneous act of the arms."""

    def mirrored(self) -> "Act":
        """Return the mirrored act, with left and right swapped."""
        return replace(
            self,
            side=MIRRORED.get(self.side, self.side),
            direction=MIRRORED.get(self.direction, self.direction),
            turn_deg=-self.turn_deg,
            gesture=self.gesture.mirrored() if self.gesture else None,
        )


@dataclass(frozen=True)
class PerformedAct:
    """An act with the times and the distance of its performance."""

    act: Act
    start_seconds: float
    end_seconds: float
    distance_meters: float
    """Horizontal length of the root's path."""
