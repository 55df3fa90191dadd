"""The split of each recording: all of its poses are in one split, so that no sequence leaks."""

from collections.abc import Iterable, Mapping

from motiondata.sources.humanml3d.splits import SPLITS
from pipelines.clips.planned_clips import PlannedClip
from pipelines.engine.fingerprint import digest_json

DIGITS = 15
"""Hexadecimal digits of a hash that make a number exactly."""


def splits_of_recordings(
    clips: Iterable[PlannedClip], shares: Mapping[str, float], seed: int
) -> dict[str, str]:
    """Return the split of each recording of planned clips, by its path.

    Lists of clips may name clips of one recording in several splits. The recording is then in the
    one that is held back most: test before val before train. With `shares`, the split is drawn by a
    hash of the path.
    """
    found: dict[str, str] = {}
    for clip in clips:
        split = _drawn(clip.recording, shares, seed) if shares else clip.split
        before = found.get(clip.recording, split)
        found[clip.recording] = max(before, split, key=_rank)
    return found


def _rank(split: str) -> int:
    return SPLITS.index(split) if split in SPLITS else -1


def _drawn(recording: str, shares: Mapping[str, float], seed: int) -> str:
    digest = digest_json([seed, recording.encode(errors="surrogateescape").hex()])
    left = int(digest[:DIGITS], 16) / 16**DIGITS
    for split, share in shares.items():
        left -= share
        if left < 0:
            return split
    return [*shares][-1]
