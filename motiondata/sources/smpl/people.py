"""Find the people in a file of a video method: one dict of poses for each of them.

WHAM's dict has a dict for each person, by the person's number. The tracker of 4D-Humans has a dict
for each frame, with the numbers of its people in `tid` and their poses in `smpl`.
Sources: `demo.py` of yohanshin/WHAM; `phalp/trackers/PHALP.py` of brjathu/PHALP.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from motiondata.bodies.unpickling import arrays_of

MIN_FRAMES = 20
"""A person who is seen in fewer frames in a row, less than a second of most videos, is left out."""

TRACKED = ("global_orient", "body_pose", "betas")
"""What the tracker of 4D-Humans has of a person in a frame. Its camera is of a nominal focal
length, so the position that it gives is not in meters."""

People = dict[str, Mapping[Any, Any]]


def people_of(found: Mapping[Any, Any]) -> People:
    """Return the dict of each person by the person's number; that of a single person by "".

    Nobody is returned if all are seen too briefly.
    """
    values = [value for value in found.values() if isinstance(value, dict)]
    if not values or len(values) < len(found):
        return {"": found}
    if all({"tid", "smpl"} <= value.keys() for value in values):
        return _tracked(values)
    if all(isinstance(key, int) for key in found):
        return {str(key): value for key, value in found.items()}
    return {"": found}


def _tracked(frames: Sequence[Mapping[Any, Any]]) -> People:
    """Return the poses of each person of the tracker, in the longest run of frames."""
    seen: dict[int, list[tuple[int, dict[str, object]]]] = defaultdict(list)
    for number, frame in enumerate(frames):
        for person, smpl in zip(frame["tid"], frame["smpl"], strict=False):
            if isinstance(person, int) and isinstance(smpl, dict):
                seen[person].append((number, arrays_of(smpl)))
    runs = {person: _longest_run(parts) for person, parts in sorted(seen.items())}
    return {
        str(person): {key: np.stack([np.asarray(part[key]) for part in run]) for key in TRACKED}
        for person, run in runs.items()
        if len(run) >= MIN_FRAMES and all(_is_whole(part) for part in run)
    }


def _is_whole(part: Mapping[str, object]) -> bool:
    shapes = [getattr(part.get(key), "shape", None) for key in TRACKED]
    return shapes[:2] == [(1, 3, 3), (23, 3, 3)] and shapes[2] is not None


def _longest_run(parts: list[tuple[int, dict[str, object]]]) -> list[dict[str, object]]:
    """Return the parts of the longest run of consecutive frames."""
    numbers = np.array([number for number, _ in parts])
    ends = [0, *(np.flatnonzero(np.diff(numbers) != 1) + 1).tolist(), len(parts)]
    first, last = max(pairwise(ends), key=lambda run: run[1] - run[0])
    return [part for _, part in parts[first:last]]
