"""The stored form of a LiDAR sample: dtypes, shapes and values of its members."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from math import prod
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from motiondata.captions import Caption
from motiondata.clip import Clip
from motiondata.skeletons import JOINTS as SKELETON_JOINTS
from pipelines.clips.clip_values import CLIP_COLUMNS, clip_columns, clip_values
from pipelines.clips.members import DETAILS, POSE, TEXT, TRANS
from pipelines.clips.planned_clips import PlannedClips
from pipelines.products.lidar.description import CROWDED
from pipelines.products.lidar.members import (
    BEAM,
    COLUMN,
    HITS,
    INTENSITY,
    JOINTS,
    LABEL,
    PARTS,
    POINTS,
    SENSOR_POSE,
    TIME,
)
from pipelines.products.lidar.options import LidarOptions
from shards.format.array_spec import ArraySpec
from shards.format.members import field_of
from shards.format.schema import Schema
from shards.format.stored_types import FLOAT32

MANIFEST_COLUMNS = pa.schema(
    [
        pa.field("hits_min", pa.int64(), nullable=False),
        pa.field("hits_mean", pa.float64(), nullable=False),
        pa.field("empty_frames", pa.int64(), nullable=False),
        pa.field("crowded_frames", pa.int64(), nullable=False),
        *CLIP_COLUMNS,
    ]
)
"""The manifest columns of LiDAR samples, in addition to the columns that all samples have."""

EXTRA_TYPES = {INTENSITY: "uint8", TIME: "float32", BEAM: "int16", COLUMN: "int32", LABEL: "uint8"}
"""The dtypes of the values of points that are stored only on request, in storage order."""
FURTHER = (*EXTRA_TYPES, SENSOR_POSE)
"""The members that not every dataset has, in storage order."""


@dataclass(frozen=True)
class LidarClip:
    """A clip as seen by one sensor, in the sensor frame: x forward, y left, z up, meters."""

    points: NDArray[np.float32]
    """Shaped (frames, points, 3), in farthest-point order; zero where nothing was hit."""
    hits: NDArray[np.int32]
    """Number of rays that hit, shaped (frames,); `min(hits, points)` points are distinct."""
    parts: NDArray[np.uint8]
    """Body part of each point, shaped (frames, points); 255 where nothing was hit."""
    joints: NDArray[np.float64]
    """Shaped (frames, 22, 3)."""
    extras: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    """Further values of each point, each shaped (frames, points), by field; and `sensor_pose`."""


def lidar_schema(points: int, further: tuple[str, ...] = (), store: str = FLOAT32) -> Schema:
    """Return the members of a sample with `points` points per frame, in storage order.

    `further` are the fields of members that not every dataset has, such as `time`; `store` is the
    type in which points are stored.
    """
    stored_as = None if store == FLOAT32 else store
    of_points = {
        suffix: ArraySpec(dtype, ("frames", points), counted_where=field_of(HITS))
        for suffix, dtype in EXTRA_TYPES.items()
    }
    specs = {**of_points, SENSOR_POSE: ArraySpec("float32", ("frames", 4, 4))}
    stored = {suffix: specs[suffix] for suffix in FURTHER if field_of(suffix) in further}
    return Schema(
        {
            POINTS: ArraySpec(FLOAT32, ("frames", points, 3), field_of(HITS), stored_as),
            HITS: ArraySpec("int32", ("frames",)),
            PARTS: ArraySpec("uint8", ("frames", points)),
            JOINTS: ArraySpec("float32", ("frames", SKELETON_JOINTS, 3)),
            POSE: ArraySpec("float32", ("frames", SKELETON_JOINTS, 3)),
            TRANS: ArraySpec("float32", ("frames", 3)),
            **stored,
            DETAILS: "json",
            TEXT: "text",
        }
    )


@cache
def frame_bytes(points: int, further: tuple[str, ...] = (), store: str = FLOAT32) -> int:
    """Return the number of bytes per frame in a shard: 5,540 at 384 points without others."""
    arrays = lidar_schema(points, further, store).arrays.values()
    sizes = (
        np.dtype(spec.dtype).itemsize * prod(axis for axis in spec.shape if isinstance(axis, int))
        for spec in (each.as_stored for each in arrays)
    )
    return sum(sizes)


@cache
def sample_bytes() -> int:
    """Return the approximate overhead per sample in bytes: headers, padding, captions, JSON."""
    members = len(lidar_schema(1).members)
    return members * (512 + 256) + 6 * 128 + 2048


def lidar_values(
    clip: Clip,
    seen: LidarClip,
    details: dict[str, Any],
    captions: tuple[Caption, ...],
    further: tuple[str, ...] = (),
) -> dict[str, Any]:
    """Return the values of a sample's members, in schema order, with those of `further`."""
    stored = {
        suffix: seen.extras[field_of(suffix)] for suffix in FURTHER if field_of(suffix) in further
    }
    return {
        POINTS: seen.points,
        HITS: seen.hits,
        PARTS: seen.parts,
        JOINTS: seen.joints.astype(np.float32),
        POSE: clip.pose.astype(np.float32),
        TRANS: clip.trans.astype(np.float32),
        **stored,
        **clip_values(clip, details, captions),
    }


def manifest_values(values: dict[str, Any], rays: int) -> dict[str, Any]:
    """Compute a sample's values for `MANIFEST_COLUMNS` from the values of its members.

    `rays` is the sensor's number of rays per frame.
    """
    hits = values[HITS]
    return {
        "hits_min": int(hits.min()),
        "hits_mean": float(hits.mean()),
        "empty_frames": int(np.count_nonzero(hits == 0)),
        "crowded_frames": int(np.count_nonzero(hits > CROWDED * rays)),
        **clip_columns(values[DETAILS]),
    }


def clip_bytes(clips: PlannedClips, options: LidarOptions) -> NDArray[np.int64]:
    """Estimate the size of each clip's samples in a shard, in bytes, shaped (clips,)."""
    per_frame = frame_bytes(options.points, options.further, options.store)
    return clips.frames * per_frame + clips.samples * sample_bytes()
