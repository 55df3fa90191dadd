"""A made skeleton with the names of CMU's bones, and its files: what the tests need no data for.

Its proportions are round numbers, and like CMU's it rests with the legs apart and the arms out.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Bone = tuple[str, tuple[float, float, float], tuple[float, float, float], str]
"""Parent, offset in meters, axes in degrees, degrees of freedom."""


def _side(s: str, x: float) -> dict[str, Bone]:
    return {
        f"{s}hipjoint": ("root", (0.1 * x, -0.1, 0.03), (0, 0, 0), ""),
        f"{s}femur": (f"{s}hipjoint", (0.14 * x, -0.38, 0), (0, 0, 20 * x), "rx ry rz"),
        f"{s}tibia": (f"{s}femur", (0.14 * x, -0.38, 0), (0, 0, 20 * x), "rx"),
        f"{s}foot": (f"{s}tibia", (0.01 * x, -0.03, 0.12), (-90, 0, 20 * x), "rx rz"),
        f"{s}toes": (f"{s}foot", (0, 0, 0.06), (-90, 0, 20 * x), "rx"),
        f"{s}clavicle": ("thorax", (0.2 * x, 0.05, -0.01), (0, 0, 0), "ry rz"),
        f"{s}humerus": (f"{s}clavicle", (0.28 * x, 0, 0), (180, -30 * x, -90 * x), "rx ry rz"),
        f"{s}radius": (f"{s}humerus", (0.17 * x, 0, 0), (180, -30 * x, -90 * x), "rx"),
        f"{s}wrist": (f"{s}radius", (0.08 * x, 0, 0), (0, 90 * x, 90 * x), "ry"),
        f"{s}hand": (f"{s}wrist", (0.08 * x, 0, 0), (0, 90 * x, 90 * x), "rx rz"),
    }


MADE_BONES: Mapping[str, Bone] = {
    "lowerback": ("root", (0, 0.12, -0.01), (0, 0, 0), "rx ry rz"),
    "upperback": ("lowerback", (0, 0.12, 0), (0, 0, 0), "rx ry rz"),
    "thorax": ("upperback", (0, 0.12, 0.01), (0, 0, 0), "rx ry rz"),
    "lowerneck": ("thorax", (0, 0.08, 0.01), (0, 0, 0), "rx ry rz"),
    "upperneck": ("lowerneck", (0, 0.08, 0), (0, 0, 0), "rx ry rz"),
    "head": ("upperneck", (0, 0.1, 0), (0, 0, 0), "rx ry rz"),
    **_side("l", 1),
    **_side("r", -1),
}

METERS_PER_UNIT = 0.0254 / 0.5
"""The made skeleton's unit of length is 0.5."""


def asf_text(bones: Mapping[str, Bone] = MADE_BONES) -> str:
    """Return the text of a skeleton, with CMU's line ends, comments and limits."""
    lines = [
        "# made", ":version 1.10", ":name made",
        ":units", "  mass 1.0", "  length 0.5", "  angle deg",
        ":documentation", "   a made skeleton",
        ":root", "  order TX TY TZ RX RY RZ", "  axis XYZ", "  position 0 0 0",
        "  orientation 0 0 0",
        ":bonedata",
    ]  # fmt: skip
    for number, (name, (_, offset, axes, dof)) in enumerate(bones.items(), start=1):
        length = float(np.linalg.norm(offset))
        lines += ["  begin", f"    id {number}", f"    name {name}"]
        lines += [f"    direction {_words(np.array(offset) / length)}"]
        lines += [f"    length {length / METERS_PER_UNIT!r}", f"    axis {_words(axes)}  XYZ"]
        if dof:
            lines += [f"    dof {dof}", "    limits (-180.0 180.0)"]
            lines += ["           (-180.0 180.0)"] * dof.count(" ")
        lines += ["  end"]
    lines += [":hierarchy", "  begin"]
    lines += [f"    {parent} {name}" for name, (parent, _, _, _) in bones.items()]
    return "\r\n".join([*lines, "  end", ""])


def amc_text(
    angles_deg: Sequence[Mapping[str, Sequence[float]]],
    roots: Sequence[Sequence[float]],
    bones: Mapping[str, Bone] = MADE_BONES,
) -> str:
    """Return the text of a motion: a frame for each root and each bone's angles, zero if absent."""
    lines = ["#!OML:ASF made.ASF", ":FULLY-SPECIFIED", ":DEGREES"]
    for number, (root, angles) in enumerate(zip(roots, angles_deg, strict=True), start=1):
        lines += [str(number), f"root {_words(root)}"]
        for name, (_, _, _, dof) in bones.items():
            if dof:
                zeros = [0.0] * len(dof.split())
                lines += [f"{name} {_words(angles.get(name, zeros))}"]
    return "\r\n".join([*lines, ""])


def _words(numbers: Sequence[float] | NDArray[np.float64]) -> str:
    return " ".join(repr(float(number)) for number in numbers)


def write_subject(folder: Path, subject: str, motions: Mapping[str, str]) -> Path:
    """Write the made skeleton and motions of it, by their trials' numbers; return its folder."""
    own = folder / subject
    own.mkdir(parents=True)
    (own / f"{subject}.asf").write_text(asf_text(), newline="")
    for trial, text in motions.items():
        (own / f"{subject}_{trial}.amc").write_text(text, newline="")
    return own
