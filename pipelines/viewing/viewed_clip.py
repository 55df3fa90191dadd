"""A clip as it is drawn: points, skeleton, sensor and captions, all in one world frame.

The world is AMASS's: z up, meters, the floor at z = 0. Points and joints of a scan are moved from
the sensor frame into it, so that clips of several datasets can be laid over each other.
"""

from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.captions import Caption, details_to_captions
from pipelines.clips.members import DETAILS, POSE, TRANS
from pipelines.products.lidar.members import HITS, JOINTS, PARTS, POINTS, SENSOR_POSE
from pipelines.viewing.drawn_members import DRAWN_ARRAYS
from pipelines.viewing.pose_pair import is_pair, skeleton_of_pair
from pipelines.viewing.skeletons import PARENTS_BY_JOINTS, PosedSkeleton, skeleton_of_features
from shards.errors import DatasetError
from shards.format.dataset import Dataset
from shards.format.reading import ShardReader

Floats = NDArray[np.float64]

NO_PART = 255
"""The body part of a point where nothing was hit."""
UNKNOWN_FPS = 20.0
"""The frame rate in Hz of a sample that does not state its own: about that of HumanML3D."""


@dataclass(frozen=True)
class Scan:
    """What a sensor sees of a clip."""

    points: Floats
    """Shaped (frames, points, 3), world frame, meters."""
    hits: NDArray[np.int32]
    """The number of rays that hit in each frame, shaped (frames,)."""
    parts: NDArray[np.uint8]
    """The body part of each point: the number of a joint, or `NO_PART`; shaped (frames, points)."""
    T_world_sensor: Floats
    """The pose of the sensor in each frame, shaped (frames, 4, 4)."""

    @property
    def distinct(self) -> NDArray[np.int32]:
        """The number of distinct points of each frame, shaped (frames,): the first ones are."""
        return np.minimum(self.hits, self.points.shape[1])

    @property
    def ranges(self) -> Floats:
        """The distance of each point from the sensor, meters, shaped (frames, points)."""
        lengths: Floats = np.linalg.norm(self.points - self.sensor[:, None], axis=-1)
        return lengths

    @property
    def sensor(self) -> Floats:
        """The position of the sensor in each frame, shaped (frames, 3), world frame."""
        return self.T_world_sensor[:, :3, 3]

    @property
    def is_seen(self) -> NDArray[np.bool_]:
        """Which points are distinct hits, shaped (frames, points)."""
        seen: NDArray[np.bool_] = np.arange(self.points.shape[1]) < self.distinct[:, None]
        return seen


@dataclass(frozen=True, eq=False)
class Meshes:
    """Surfaces in time, which need no body."""

    vertices: tuple[Floats, ...]
    """Shaped (vertices, 3) in each frame, world frame, meters."""
    faces: tuple[NDArray[np.int32], ...]
    """Shaped (faces, 3) in each frame."""


@dataclass(frozen=True)
class ViewedClip:
    """A clip of a dataset or of files. What it does not contain is None."""

    key: str
    frames: int
    fps: float
    """The true frame rate, Hz."""
    captions: tuple[Caption, ...]
    scan: Scan | None
    skeleton: PosedSkeleton | None
    pose: NDArray[np.float32] | None
    """Rotations of SMPL's 22 joints, shaped (frames, 22, 3), radians; a pair has both poses in its
    only frame."""
    trans: NDArray[np.float32] | None
    """AMASS's `trans`, shaped (frames, 3), meters."""
    details: Mapping[str, Any]
    """The sample's `json`, which names the body and has its betas."""
    meshes: Meshes | None = None

    @property
    def is_pair(self) -> bool:
        """Whether the clip is a pose pair, which is drawn side by side."""
        return is_pair(self.details)

    @property
    def seconds(self) -> float:
        """The length of the clip."""
        return self.frames / self.fps


def read_viewed_clip(dataset: Dataset, key: str) -> ViewedClip:
    """Read a clip of a dataset of any product.

    Raises `ShardError` for an unknown key, and `DatasetError` for a damaged sample.
    """
    row = dataset.row(key)
    with closing(ShardReader(dataset.place, dataset.shard(row.shard))) as reader:
        values = {
            suffix: reader.decoded(dataset.schema, row, suffix)
            for suffix in (*DRAWN_ARRAYS, DETAILS)
            if suffix in dataset.schema.members
        }
    return values_to_viewed_clip(key, row.frames, values)


def values_to_viewed_clip(key: str, frames: int, values: Mapping[str, Any]) -> ViewedClip:
    """Return a clip as it is drawn, given the values of its sample's members.

    Raises `DatasetError` if its `json` does not describe the clip.
    """
    details = values.get(DETAILS, {})
    try:
        scan = _scan_of(values, details)
        return ViewedClip(
            key,
            1 if is_pair(details) else frames,
            _fps_of(details),
            _captions_of(details),
            scan,
            _skeleton_of(values, details, scan),
            values.get(POSE),
            values.get(TRANS),
            details,
        )
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        message = f"does not describe the clip ({error}); was it changed by another program?"
        raise DatasetError(f"{key}.{DETAILS}", message) from error


def _fps_of(details: Mapping[str, Any]) -> float:
    fps = float(details.get("fps_out", UNKNOWN_FPS))
    return fps if np.isfinite(fps) and fps > 0 else UNKNOWN_FPS


def _captions_of(details: Mapping[str, Any]) -> tuple[Caption, ...]:
    return tuple(details_to_captions(details)) if "captions" in details else ()


def _scan_of(values: Mapping[str, Any], details: Mapping[str, Any]) -> Scan | None:
    if not {POINTS, HITS} <= values.keys():
        return None
    points = values[POINTS]
    placed = _sensor_of(values, details, len(points))
    pose = np.broadcast_to(np.eye(4), (len(points), 4, 4)) if placed is None else placed
    parts = values.get(PARTS, np.full(points.shape[:2], NO_PART, np.uint8))
    return Scan(_moved(points, pose), values[HITS], parts, pose)


def _sensor_of(values: Mapping[str, Any], details: Mapping[str, Any], frames: int) -> Floats | None:
    """Return the poses of the sensor, shaped (frames, 4, 4); None for a clip that has none."""
    placed = values.get(SENSOR_POSE, details.get("T_world_sensor"))
    return None if placed is None else np.broadcast_to(np.array(placed, np.float64), (frames, 4, 4))


def _skeleton_of(
    values: Mapping[str, Any], details: Mapping[str, Any], scan: Scan | None
) -> PosedSkeleton | None:
    """Return the skeleton; the joints of a scan stay when its points are dropped."""
    if JOINTS not in values or not len(values[JOINTS]):
        return None
    joints = values[JOINTS]
    if is_pair(details):
        return skeleton_of_pair(joints)
    sensor = scan.T_world_sensor if scan else _sensor_of(values, details, len(joints))
    if sensor is None:
        return skeleton_of_features(joints, details)
    parents = PARENTS_BY_JOINTS.get(joints.shape[1])
    return PosedSkeleton(_moved(joints, sensor), parents) if parents else None


def _moved(points: NDArray[np.float32], T_world_sensor: Floats) -> Floats:
    turned: Floats = points.astype(np.float64) @ np.swapaxes(T_world_sensor[:, :3, :3], -1, -2)
    return turned + T_world_sensor[:, None, :3, 3]
