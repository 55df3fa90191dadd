"""Read Acclaim motion files (.amc): the values of each bone's degrees of freedom per frame.

Every frame must list the same bones in the same order, as in all CMU files. Any difference is an
error with a line number; nothing is guessed.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from motiondata.errors import DropReason, RecordingError
from motiondata.recording import MAX_FPS
from motiondata.sources.cmu.acclaim_lines import Line, read_lines
from motiondata.sources.cmu.asf import RADIANS_PER_UNIT, AsfBone, AsfSkeleton

IGNORED = frozenset({":FULLY-SPECIFIED", ":FORCE-ALL-JOINTS-BE-IN-FILE"})
"""Header keywords without effect, since every frame must have all values in any case."""

ANGLE_UNITS = {":DEGREES": RADIANS_PER_UNIT["deg"], ":RADIANS": RADIANS_PER_UNIT["rad"]}

FRAME_RATE = ":SAMPLES-PER-SECOND"

MAX_DIGITS = 9
"""Maximum number of digits of a frame number; Python refuses to parse thousands of digits."""


@dataclass(frozen=True)
class AmcMotion:
    """The rotations of a skeleton's bones and the translation of its root per frame."""

    translation: NDArray[np.float64]
    """Translation of the root from its rest position, shaped (frames, 3), meters, y up."""
    angles: NDArray[np.float64]
    """Angles about each bone's local x, y and z axes, shaped (frames, bones, 3), radians.

    The order of the rotations is `AsfBone.turn_order`.
    """
    fps: float | None = None
    """Frame rate declared in the header, Hz, if any; CMU files declare none."""


def read_amc(path: Path, skeleton: AsfSkeleton) -> AmcMotion:
    """Read a motion of a skeleton; raise `RecordingError` with the number of a faulty line."""
    lines = read_lines(path)
    first = next((at for at, line in enumerate(lines) if _is_frame_number(line)), None)
    if first is None:
        raise lines[-1].error("the number of a first frame")
    bones = _bones_of_first_frame(lines[first:], skeleton)
    values = _values(lines[first:], bones)
    header = _read_header(lines[:first])
    radians = header.radians_per_unit or skeleton.radians_per_unit
    scale = {"t": skeleton.meters_per_unit, "r": radians}
    moved = {kind: np.zeros((len(values), len(skeleton.bones), 3)) for kind in scale}
    columns = [(skeleton.numbers[bone.name], dof) for bone in bones for dof in bone.dof]
    for (bone, dof), column in zip(columns, values.T, strict=True):
        kind, axis = dof[0], "xyz".index(dof[1])
        moved[kind][:, bone, axis] = column * scale[kind]
    return AmcMotion(translation=moved["t"][:, 0], angles=moved["r"], fps=header.fps)


def _is_frame_number(line: Line) -> bool:
    return len(line.words) == 1 and line.words[0].isdecimal()


class _Header(NamedTuple):
    """The declarations before the first frame; None if absent."""

    radians_per_unit: float | None
    fps: float | None


def _read_header(lines: list[Line]) -> _Header:
    """Read a header; raise `RecordingError` for unknown or contradictory declarations."""
    units: set[float] = set()
    rates: set[float] = set()
    for line in lines:
        keyword = line.words[0].upper()
        if keyword in ANGLE_UNITS and len(line.words) == 1:
            units.add(ANGLE_UNITS[keyword])
        elif keyword == FRAME_RATE:
            rates.add(_frame_rate(line))
        elif keyword not in IGNORED:
            known = ", ".join([*ANGLE_UNITS, FRAME_RATE, *sorted(IGNORED)])
            raise line.error(f"a first frame's number, or one of {known}")
        if len(units) > 1 or len(rates) > 1:
            raise line.error("one unit of angles and one frame rate")
    return _Header(next(iter(units), None), next(iter(rates), None))


def _frame_rate(line: Line) -> float:
    expected = f"one number above 0, up to {MAX_FPS:g}, after '{FRAME_RATE}'"
    numbers = line.numbers(line.words[1:], expected)
    if len(numbers) != 1 or not 0 < numbers[0] <= MAX_FPS:
        raise line.error(expected)
    return numbers[0]


def _bones_of_first_frame(lines: list[Line], skeleton: AsfSkeleton) -> list[AsfBone]:
    """Return the bones in the order of the first frame."""
    bones: list[AsfBone] = []
    for line in lines[1:]:
        if _is_frame_number(line):
            break
        name = line.words[0]
        if name not in skeleton.numbers or name in {bone.name for bone in bones}:
            raise line.error("a bone of the skeleton, once per frame")
        bones.append(skeleton.bones[skeleton.numbers[name]])
    missing = {bone.name for bone in skeleton.bones if bone.dof} - {bone.name for bone in bones}
    if missing:
        raise lines[0].error(f"a frame that also has values of {', '.join(sorted(missing))}")
    return bones


def _values(lines: list[Line], bones: list[AsfBone]) -> NDArray[np.float64]:
    """Return the values of all frames, shaped (frames, degrees of freedom)."""
    if len(lines[0].words[0]) > MAX_DIGITS:
        raise lines[0].error(f"a frame number of at most {MAX_DIGITS} digits")
    first_frame = int(lines[0].words[0])
    numbers: list[float] = []
    for at, line in enumerate(lines):
        frame, row = divmod(at, 1 + len(bones))
        if row:
            numbers += _bone_numbers(line, bones[row - 1])
        elif line.words != (str(first_frame + frame),):
            raise line.error(f"frame {first_frame + frame}")
    if len(lines) % (1 + len(bones)):
        raise RecordingError(
            DropReason.UNREADABLE,
            f"{lines[-1].source}: ends within a frame, at line {lines[-1].number} with "
            f"'{lines[-1].words[0]}', where each frame ends with '{bones[-1].name}'",
        )
    return np.array(numbers).reshape(-1, sum(len(bone.dof) for bone in bones))


def _bone_numbers(line: Line, bone: AsfBone) -> list[float]:
    expected = f"'{bone.name}' and {len(bone.dof)} finite numbers"
    if line.words[0] != bone.name or len(line.words) != 1 + len(bone.dof):
        raise line.error(expected)
    return line.numbers(line.words[1:], expected)
