"""A clip to scan, and the pose of a sensor."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.posing import pose_joints
from motiondata.clip import Clip
from motiondata.lidar.observer import Sweep
from motiondata.lidar.placement import invert_rigid, turn
from motiondata.lidar.realism.dressing import DressedPerson
from motiondata.lidar.realism.rolling_shutter import Shutter, sector_times, sweep_of
from motiondata.lidar.rigs.moments import Moments
from motiondata.lidar.rigs.placements import Placement

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Scene:
    """A clip to scan, and the pose of a sensor."""

    clip: Clip
    """Mirrored or held in place, as the sample requires."""
    original: Clip
    """As cut from its recording."""
    mirrored: bool
    person: DressedPerson
    joints: Floats
    """Shaped (frames, 22, 3), world frame, meters."""
    T_world_sensor: Floats
    """Transform from the sensor frame to the world frame, shaped (4, 4); for a sensor that moves,
    that of each frame, shaped (frames, 4, 4)."""
    view: int
    """The number of the sensor; of those around the subject, 0 is the one in front."""
    drawn: Mapping[str, float] = field(default_factory=dict)
    """What the sample drew of the place of its sensor, by option: meters, degrees."""

    @property
    def frame_poses(self) -> Floats:
        """`T_world_sensor` of each frame, shaped (frames, 4, 4)."""
        return np.broadcast_to(self.T_world_sensor, (self.clip.frames, 4, 4))

    @property
    def seen_joints(self) -> Floats:
        """The joints in the sensor frame, shaped (frames, 22, 3)."""
        return to_sensor(self.T_world_sensor, self.joints)

    @property
    def middle_pose(self) -> Floats:
        """`T_world_sensor` in the middle of the clip, shaped (4, 4)."""
        middle: Floats = self.frame_poses[self.clip.frames // 2]
        return middle

    def moments(self, moved: Clip, seconds: Floats) -> Moments:
        """Return the person when each frame of the clip is moved in time."""
        joints = pose_joints(self.person.shaped, moved.pose, moved.trans)
        times = np.arange(self.clip.frames) / self.clip.fps + seconds
        return Moments(times, moved.pose, joints, self.joints)


def to_sensor(T_world_sensor: Floats, joints: Floats) -> Floats:
    """Return joints, shaped (frames, 22, 3), in the frame of a sensor.

    `T_world_sensor` is shaped (4, 4) or (frames, 4, 4).
    """
    inverse = invert_rigid(T_world_sensor)[..., None, :, :]
    return turn(inverse[..., :3, :3], joints) + inverse[..., :3, 3]


def sweep_scene(
    scene: Scene, placement: Placement, shutter: Shutter, moved: Callable[[Floats], Clip]
) -> Sweep:
    """Return the person, and a sensor that moves, at both ends of the person's sector of each turn.

    `moved` moves the frames of the clip in time, seconds.
    """
    times = sector_times(shutter, scene.seen_joints)
    if not placement.moves:
        return sweep_of(times, moved)

    def look(seconds: Floats) -> tuple[Floats, Floats]:
        moments = scene.moments(moved(seconds), seconds)
        T_world_sensor = placement.poses(moments)
        return T_world_sensor, to_sensor(T_world_sensor, moments.joints)

    times = sector_times(shutter, look(times.mean(axis=0))[1])
    placed = np.stack([look(seconds)[0] for seconds in (*times, times.mean(axis=0))])
    return replace(sweep_of(times, moved), T_sensor_world=invert_rigid(placed))
