"""Find the unit and the up axis of a BVH file, which the format does not state.

The unit follows from the length of the legs. The up axis follows from the trunk in the motion, and
from the rest pose where that is a standing person; if they disagree, from the floor, to which the
lowest joint stays close.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from motiondata.errors import DropReason, InputError, RecordingError

Floats = NDArray[np.float64]

METERS_PER_UNIT = {
    "m": 1.0,
    "cm": 0.01,
    "mm": 0.001,
    "inch": 0.0254,
    "cmu": 0.0254 / 0.45,
}
"""Units by name; `cmu` is the unit of CMU's skeletons, an inch divided by 0.45."""

LEG_METERS = 0.8
"""Length from hip to ankle of an adult of 1.7 m; the unit that brings it nearest is taken."""

LEG_RANGE_METERS = (0.35, 1.4)
"""Lengths that are accepted, from a small child to a very tall person."""

UP_TO_Z = {
    "x": np.array([[0.0, 1, 0], [0, 0, 1], [1, 0, 0]]),
    "y": np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]]),
    "z": np.eye(3),
}
"""Rotations from a file's axes to z up, by the axis that is up in the file."""


def find_unit(name: str, legs: float, source: str) -> tuple[str, float]:
    """Return the name of a unit and its meters, for legs of a length in this unit.

    `name` is `auto`, the name of a unit, or its meters. Raises `InputError` for another name, and
    `RecordingError` if `auto` finds no unit for a person.
    """
    if name != "auto":
        return name, parse_unit(name)
    found = min(
        METERS_PER_UNIT, key=lambda unit: abs(np.log(legs * METERS_PER_UNIT[unit] / LEG_METERS))
    )
    meters = METERS_PER_UNIT[found]
    low, high = LEG_RANGE_METERS
    if not low <= legs * meters <= high:
        raise RecordingError(
            DropReason.INVALID,
            f"{source}: the legs are {legs:g} long; expected {low:g} to {high:g} meters in one of "
            f"{', '.join(METERS_PER_UNIT)}. Give the meters of one unit with --unit",
        )
    return found, meters


def parse_unit(name: str) -> float:
    """Return the meters of a unit, given by its name or as a number; raise `InputError`."""
    if name in METERS_PER_UNIT:
        return METERS_PER_UNIT[name]
    try:
        meters = float(name)
    except ValueError:
        meters = 0.0
    if not 1e-6 < meters < 1e3:
        raise InputError(
            f"--unit {name}: expected auto, {', '.join(METERS_PER_UNIT)}, or the meters of one "
            "unit, such as 0.01"
        )
    return meters


def find_up(places: Mapping[str, Floats], rest_up: Floats | None) -> str:
    """Return the axis that is up, `x`, `y` or `z`.

    `places` has the positions of the matched joints, each shaped (frames, 3). `rest_up` is the
    direction of the trunk in a rest pose of a standing person, or None.
    """
    trunk = places["head"] - (places["left_ankle"] + places["right_ankle"]) / 2
    moved = np.mean(trunk / np.maximum(np.linalg.norm(trunk, axis=1, keepdims=True), 1e-9), axis=0)
    of_motion = int(np.argmax(moved))
    if rest_up is None or of_motion == int(np.argmax(rest_up)):
        return "xyz"[of_motion]
    candidates = (of_motion, int(np.argmax(rest_up)))
    lowest = np.min(list(places.values()), axis=0)
    spread = np.ptp(np.percentile(lowest, (10, 90), axis=0), axis=0)
    return "xyz"[min(candidates, key=lambda axis: float(spread[axis]))]
