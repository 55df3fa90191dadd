"""An act: one thing a person does, in the words that a caption can use.

Everything that can be told of an act stands here, so captions and labels agree with the motion by
construction; what nobody would mention (exact angles and lengths) is drawn when it is performed.
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
"""How much quicker than usual, as a factor; the empty word is never said."""

SIZES = {"small": 0.65, "": 1.0, "large": 1.3}
"""How much larger than usual, as a factor; a phrase says it as short, low, deep and the like."""


@dataclass(frozen=True)
class Act:
    """One thing a person does."""

    kind: str
    """What it is, such as `walk`."""
    side: str = ""
    """The arm, leg or leading foot: `left`, `right`, `both`, or none."""
    direction: str = ""
    """Where to: `forward`, `backward`, `left`, `right`, `clockwise`, ..., or none."""
    count: int = 1
    """How often, or how many steps."""
    pace: str = ""
    """A word of `PACES`."""
    size: str = ""
    """A word of `SIZES`."""
    turn_deg: int = 0
    """How far the body turns on the way, to the left if positive."""
    gesture: "Act | None" = None
    """What the arms do meanwhile."""

    def mirrored(self) -> "Act":
        """Return the act as a mirror shows it."""
        return replace(
            self,
            side=MIRRORED.get(self.side, self.side),
            direction=MIRRORED.get(self.direction, self.direction),
            turn_deg=-self.turn_deg,
            gesture=self.gesture.mirrored() if self.gesture else None,
        )


@dataclass(frozen=True)
class PerformedAct:
    """An act as it was performed."""

    act: Act
    start_seconds: float
    end_seconds: float
    distance_metres: float
    """The way that the root went."""
