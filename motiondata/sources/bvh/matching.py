"""Match the joints of a BVH file to SMPL's: by names, by the tree's shape, or by a user's list.

The matched limbs fix the rest: the chest is the last joint that both arms and the head descend
from, and the joints between the hips and the chest, and between the chest and the head, are the
spine and the neck.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from motiondata.errors import DropReason, InputError, RecordingError
from motiondata.files import expect_of_the_file
from motiondata.skeletons import JOINT
from motiondata.sources.bvh.joint_names import FAMILIES, OPTIONAL, REQUIRED, match_family
from motiondata.sources.bvh.reader import BvhMotion
from motiondata.sources.bvh.tree_shape import match_shape

NEEDED = (
    "pelvis",
    "head",
    *(f"{side}_{joint}" for side in ("left", "right") for joint in REQUIRED),
)
NAMED = frozenset(
    {*NEEDED, *(f"{side}_{joint}" for side in ("left", "right") for joint in OPTIONAL)}
)
"""SMPL joints that a user's list may name."""


@dataclass(frozen=True)
class JointMatch:
    """The joints of a file that SMPL's joints follow."""

    family: str
    """What the joints were found by: the name of a convention, `shape of the tree` or a file."""
    numbers: Mapping[str, int]
    """Maps SMPL's names to numbers of the file's joints, without spine and neck."""
    spine: tuple[int, ...]
    """The joints above the hips up to the chest, which the arms descend from; may be empty."""
    neck: tuple[int, ...]
    """The joints above the chest below the head; may be empty."""


def match_joints(motion: BvhMotion, given: Mapping[str, str] | None = None) -> JointMatch:
    """Match the joints of a file; `given` maps SMPL's names to names of the file.

    Given joints replace found ones. Raises `RecordingError` if a needed joint is missing, or if the
    tree is not a person's.
    """
    family, numbers = _find(motion)
    for name, own in (given or {}).items():
        if own not in motion.names:
            raise _error(motion, f"there is no joint {own}, which --joints gives for {name}")
        numbers[name] = motion.names.index(own)
    missing = [name for name in NEEDED if name not in numbers]
    if missing:
        raise _error(motion, f"no joint was found for {', '.join(missing)}")
    return _complete(motion, family or "the list of joints", numbers)


def _find(motion: BvhMotion) -> tuple[str, dict[str, int]]:
    found = [(family.name, match_family(family, motion.names)) for family in FAMILIES]
    matched = [(name, numbers) for name, numbers in found if numbers is not None]
    if matched:
        return max(matched, key=lambda match: len(match[1]))
    numbers = match_shape(motion.joints)
    return ("shape of the tree", numbers) if numbers else ("", {})


def _complete(motion: BvhMotion, family: str, numbers: dict[str, int]) -> JointMatch:
    pelvis = numbers["pelvis"]
    paths = {name: _path(motion, numbers[name]) for name in NEEDED}
    for side in ("left", "right"):
        for upper, *lower in (("hip", "knee", "ankle"), ("shoulder", "elbow", "wrist")):
            chain = [numbers[f"{side}_{joint}"] for joint in (upper, *lower)]
            if not _is_chain(paths[f"{side}_{lower[-1]}"], chain):
                raise _error(motion, f"{side} {upper}, {' and '.join(lower)} are not in one chain")
    tops = [paths[name] for name in ("head", "left_wrist", "right_wrist")]
    common = [joint for joint in tops[0] if all(joint in path for path in tops)]
    if pelvis not in common:
        raise _error(motion, f"the head and the arms do not descend from {motion.names[pelvis]}")
    spine = tuple(common[common.index(pelvis) + 1 :])
    neck = tuple(paths["head"][len(common) : -1])
    return JointMatch(family, numbers, spine, neck)


def _path(motion: BvhMotion, number: int) -> list[int]:
    """Return the joints from the root to a joint."""
    path = [number]
    while motion.joints[path[0]].parent >= 0:
        path.insert(0, motion.joints[path[0]].parent)
    return path


def _is_chain(path: list[int], joints: list[int]) -> bool:
    return [joint for joint in path if joint in joints] == joints


def match_lines(motion: BvhMotion, match: JointMatch) -> list[str]:
    """Return what was matched, as lines for people."""
    limbs = [f"{name} {motion.names[number]}" for name, number in _ordered(match.numbers)]
    spine = " ".join(motion.names[number] for number in match.spine) or "none"
    neck = " ".join(motion.names[number] for number in match.neck) or "none"
    return [f"joints by {match.family}: {', '.join(limbs)}", f"spine {spine}; neck {neck}"]


def _ordered(numbers: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(numbers.items(), key=lambda item: JOINT[item[0]])


def read_joint_list(path: Path) -> dict[str, str]:
    """Read a list of joints: lines such as `left_hip = LThigh`; `#` begins a comment.

    Raises `InputError` with the line of a fault.
    """
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        if isinstance(error, OSError):
            expect_of_the_file(error)
        raise InputError(f"{path}: expected a list of joints as text; {error}") from error
    given: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        text = line.strip()
        if not text or text.startswith("#"):
            continue
        name, equals, own = (part.strip() for part in text.partition("="))
        if not equals or not own or name not in NAMED or name in given:
            raise InputError(
                f"{path}, line {number}: expected a joint, '=', and its name in the files, each "
                f"joint once, such as 'left_hip = LThigh'; found {line.strip()!r:.80}. "
                f"The joints are {', '.join(sorted(NAMED, key=JOINT.__getitem__))}"
            )
        given[name] = own
    return given


def _error(motion: BvhMotion, found: str) -> RecordingError:
    return RecordingError(
        DropReason.INVALID,
        f"{motion.source}: {found}; expected a person's skeleton. Name its joints with --joints "
        f"(the file has {', '.join(motion.names[:12])}, ...)",
    )
