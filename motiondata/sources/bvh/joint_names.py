"""Names that programs and archives give to the joints that SMPL's limbs correspond to.

The joints of the trunk and the neck need no names: they are on the paths from the hips to the arms
and to the head. Sources: the files of each archive; Autodesk's biped; Vicon's and Xsens's exports.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

REQUIRED = ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
OPTIONAL = ("foot", "collar")
"""Joints of SMPL's limbs, as the last words of their names in `motiondata.skeletons`."""

PREFIXES = re.compile(r"^(?:.*[:|]|bip0*1[ _]?|joint_|b_|def-|mixamorig\d*_?|smpl[hx]?_)(?=.)")
"""Prefixes that programs write before each name, in lower case."""


class Family(NamedTuple):
    """The names of one convention; `@` stands for the word of a side."""

    name: str
    sides: tuple[str, str]
    """The words for left and right."""
    limbs: dict[str, str]
    pelvis: tuple[str, ...]
    head: tuple[str, ...]


def _limbs(*names: str) -> dict[str, str]:
    order = ("hip", "knee", "ankle", "foot", "collar", "shoulder", "elbow", "wrist")
    return dict(zip(order, names, strict=True))


_LEFT_RIGHT, _L_R = ("left", "right"), ("l", "r")
_HIPS = ("hips", "pelvis", "hip")
_HEAD = ("head",)

FAMILIES = (
    Family(
        "CMU",
        _LEFT_RIGHT,
        _limbs(
            "@upleg", "@leg", "@foot", "@toebase", "@shoulder", "@arm", "@forearm", "@fingerbase"
        ),
        _HIPS,
        _HEAD,
    ),
    Family(
        "Mixamo",
        _LEFT_RIGHT,
        _limbs("@upleg", "@leg", "@foot", "@toebase", "@shoulder", "@arm", "@forearm", "@hand"),
        _HIPS,
        _HEAD,
    ),
    Family(
        "LAFAN1",
        _LEFT_RIGHT,
        _limbs("@upleg", "@leg", "@foot", "@toe", "@shoulder", "@arm", "@forearm", "@hand"),
        _HIPS,
        _HEAD,
    ),
    Family(
        "SOMA",
        _LEFT_RIGHT,
        _limbs("@leg", "@shin", "@foot", "@toebase", "@shoulder", "@arm", "@forearm", "@hand"),
        _HIPS,
        _HEAD,
    ),
    Family(
        "Bandai Namco",
        _L_R,
        _limbs(
            "upperleg@",
            "lowerleg@",
            "foot@",
            "toes@",
            "shoulder@",
            "upperarm@",
            "lowerarm@",
            "hand@",
        ),
        _HIPS,
        _HEAD,
    ),
    Family(
        "3ds Max biped",
        _L_R,
        _limbs("@thigh", "@calf", "@foot", "@toe0", "@clavicle", "@upperarm", "@forearm", "@hand"),
        _HIPS,
        _HEAD,
    ),
    Family(
        "Unreal",
        _L_R,
        _limbs("thigh@", "calf@", "foot@", "ball@", "clavicle@", "upperarm@", "lowerarm@", "hand@"),
        _HIPS,
        _HEAD,
    ),
    Family(
        "Vicon",
        _L_R,
        _limbs("@femur", "@tibia", "@foot", "@toes", "@clavicle", "@humerus", "@radius", "@hand"),
        (*_HIPS, "root"),
        _HEAD,
    ),
    Family(
        "anatomical (Vicon Blade, Xsens, Poser)",
        _LEFT_RIGHT,
        _limbs("@hip", "@knee", "@ankle", "@toe", "@collar", "@shoulder", "@elbow", "@wrist"),
        _HIPS,
        _HEAD,
    ),
    Family(
        "Poser and Daz",
        _L_R,
        _limbs("@thigh", "@shin", "@foot", "@toe", "@collar", "@shldr", "@forearm", "@hand"),
        _HIPS,
        _HEAD,
    ),
    Family(
        "Biovision",
        _LEFT_RIGHT,
        _limbs("@upleg", "@lowleg", "@foot", "@toe", "@collar", "@uparm", "@lowarm", "@hand"),
        _HIPS,
        _HEAD,
    ),
    Family(
        "SMPL",
        _LEFT_RIGHT,
        _limbs("@hip", "@knee", "@ankle", "@foot", "@collar", "@shoulder", "@elbow", "@wrist"),
        _HIPS,
        _HEAD,
    ),
)
"""The known conventions; of two that match equally many joints, the first is taken."""


def plain(name: str) -> str:
    """Return a name in lower case, without prefix, and with letters and digits only."""
    return re.sub(r"[^a-z0-9]", "", PREFIXES.sub("", name.lower()))


def match_family(family: Family, names: Sequence[str]) -> dict[str, int] | None:
    """Return the number of each joint by its SMPL name, or None if a required one is missing.

    Of several joints with the same name, the first counts. The spine is not included.
    """
    numbers: dict[str, int] = {}
    for number, name in enumerate(names):
        numbers.setdefault(plain(name), number)
    found = {
        f"{side}_{joint}": numbers[pattern.replace("@", word)]
        for side, word in zip(("left", "right"), family.sides, strict=True)
        for joint, pattern in family.limbs.items()
        if pattern.replace("@", word) in numbers
    }
    for joint, words in (("pelvis", family.pelvis), ("head", family.head)):
        found.update((joint, numbers[word]) for word in reversed(words) if word in numbers)
    needed = {f"{side}_{joint}" for side in ("left", "right") for joint in REQUIRED}
    return found if {"pelvis", "head", *needed} <= found.keys() else None
