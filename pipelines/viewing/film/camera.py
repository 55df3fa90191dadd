"""A camera that follows the person of a clip, at a fixed direction and distance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from motiondata.errors import InputError
from pipelines.viewing.film.options import View
from pipelines.viewing.viewed_clip import ViewedClip

Floats = NDArray[np.float64]

METERS = 7.0
"""The distance of the camera: far enough that near limbs are not enlarged much."""
TILT = np.radians(12.0)
"""The angle at which the camera looks down."""
MARGIN_METERS = 0.25
"""Surface and air around the joints."""
HEAD_METERS = 0.15
"""What is above the joint of the head, in addition to the margin."""
SMOOTH_SECONDS = 0.25
"""The camera follows the pelvis, smoothed, so that the floor does not sway with each step."""
TURNS = {"three-quarter": 40.0, "front": 0.0, "side": 90.0, "back": 180.0}
"""Degrees from the direction that the person faces in the first frame, counterclockwise."""
WORLD_FORWARD = np.array([0.0, -1.0])
"""The direction of a person that no pose states: that of an unrotated AMASS recording."""


@dataclass(frozen=True)
class Camera:
    """The camera of one frame."""

    eye: Floats
    """Its position, shaped (3,), world frame, meters."""
    axes: Floats
    """Its directions to the right, up, and forward, shaped (3, 3)."""
    target: Floats
    """The point in the middle of the picture, shaped (3,)."""
    focal: float
    """The focal length in pixels."""
    size: tuple[int, int]
    """Width and height, pixels."""

    def project(self, points: Floats) -> Floats:
        """Return column, row, and depth of points (n, 3)."""
        right, up, depth = ((points - self.eye) @ self.axes.T).T
        scale = self.focal / np.where(depth > 0, depth, np.inf)
        width, height = self.size
        return np.stack([width / 2 + right * scale, height / 2 - up * scale, depth], axis=1)


@dataclass(frozen=True)
class Path:
    """The cameras of all frames of a clip, for a picture of any size."""

    targets: Floats
    """Shaped (frames, 3)."""
    backward: Floats
    """The direction from the person to the camera, a unit vector, shaped (3,)."""
    half_width: float
    half_height: float
    """Half the extent that is in the picture, meters."""

    def camera(self, frame: int, size: tuple[int, int]) -> Camera:
        """Return the camera of a frame."""
        right = np.cross([0.0, 0.0, 1.0], self.backward)
        right /= np.linalg.norm(right)
        axes = np.stack([right, np.cross(self.backward, right), -self.backward])
        target = self.targets[frame]
        focal = METERS * min(size[0] / 2 / self.half_width, size[1] / 2 / self.half_height)
        return Camera(target + METERS * self.backward, axes, target, focal, size)


def path_around(clip: ViewedClip, view: View) -> Path:
    """Return cameras from which all of a clip is in the picture.

    Raises `InputError` if the clip has nothing to draw, or no sensor for its view.
    """
    shown = _shown(clip)
    centers = np.array([np.median(points, axis=0) if len(points) else np.full(3, np.nan)
                        for points in shown])  # fmt: skip
    if clip.skeleton is not None:
        centers = clip.skeleton.joints[:, clip.skeleton.roots].mean(axis=1)
    centers = _filled(centers)
    targets = gaussian_filter1d(centers, SMOOTH_SECONDS * clip.fps, axis=0, mode="nearest")
    heights = np.concatenate([points[:, 2] for points in shown])
    low, high = min(0.0, float(heights.min())), float(heights.max()) + HEAD_METERS
    targets[:, 2] = (low + high) / 2
    reach = max(
        float(np.linalg.norm((points - target)[:, :2], axis=1).max(initial=0))
        for points, target in zip(shown, targets, strict=True)
    )
    backward = _backward(clip, view, targets[0])
    return Path(targets, backward, reach + MARGIN_METERS, (high - low) / 2 + MARGIN_METERS)


def _shown(clip: ViewedClip) -> list[Floats]:
    """Return the positions of each frame that must be in the picture."""
    if clip.skeleton is not None:
        return list(clip.skeleton.joints)
    if clip.scan is None or not clip.scan.is_seen.any():
        raise InputError(f"{clip.key}: expected points, joints or a pose, found none to draw")
    seen = clip.scan.is_seen
    return [points[is_seen] for points, is_seen in zip(clip.scan.points, seen, strict=True)]


def _filled(centers: Floats) -> Floats:
    """Return positions in which frames without one have that of the nearest frame with one."""
    known = np.flatnonzero(np.isfinite(centers[:, 0]))
    nearest = known[np.abs(np.arange(len(centers))[:, None] - known).argmin(axis=1)]
    filled: Floats = centers[nearest]
    return filled


def _backward(clip: ViewedClip, view: View, target: Floats) -> Floats:
    level = _to_sensor(clip, target) if view == "sensor" else _turned(_forward(clip), TURNS[view])
    level = level / max(float(np.linalg.norm(level)), 1e-9)
    return np.array([*(level * np.cos(TILT)), np.sin(TILT)])


def _to_sensor(clip: ViewedClip, target: Floats) -> Floats:
    if clip.scan is None:
        raise InputError("--view sensor: expected a LiDAR dataset, found a clip without a sensor")
    level: Floats = (clip.scan.sensor[0] - target)[:2]
    return level


def _forward(clip: ViewedClip) -> Floats:
    if clip.pose is None or not len(clip.pose):
        return WORLD_FORWARD
    level: Floats = Rotation.from_rotvec(clip.pose[0, 0]).apply([0.0, 0.0, 1.0])[:2]
    return level if np.linalg.norm(level) > 0.1 else WORLD_FORWARD


def _turned(level: Floats, degrees: float) -> Floats:
    cos, sin = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    return np.array([[cos, -sin], [sin, cos]]) @ level
