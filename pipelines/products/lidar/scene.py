"""A scene: the body of one clip, one sensor, and the resulting scan.

A scan is started first and awaited only when its sample is needed, so that a device can work on
many clips meanwhile.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.posing import ShapedBody, pose_joints
from motiondata.clip import Clip, hold_in_place
from motiondata.files import open_as_planned
from motiondata.guards import POSTURE_FLAGS, posture_flags
from motiondata.lidar.observer import Pending, RangeNoise, Request
from motiondata.lidar.placement import first_heading, invert_rigid, place_sensor, turn
from motiondata.mirroring import mirror_clip
from motiondata.sources.humanml3d.captions import find_captions
from pipelines.clips.inputs import InputFolders
from pipelines.clips.options import BuildOptions
from pipelines.clips.planned_clips import PlannedClip, PlannedSample
from pipelines.products.lidar.assets import LidarAssets
from pipelines.products.lidar.sample import LidarClip, lidar_values


@dataclass(frozen=True)
class Scene:
    """A clip to scan, and the pose of the sensor."""

    clip: Clip
    shaped: ShapedBody
    joints: NDArray[np.float64]
    """Shaped (frames, 22, 3), world frame, meters."""
    T_world_sensor: NDArray[np.float64]
    """Transform from the sensor frame to the world frame, shaped (4, 4)."""


@dataclass(frozen=True)
class PendingSample:
    """A sample whose scan is in progress."""

    planned: PlannedSample
    scene: Scene
    scan: Callable[[], LidarClip]
    """Wait for the scan and return it."""


def begin_samples(
    clip: Clip, shaped: ShapedBody, planned: PlannedClip, options: BuildOptions, assets: LidarAssets
) -> Iterator[PendingSample]:
    """Start the scan of each sample of a planned clip; yield the pending samples."""
    for sample in planned.samples:
        scene = make_scene(clip, shaped, sample, options)
        yield PendingSample(sample, scene, begin_scan(scene, sample.key, options, assets))


def finish_sample(
    pending: PendingSample, options: BuildOptions, paths: InputFolders, assets: LidarAssets
) -> tuple[str, dict[str, Any]]:
    """Return a sample's key and the values of its members.

    Raises `RecordingError` if the captions are invalid, and `OSError` as `read_clip` does.
    """
    sample, scene = pending.planned, pending.scene
    open_captions = partial(open_as_planned, sample.captions)
    captions = find_captions(paths.texts, sample.name, open_captions) if paths.texts else ()
    details = scene_details(scene, sample, options, assets)
    return sample.key, lidar_values(scene.clip, pending.scan(), details, captions)


def make_scene(
    clip: Clip, shaped: ShapedBody, sample: PlannedSample, options: BuildOptions
) -> Scene:
    """Mirror the clip or hold it in place, as the sample requires, and place the sensor."""
    varied = mirror_clip(clip) if sample.mirrored else clip
    varied = hold_in_place(varied) if options.in_place else varied
    joints = pose_joints(shaped, varied.pose, varied.trans)
    T_world_sensor = place_sensor(
        joints[:, 0],
        first_heading(joints),
        distance=options.distance,
        height=options.height,
        views=options.views,
    )
    return Scene(varied, shaped, joints, T_world_sensor[sample.view])


def begin_scan(
    scene: Scene, key: str, options: BuildOptions, assets: LidarAssets
) -> Callable[[], LidarClip]:
    """Start the scan of all frames of a scene.

    `key` and the options' seed determine the range noise.
    """
    request = Request(
        scene.shaped,
        scene.clip.pose,
        scene.clip.trans,
        invert_rigid(scene.T_world_sensor),
        RangeNoise(options.noise, options.seed, key),
    )
    return partial(_finish_scan, scene, assets.observer.begin(request))


def _finish_scan(scene: Scene, pending: Pending) -> LidarClip:
    seen = pending()
    T_sensor_world = invert_rigid(scene.T_world_sensor)
    joints = turn(T_sensor_world[:3, :3], scene.joints) + T_sensor_world[:3, 3]
    return LidarClip(seen.points, seen.hits, seen.parts, joints)


def scene_details(
    scene: Scene, sample: PlannedSample, options: BuildOptions, assets: LidarAssets
) -> dict[str, Any]:
    """Return the fields of a sample's JSON that describe its scene."""
    found = posture_flags(scene.joints)
    return {
        "mirrored": sample.mirrored,
        "in_place": options.in_place,
        "body": scene.shaped.body.id,
        "betas": scene.shaped.betas.tolist(),
        "sensor": assets.sensor.name,
        "view": sample.view,
        "T_world_sensor": scene.T_world_sensor.tolist(),
        "noise": options.noise,
        "seed": options.seed,
        "flags": {flag: flag in found for flag in POSTURE_FLAGS},
    }
