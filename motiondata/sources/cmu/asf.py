"""Read Acclaim skeletons (.asf): the bones of a CMU subject.

Files have one keyword with its values per line. Masses, limits and ids are ignored. Sources: the
description of the Acclaim formats at research.cs.wisc.edu/graphics/Courses/cs-838-1999/Jeff;
"Acclaim Format - ASF line Details" at graphics.cs.cmu.edu/nsp/course/cs229/info/ACCLAIMdef.html for
the meaning of `order`; mocap.cs.cmu.edu/faqs.php for the unit of length.
"""

from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from motiondata.errors import DropReason, RecordingError
from motiondata.sources.cmu.acclaim_lines import MAX_NUMBER, Line, read_lines

METERS_PER_INCH = 0.0254
"""CMU's lengths, divided by the length unit that the file declares, are in inches."""

RADIANS_PER_UNIT = {"deg": np.pi / 180.0, "rad": 1.0}

SECTIONS = (":units", ":root", ":bonedata", ":hierarchy")

ROOT = "root"

ROOT_DOF = frozenset({"tx", "ty", "tz", "rx", "ry", "rz"})

BONE_DOF = frozenset({"rx", "ry", "rz"})
"""Supported degrees of freedom of bones; no CMU bone translates or changes its length."""


@dataclass(frozen=True)
class AsfBone:
    """One bone at rest; y up, x to the subject's left, z forward, meters."""

    name: str
    parent: int
    """Number of the bone at whose tip this bone starts; -1 for the root."""
    offset: NDArray[np.float64]
    """Vector from the parent's tip to this bone's tip, shaped (3,); for the root, its rest
    position."""
    axes: Rotation
    """Rotation from the bone's local axes to the world axes."""
    dof: tuple[str, ...]
    """Degrees of freedom, in the order of their values in a frame of motion.

    The rotations about fixed axes are applied in the same order; see `turn_order`.
    """

    @property
    def turn_order(self) -> str:
        """Order of the rotations about the bone's fixed local axes: `xyz` rotates about x first."""
        turned = "".join(dof[1] for dof in self.dof if dof[0] == "r")
        others = "".join(axis for axis in "xyz" if axis not in turned)
        return "xyz" if turned == "".join(sorted(turned)) else turned + others


@dataclass(frozen=True)
class AsfSkeleton:
    """The bones of one subject, parents before children; the first bone is the root."""

    source: str
    """Name of the skeleton file."""
    bones: tuple[AsfBone, ...]
    meters_per_unit: float
    radians_per_unit: float

    @cached_property
    def numbers(self) -> dict[str, int]:
        """Maps the name of each bone to its number."""
        return {bone.name: number for number, bone in enumerate(self.bones)}

    @cached_property
    def rest_tips(self) -> NDArray[np.float64]:
        """Rest position of each bone's tip, shaped (bones, 3), meters."""
        tips = np.zeros((len(self.bones), 3))
        for number, bone in enumerate(self.bones):
            tips[number] = bone.offset + (tips[bone.parent] if bone.parent >= 0 else 0.0)
        return tips


def read_asf(path: Path) -> AsfSkeleton:
    """Read a skeleton; raise `RecordingError` with what was expected and where."""
    sections = _sections(path)
    units = _Block(f"{path.name}, :units", sections[":units"])
    radians = units.choice("angle", RADIANS_PER_UNIT)
    meters = METERS_PER_INCH / units.positive("length")
    bones = [_root(_Block(f"{path.name}, :root", sections[":root"]), meters, radians)]
    numbers = {ROOT: 0}
    blocks = _bone_blocks(path, sections[":bonedata"])
    for parent, name, line in _children(sections[":hierarchy"]):
        if parent not in numbers or name not in blocks or name in numbers:
            raise line.error("bones of :bonedata, each named once and after its parent")
        numbers[name] = len(bones)
        bones.append(_bone(name, numbers[parent], blocks[name], meters, radians))
    if loose := blocks.keys() - numbers.keys():
        raise _cut_short(path, f"no line of :hierarchy for {', '.join(sorted(loose))}")
    return AsfSkeleton(path.name, tuple(bones), meters, radians)


class _Block:
    """The lines of a section or a bone, keyed by their first word."""

    def __init__(self, title: str, lines: list[Line]) -> None:
        self._title = title
        self._lines: dict[str, list[Line]] = {}
        for line in lines:
            self._lines.setdefault(line.words[0].lower(), []).append(line)

    def line(self, keyword: str) -> Line:
        if keyword not in self._lines:
            found = ", ".join(self._lines) or "nothing"
            raise RecordingError(
                DropReason.INVALID, f"{self._title}: expected a line '{keyword}', found {found}"
            )
        line, *repeated = self._lines[keyword]
        if repeated:
            raise repeated[0].error(f"one line '{keyword}' (the first is line {line.number})")
        return line

    def numbers(self, keyword: str, count: int) -> NDArray[np.float64]:
        """Return the numbers after a keyword; words such as `XYZ` may follow them."""
        line = self.line(keyword)
        expected = f"{count} finite numbers after '{keyword}'"
        numbers = line.numbers(line.words[1 : 1 + count], expected)
        further = line.words[1 + count :]
        if len(numbers) != count or not all(map(str.isalpha, further)):
            raise line.error(expected)
        return np.array(numbers)

    def positive(self, keyword: str) -> float:
        number = float(self.numbers(keyword, 1)[0])
        if number < 1 / MAX_NUMBER:
            raise self.line(keyword).error(f"a number above zero after '{keyword}'")
        return number

    def choice(self, keyword: str, choices: dict[str, float]) -> float:
        line = self.line(keyword)
        word = " ".join(line.words[1:]).lower()
        if word not in choices:
            raise line.error(f"'{keyword}' and one of {', '.join(choices)}")
        return choices[word]

    def expect_xyz(self, keyword: str) -> None:
        line = self.line(keyword)
        if line.words[-1].upper() != "XYZ":
            raise line.error("turns about x, then y, then z ('XYZ'), as in all of CMU's files")

    def dof(self, keyword: str, known: frozenset[str]) -> tuple[str, ...]:
        line = self.line(keyword)
        dof = tuple(word.lower() for word in line.words[1:])
        if not known.issuperset(dof) or len(set(dof)) < len(dof):
            raise line.error(f"some of {', '.join(sorted(known))} after '{keyword}'")
        return dof

    def __contains__(self, keyword: str) -> bool:
        return keyword in self._lines


def _sections(path: Path) -> dict[str, list[Line]]:
    """Return the lines of each section by its keyword, such as `:units`.

    Raises `RecordingError` unless all of `SECTIONS` are present.
    """
    sections: dict[str, list[Line]] = {}
    current: list[Line] = []
    for line in read_lines(path):
        if line.words[0].startswith(":"):
            current = sections.setdefault(line.words[0].lower(), [])
        else:
            current.append(line)
    if missing := [name for name in SECTIONS if name not in sections]:
        raise _cut_short(path, f"no section {', '.join(missing)}")
    return sections


def _cut_short(path: Path, found: str) -> RecordingError:
    return RecordingError(
        DropReason.UNREADABLE,
        f"{path.name}: {found}; expected a whole .asf file. Was its download cut short?",
    )


def _is_edge(line: Line) -> bool:
    return line.words[0].lower() in ("begin", "end")


def _bone_blocks(path: Path, lines: list[Line]) -> dict[str, _Block]:
    """Return the lines between each `begin` and `end`, keyed by the name of the bone."""
    blocks: dict[str, _Block] = {}
    for is_edge, group in groupby(lines, key=_is_edge):
        if not is_edge:
            bone = list(group)
            name = _Block(f"{path.name}, line {bone[0].number}", bone).line("name").words[-1]
            blocks[name] = _Block(f"{path.name}, bone {name}", bone)
    return blocks


def _children(lines: list[Line]) -> list[tuple[str, str, Line]]:
    """Return (parent name, child name, line) for each child in the hierarchy."""
    return [
        (line.words[0], child, line)
        for line in lines
        if not _is_edge(line)
        for child in line.words[1:]
    ]


def _root(block: _Block, meters: float, radians: float) -> AsfBone:
    block.expect_xyz("axis")
    axes = Rotation.from_euler("xyz", block.numbers("orientation", 3) * radians)
    dof = block.dof("order", ROOT_DOF)
    if set(dof) != ROOT_DOF:
        raise block.line("order").error(f"all of {', '.join(sorted(ROOT_DOF))} after 'order'")
    return AsfBone(ROOT, -1, block.numbers("position", 3) * meters, axes, dof)


def _bone(name: str, parent: int, block: _Block, meters: float, radians: float) -> AsfBone:
    block.expect_xyz("axis")
    axes = Rotation.from_euler("xyz", block.numbers("axis", 3) * radians)
    offset = block.numbers("direction", 3) * block.numbers("length", 1) * meters
    dof = block.dof("dof", BONE_DOF) if "dof" in block else ()
    return AsfBone(name, parent, offset, axes, dof)
