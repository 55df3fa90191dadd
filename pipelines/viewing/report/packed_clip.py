"""A clip as text in a page: positions as rounded whole numbers, compressed, in base64.

Points are stored relative to the middle of the body, sorted by body part and height, each as the
difference from the one before. The differences are small, so they compress to about two bytes per
point. `page/unpack.js` reads what is written here.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.viewing.report.streams import (
    MOST_STEPS,
    PackedClip,
    deflate,
    to_steps,
    whole_numbers,
)
from pipelines.viewing.viewed_clip import Meshes, ViewedClip

Floats = NDArray[np.float64]

STEP_METERS = 0.002
"""Positions are rounded to this. A LiDAR's range noise is ten times as large."""


def pack_clip(clip: ViewedClip) -> PackedClip | None:
    """Pack points and skeleton of a clip; None if there is nothing to draw."""
    if not clip.frames or not (clip.scan or clip.skeleton or clip.meshes):
        return None
    centers = _centers_of(clip)
    origin = _origin_of(centers)
    step = _step_of(clip, centers, origin)
    counts, points, parts = _points_of(clip, centers)
    joints = (
        clip.skeleton.joints - centers[:, None] if clip.skeleton else np.empty((clip.frames, 0, 3))
    )
    streams = [
        counts.astype(np.uint16),
        to_steps(centers - origin, step),
        to_steps(joints.reshape(clip.frames, -1), step),
        to_steps(points, step),
    ]
    raw = b"".join([*map(whole_numbers, streams), parts.tobytes()])
    return PackedClip(_head_of(clip, origin, step, len(points)), deflate(raw))


def origin_of(clip: ViewedClip) -> Floats:
    """Return the place of the page's origin, on the floor below the first frame, shaped (3,)."""
    return _origin_of(_centers_of(clip))


def _origin_of(centers: Floats) -> Floats:
    return np.append(centers[0, :2].round(4), 0.0)


def _head_of(clip: ViewedClip, origin: Floats, step: float, points: int) -> dict[str, Any]:
    return {
        **texts_of(clip),
        "step": step,
        "points": points,
        "origin": origin.tolist(),
        "parents": list(clip.skeleton.parents) if clip.skeleton else [],
        "sensors": _sensors_of(clip, origin),
        "size": _size_of(clip.meshes) if clip.meshes else None,
    }


def texts_of(clip: ViewedClip) -> dict[str, Any]:
    """Return what a page says of a clip: its key, its length, and its captions with their times."""
    return {
        "key": clip.key,
        "frames": clip.frames,
        "fps": round(clip.fps, 4),
        "captions": [[each.text, each.start_seconds, each.end_seconds] for each in clip.captions],
    }


def _sensors_of(clip: ViewedClip, origin: Floats) -> list[list[float]]:
    """Return the place of the sensor in each frame, or once if it stands still; empty for none."""
    if clip.scan is None:
        return []
    places = np.round(clip.scan.sensor - origin, 3)
    stands = bool((places == places[0]).all())
    found: list[list[float]] = places[: 1 if stands else None].tolist()
    return found


def _centers_of(clip: ViewedClip) -> Floats:
    """Return the point that the positions of each frame are relative to, shaped (frames, 3)."""
    if clip.skeleton is not None:
        roots: Floats = clip.skeleton.joints[:, clip.skeleton.roots].mean(axis=1)
        return roots
    if clip.meshes is not None:
        middles = [(each.min(axis=0) + each.max(axis=0)) / 2 for each in clip.meshes.vertices]
        return np.array(middles)
    assert clip.scan is not None  # noqa: S101
    seen = clip.scan.is_seen[..., None]
    sums = np.where(seen, clip.scan.points, 0.0).sum(axis=1)
    centers: Floats = sums / np.maximum(seen.sum(axis=1), 1)
    return centers


def _size_of(meshes: Meshes) -> float:
    """Return the largest extent of the first surface, meters: a view shows all of it."""
    first = meshes.vertices[0]
    return round(float(np.ptp(first, axis=0).max()), 3)


def _step_of(clip: ViewedClip, centers: Floats, origin: Floats) -> float:
    """Return the size of a step in meters: larger for clips that extend farther than 65 m."""
    extents = [np.abs(centers - origin).max()]
    if clip.scan is not None and clip.scan.is_seen.any():
        extents.append(np.abs((clip.scan.points - centers[:, None])[clip.scan.is_seen]).max())
    return max(STEP_METERS, float(max(extents)) / MOST_STEPS)


def _points_of(clip: ViewedClip, centers: Floats) -> tuple[NDArray[Any], Floats, NDArray[np.uint8]]:
    """Return the number of distinct points per frame, all these points, and their parts."""
    if clip.scan is None:
        return np.zeros(clip.frames, np.int64), np.empty((0, 3)), np.empty(0, np.uint8)
    scan, seen = clip.scan, clip.scan.is_seen
    frames = np.broadcast_to(np.arange(clip.frames)[:, None], seen.shape)[seen]
    points, parts = (scan.points - centers[:, None])[seen], scan.parts[seen]
    order = np.lexsort((points[:, 2], parts, frames))
    return scan.distinct, points[order], parts[order]
