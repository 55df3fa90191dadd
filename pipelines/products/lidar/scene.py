"""A scene: one clip's body and one sensor, and what the sensor sees of it.

A scan is begun first and waited for when its sample is wanted, so that a device has many clips to
work at meanwhile.
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
    """A clip as it is to be scanned, and where the sensor stands."""

    clip: Clip
    shaped: ShapedBody
    joints: NDArray[np.float64]
    """Shaped (frames, 22, 3), world frame, metres."""
    T_world_sensor: NDArray[np.float64]
    """Shaped (4, 4)."""


@dataclass(frozen=True)
class PendingSample:
    """A sample whose scene is being scanned."""

    planned: PlannedSample
    scene: Scene
    scan: Callable[[], LidarClip]
    """Waits for the scan."""


def begin_samples(
    clip: Clip, shaped: ShapedBody, planned: PlannedClip, options: BuildOptions, assets: LidarAssets
) -> Iterator[PendingSample]:
    """Begin to scan each of a planned clip's samples."""
    for sample in planned.samples:
        scene = make_scene(clip, shaped, sample, options)
        yield PendingSample(sample, scene, begin_scan(scene, sample.key, options, assets))


def finish_sample(
    pending: PendingSample, options: BuildOptions, paths: InputFolders, assets: LidarAssets
) -> tuple[str, dict[str, Any]]:
    """Return the key and the members' values of a sample.

    Raises `RecordingError` where its captions are no good, `OSError` as `read_clip` does.
    """
    sample, scene = pending.planned, pending.scene
    open_captions = partial(open_as_planned, sample.captions)
    captions = find_captions(paths.texts, sample.name, open_captions) if paths.texts else ()
    details = scene_details(scene, sample, options, assets)
    return sample.key, lidar_values(scene.clip, pending.scan(), details, captions)


def make_scene(
    clip: Clip, shaped: ShapedBody, sample: PlannedSample, options: BuildOptions
) -> Scene:
    """Vary a clip as a sample asks for, and place the sample's sensor."""
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
    """Begin to scan all frames of a scene; `key` and the options' seed decide the range noise."""
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
    """Return what a sample's JSON says of its scene."""
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
