"""Read the labels beside a BVH file of the PFNN data: phase, gait, and footsteps.

The phase is 0 where the right foot touches the ground, 0.5 where the left one does, and linear
between. Source: D. Holden, T. Komura, J. Saito, "Phase-Functioned Neural Networks for Character
Control" (2017), and its data.
"""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motiondata.clip import Clip
from motiondata.errors import DropReason, RecordingError
from motiondata.files import is_of_the_file, read_small_file

Floats = NDArray[np.float64]

MAX_BYTES = 2**28
GAITS = ("stand", "walk", "jog", "run", "crouch", "jump", "crawl", "unknown")
"""The columns of gait; they sum to 1."""
SUM_ERROR = 1e-3
"""The largest error of a sum of gaits, which have five digits."""


def label_files(bvh: Path) -> tuple[Path, Path, Path]:
    """Return the files of phase, gait, and footsteps of a BVH file."""
    footsteps = bvh.with_name(f"{bvh.stem}_footsteps.txt")
    return bvh.with_suffix(".phase"), bvh.with_suffix(".gait"), footsteps


def read_labels(bvh: Path, frames: int) -> dict[str, Floats]:
    """Return phase (frames,), gait (frames, 8), and footsteps (steps, 2) of a BVH file.

    Footsteps are frames from 0 at which the right and the left foot touch the ground, NaN for none.
    Raises `RecordingError` if a file is absent, faulty, or of other frames.
    """
    phase_file, gait_file, steps_file = label_files(bvh)
    phase, gait = _table(phase_file, frames, 1)[:, 0], _table(gait_file, frames, len(GAITS))
    if not ((phase >= 0) & (phase <= 1)).all():
        raise _invalid(phase_file, "values outside of 0 to 1", "phases")
    if np.abs(gait.sum(axis=1) - 1).max() > SUM_ERROR:
        raise _invalid(gait_file, "rows that do not sum to 1", "the weights of eight gaits")
    return {"phase": phase, "gait": gait, "footsteps": _footsteps(steps_file, frames)}


def clip_labels(labels: dict[str, Floats], clip: Clip) -> dict[str, Floats]:
    """Return phase (frames,) and gait (frames, 8) at the frames of a clip of the recording.

    Between two frames, the phase is interpolated the short way around, and the gait linearly.
    """
    ratio = clip.recording.fps / clip.fps
    places = clip.first_frame + np.arange(clip.frames) * ratio
    before = np.floor(places).astype(np.intp)
    after = np.minimum(before + 1, clip.recording.frames - 1)
    share = places - before
    phase, gait = labels["phase"], labels["gait"]
    step = (phase[after] - phase[before] + 0.5) % 1.0 - 0.5
    mixed = gait[before] + share[:, np.newaxis] * (gait[after] - gait[before])
    return {"phase": (phase[before] + share * step) % 1.0, "gait": mixed}


def _table(path: Path, frames: int, columns: int) -> Floats:
    lines = [line.split() for line in _text(path).splitlines() if line.strip()]
    try:
        table = np.array(lines, np.float64)
    except ValueError as error:
        raise _invalid(
            path, "a line that is not of numbers", f"{columns} numbers a line"
        ) from error
    if table.shape != (frames, columns) or not np.isfinite(table).all():
        raise _invalid(path, f"numbers shaped {table.shape}", f"finite ({frames}, {columns})")
    return table


def _footsteps(path: Path, frames: int) -> Floats:
    """Return the steps; a line may have `*` for a foot, or lack the second one at the end.

    A line whose third word ends with `*` has no steps: PFNN's script leaves out the cycles before
    and after it.
    """
    steps = np.array(
        [_step(path, line.split()) for line in _text(path).splitlines() if line.strip()]
    ).reshape(-1, 2)
    known = steps[np.isfinite(steps)]
    if ((known < 0) | (known >= frames)).any():
        raise _invalid(path, "frames beyond the file", f"frames from 1 to {frames}")
    return steps


def _step(path: Path, words: list[str]) -> tuple[float, float]:
    if len(words) == 3 and words[2].endswith("*"):
        return np.nan, np.nan
    try:
        first, second = ([np.nan if w == "*" else int(w) - 1.0 for w in words] + [np.nan])[:2]
    except ValueError as error:
        raise _invalid(path, f"{' '.join(words)!r:.40}", "two frames, or '*'") from error
    return first, second


def _text(path: Path) -> str:
    try:
        return read_small_file(path, MAX_BYTES).decode("ascii", errors="replace")
    except OSError as error:
        if not is_of_the_file(error):
            raise
        raise RecordingError(
            DropReason.UNREADABLE, f"{path.name}: cannot be read ({error.strerror})"
        ) from error


def _invalid(path: Path, found: str, expected: str) -> RecordingError:
    return RecordingError(DropReason.INVALID, f"{path.name}: found {found}; expected {expected}")
