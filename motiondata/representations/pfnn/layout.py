"""The columns of the network's input X and output Y, and the groups that share a deviation.

Source: `generate_database.py` and `train_pfnn.py` of Holden et al. 2017, in our own words.
"""

from collections.abc import Mapping
from itertools import accumulate, pairwise

from motiondata.representations.pfnn.skeleton import COUNT

FPS = 60.0
"""The frame rate of the rows, Hz."""
HALF_FRAMES = 60
"""Frames of a window before and after its row: a second each."""
STEP_FRAMES = 10
"""Frames between the samples of a window."""
SAMPLES = 2 * HALF_FRAMES // STEP_FRAMES
"""Samples of a window, of which the seventh is the row itself."""
AHEAD = SAMPLES // 2
"""Samples of a window from the row on."""

GAITS = ("stand", "walk", "jog_run", "crouch_crawl", "jump", "unknown")
"""The gaits of the input; jog with run, and crouch with crawl, are one gait each."""
FEET = ("left_heel", "left_toe", "right_heel", "right_toe")


def _blocks(sizes: Mapping[str, int]) -> dict[str, slice]:
    ends = accumulate(sizes.values(), initial=0)
    return {name: slice(*pair) for name, pair in zip(sizes, pairwise(ends), strict=True)}


X_BLOCKS = _blocks(
    {
        "path_x": SAMPLES,
        "path_z": SAMPLES,
        "direction_x": SAMPLES,
        "direction_z": SAMPLES,
        **dict.fromkeys(GAITS, SAMPLES),
        "joint_places": 3 * COUNT,
        "joint_velocities": 3 * COUNT,
        "heights_left": SAMPLES,
        "heights_center": SAMPLES,
        "heights_right": SAMPLES,
    }
)
"""The columns of X, by name, in order. Joints are those of the frame before the row.

The first block of heights is at +x of the person, which is the left; PFNN's script calls it right.
"""
X_COLUMNS = 342

Y_BLOCKS = _blocks(
    {
        "root_velocity": 2,
        "root_turn": 1,
        "phase_change": 1,
        "contacts": len(FEET),
        "path_x": AHEAD,
        "path_z": AHEAD,
        "direction_x": AHEAD,
        "direction_z": AHEAD,
        "joint_places": 3 * COUNT,
        "joint_velocities": 3 * COUNT,
        "joint_rotations": 3 * COUNT,
    }
)
"""The columns of Y, by name, in order. The window is that of the next frame, from it on."""
Y_COLUMNS = 311


def _joined(blocks: Mapping[str, slice], *names: str) -> slice:
    return slice(blocks[names[0]].start, blocks[names[-1]].stop)


X_GROUPS: Mapping[str, slice] = {
    **{name: X_BLOCKS[name] for name in ("path_x", "path_z", "direction_x", "direction_z")},
    "gaits": _joined(X_BLOCKS, *GAITS),
    "joint_places": X_BLOCKS["joint_places"],
    "joint_velocities": X_BLOCKS["joint_velocities"],
    "heights": _joined(X_BLOCKS, "heights_left", "heights_right"),
}
"""The columns of X that are divided by one deviation, the mean of theirs."""
WEIGHTED = ("joint_places", "joint_velocities")
"""The groups of X whose deviation is divided by the weight of each joint, and by `JOINT_SHARE`."""
JOINT_SHARE = 0.1
"""How much joints count in the input in comparison with the path."""

Y_GROUPS: Mapping[str, slice] = {
    **{name: Y_BLOCKS[name] for name in ("root_velocity", "root_turn", "phase_change", "contacts")},
    "paths": _joined(Y_BLOCKS, "path_x", "path_z"),
    "directions": _joined(Y_BLOCKS, "direction_x", "direction_z"),
    **{name: Y_BLOCKS[name] for name in ("joint_places", "joint_velocities", "joint_rotations")},
}
"""The columns of Y that are divided by one deviation, the mean of theirs."""
