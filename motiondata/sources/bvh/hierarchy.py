"""Read the hierarchy of a BVH file: joints with offsets, channels, and end sites."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from math import isfinite

from motiondata.errors import DropReason
from motiondata.sources.bvh.lines import BvhLine

CHANNELS = {f"{axis}{kind}": (kind[0], axis) for axis in "xyz" for kind in ("position", "rotation")}
"""Maps the lower-case name of a channel to its kind (`p` or `r`) and its axis."""

MAX_JOINTS = 1000
"""Maximum number of joints; a body with fingers and face has about a hundred."""

MAX_OFFSET = 1e6
"""Largest accepted offset, in any unit of length."""


@dataclass(frozen=True)
class BvhJoint:
    """One joint at rest, in the unit and the axes of its file."""

    name: str
    parent: int
    """Number of the parent; -1 for the root."""
    offset: tuple[float, float, float]
    """Vector from the parent to this joint."""
    channels: tuple[tuple[str, str], ...]
    """Kind (`p` for position, `r` for rotation) and axis of each channel, in their order."""
    end: tuple[float, float, float] | None = None
    """Vector from this joint to its end site, if it has one."""


@dataclass
class _Open:
    """A joint whose block has not ended yet; for an end site, `name` is empty."""

    line: BvhLine
    name: str
    parent: int
    offset: tuple[float, float, float] | None = None
    channels: tuple[tuple[str, str], ...] = ()
    end: tuple[float, float, float] | None = None
    is_begun: bool = False
    number: int = field(default=-1)


def read_hierarchy(source: str, text: str) -> tuple[BvhJoint, ...]:
    """Return the joints of a hierarchy; raise `RecordingError` with the line of a fault."""
    reader = _Reader(source)
    line = BvhLine(source, 1, "nothing")
    for line in _lines(source, text):
        reader.take(line)
    reader.finish(line)
    return tuple(
        BvhJoint(joint.name, joint.parent, _offset(joint), joint.channels, joint.end)
        for joint in reader.joints
    )


def _offset(joint: _Open) -> tuple[float, float, float]:
    if joint.offset is None:
        raise joint.line.error("an OFFSET in the block of each joint")
    return joint.offset


def _lines(source: str, text: str) -> Iterator[BvhLine]:
    """Yield the lines that are not empty, and each brace as a line by itself."""
    for number, line in enumerate(text.split("\n"), start=1):
        for part in line.replace("{", "\n{\n").replace("}", "\n}\n").split("\n"):
            if part.strip():
                yield BvhLine(source, number, " ".join(part.split()))


class _Reader:
    """Keeps the open blocks while lines are read."""

    def __init__(self, source: str) -> None:
        self.joints: list[_Open] = []
        self._source = source
        self._open: list[_Open] = []
        self._is_headed = False

    def take(self, line: BvhLine) -> None:
        word, _, rest = line.text.partition(" ")
        word = word.lower()
        if not self._is_headed:
            self._begin_file(line, word)
        elif word in ("root", "joint"):
            self._add(line, word, rest)
        elif word == "end":
            self._open.append(_Open(line, "", self._current(line).number))
        elif word in "{}":
            (self._begin if word == "{" else self._end)(line)
        elif word == "offset":
            self._current(line).offset = _three_numbers(line, rest)
        elif word == "channels":
            self._current(line).channels = _channels(line, rest)
        else:
            raise line.error("one of ROOT, JOINT, End Site, OFFSET, CHANNELS, braces, or MOTION")

    def _begin_file(self, line: BvhLine, word: str) -> None:
        if word != "hierarchy":
            raise line.error("'HIERARCHY', the first line of a BVH file", DropReason.UNREADABLE)
        self._is_headed = True

    def finish(self, line: BvhLine) -> None:
        if self._open or not self.joints:
            missing = "a closing brace for each block" if self._open else "a ROOT"
            raise line.error(f"{missing} before MOTION", DropReason.UNREADABLE)

    def _add(self, line: BvhLine, word: str, name: str) -> None:
        if word == "root" and self.joints:
            raise line.error("one ROOT; split files of several people")
        parent = self._current(line).number if word == "joint" else -1
        if not name or not name.isprintable() or len(self.joints) == MAX_JOINTS:
            raise line.error(f"the name of a joint, and at most {MAX_JOINTS} joints")
        joint = _Open(line, name, parent, number=len(self.joints))
        self.joints.append(joint)
        self._open.append(joint)

    def _current(self, line: BvhLine) -> _Open:
        if not self._open or not self._open[-1].is_begun:
            raise line.error("this line in the braces of a joint")
        return self._open[-1]

    def _begin(self, line: BvhLine) -> None:
        if not self._open or self._open[-1].is_begun:
            raise line.error("a brace after the name of a joint")
        self._open[-1].is_begun = True

    def _end(self, line: BvhLine) -> None:
        block = self._current(line)
        self._open.pop()
        if not block.name and block.offset is not None and self._open:
            self._open[-1].end = block.offset


def _three_numbers(line: BvhLine, text: str) -> tuple[float, float, float]:
    try:
        x, y, z = map(float, text.split())
    except ValueError as error:
        raise line.error("three numbers after OFFSET") from error
    if not all(isfinite(number) and abs(number) <= MAX_OFFSET for number in (x, y, z)):
        raise line.error(f"finite numbers up to {MAX_OFFSET:g} after OFFSET")
    return x, y, z


def _channels(line: BvhLine, text: str) -> tuple[tuple[str, str], ...]:
    count, *names = text.lower().split() or [""]
    if count != str(len(names)) or not set(names) <= CHANNELS.keys() or len({*names}) < len(names):
        raise line.error("a number, and as many different channels, such as '3 Zrotation ...'")
    return tuple((kind, axis) for kind, axis in (CHANNELS[name] for name in names))
