"""`motiondata compare`: two performances, aligned in time by dynamic time warping."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from motiondata.errors import InputError
from motiondata.skeletons import JOINTS, PARENTS
from pipelines.comparing.bone_directions import angles_between, bone_directions
from pipelines.comparing.comparison import Comparison, bone_differences, partings
from pipelines.comparing.options import CompareOptions
from pipelines.comparing.time_warping import warp
from pipelines.viewing.known_keys import expect_known
from pipelines.viewing.live.open_shown import open_shown
from pipelines.viewing.live.shown import ShownClips
from pipelines.viewing.viewed_clip import ViewedClip
from shards.format.places import Place

Floats = NDArray[np.float64]

MOST_PAIRS = 25_000_000
"""Largest number of pairs of frames; their costs and totals take 300 MB."""
PAIRS_AT_ONCE = 50_000
"""Pairs of frames whose angles are computed together, to limit memory."""
SHOWN_KEYS = 5


@dataclass(frozen=True, eq=False)
class Performance:
    """A clip as it is compared."""

    name: str
    seconds: float
    fps: float
    """Rate of `directions`, Hz."""
    directions: Floats
    """Directions of bones, shaped (frames, 21, 3)."""

    @classmethod
    def of(cls, clip: ViewedClip, name: str, fps: float) -> Self:
        """Take the nearest frames of a clip at a rate.

        Raises `InputError` for a clip without SMPL's 22 joints.
        """
        skeleton = clip.skeleton
        if skeleton is None or skeleton.parents[:JOINTS] != PARENTS:
            raise InputError(
                f"{name}: expected a motion with SMPL's {JOINTS} joints, found "
                f"{'none' if skeleton is None else f'{len(skeleton.parents)} joints of another'}"
                f"{'' if skeleton is None else ' skeleton'}; compare recordings, or datasets of "
                "build-lidar or build-features"
            )
        count = max(1, round(clip.seconds * fps))
        frames = np.rint(np.arange(count) * clip.fps / fps).astype(int).clip(max=clip.frames - 1)
        return cls(name, clip.seconds, fps, bone_directions(skeleton.joints[frames], name))


def compare(
    first: Place, second: Place, options: CompareOptions, body: Path | None = None
) -> Comparison:
    """Compare a clip of each of two sources: datasets, or files of motion.

    `body` poses recordings; None is the bundled one. Raises `InputError` for a clip without a
    skeleton, and for clips that are too long; `ShardError` for damaged datasets.
    """
    one, other = open_shown(first, body), open_shown(second, body)
    key = _choose(one, options.key, "--key")
    default = key if len(other.keys) > 1 and key in other.keys else None
    other_key = _choose(other, options.other_key or default, "--other-key")
    return compare_performances(
        Performance.of(one.read(key), f"{one.name}: {key}", options.fps),
        Performance.of(other.read(other_key), f"{other.name}: {other_key}", options.fps),
        options.part_degrees,
    )


def compare_performances(one: Performance, other: Performance, part_degrees: float) -> Comparison:
    """Return the comparison of two performances at the same rate."""
    path = warp(_costs(one, other))
    angles = angles_between(one.directions[path[:, 0]], other.directions[path[:, 1]])
    seconds = path / one.fps
    return Comparison(
        first=one.name,
        second=other.name,
        first_seconds=one.seconds,
        second_seconds=other.seconds,
        fps=one.fps,
        part_degrees=part_degrees,
        distance_degrees=float(angles.mean()),
        bones=bone_differences(angles, seconds),
        partings=partings(angles, seconds, part_degrees),
        path=tuple((round(a, 6), round(b, 6)) for a, b in seconds.tolist()),
    )


def _costs(one: Performance, other: Performance) -> NDArray[np.float32]:
    """Return the mean angle of all bones, for all pairs of frames, in degrees."""
    rows, columns = len(one.directions), len(other.directions)
    if rows * columns > MOST_PAIRS:
        raise InputError(
            f"{one.name} and {other.name}: {rows:,} by {columns:,} frames are more than "
            f"{MOST_PAIRS:,} pairs; choose a lower --fps than {one.fps:g}, or shorter clips"
        )
    costs = np.empty((rows, columns), np.float32)
    step = max(1, PAIRS_AT_ONCE // columns)
    for start in range(0, rows, step):
        part = one.directions[start : start + step, None]
        costs[start : start + step] = angles_between(part, other.directions[None]).mean(-1)
    return costs


def _choose(clips: ShownClips, key: str | None, option: str) -> str:
    """Return the clip with the key, or the only one; raise `InputError` for several."""
    if key is not None:
        expect_known(key, clips.keys, clips.path)
        return key
    if len(clips.keys) != 1:
        some = sorted(clips.keys)[:SHOWN_KEYS]
        raise InputError(
            f"{clips.name}: expected one clip, found {len(clips.keys):,}; choose one with "
            f"{option}, such as {', '.join(some) or 'none'}"
        )
    return next(iter(clips.keys))
