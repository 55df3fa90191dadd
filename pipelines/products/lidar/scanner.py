"""The open LiDAR product: it scans clips with the bodies, sensors and kernels that it holds.

A scan is started first and awaited only when its sample is needed, so that a device can work on
many clips meanwhile.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.posing import ShapedBody, pose_body, pose_joints
from motiondata.clip import Clip, hold_in_place
from motiondata.clip_moments import clip_at
from motiondata.guards import POSTURE_FLAGS, posture_flags
from motiondata.lidar.observer import Pending, RangeNoise, Request, Sweep
from motiondata.lidar.placement import invert_rigid
from motiondata.lidar.realism.dressing import DressedPerson, dress
from motiondata.lidar.realism.keyed_random import generator_of
from motiondata.lidar.realism.rolling_shutter import shutter_of
from motiondata.lidar.realism.street import draw_street
from motiondata.lidar.rigs.moments import Moments
from motiondata.lidar.sensor import Sensor
from motiondata.lidar.surroundings import Surroundings
from motiondata.mirroring import mirror_clip
from pipelines.clips.appraisal import Appraisal, judge
from pipelines.clips.clip_source import ClipSource
from pipelines.clips.planned_clips import PlannedClip, PlannedVariant
from pipelines.engine.product import FinishSamples
from pipelines.products.lidar.assets import LidarAssets
from pipelines.products.lidar.options import SENSOR_POSE, LidarOptions
from pipelines.products.lidar.places import draw_place, placed_at
from pipelines.products.lidar.sample import LidarClip, lidar_values
from pipelines.products.lidar.scene import joined
from pipelines.products.lidar.scenes import Scene, sweep_scene

Floats = NDArray[np.float64]

LONGEST_RUN = 600.0
"""A sample begins within this time after the sensor, seconds, so that scan patterns of samples
differ."""


@dataclass(frozen=True)
class PendingSample:
    """A sample whose scan is in progress."""

    variant: PlannedVariant
    scene: Scene
    scan: Callable[[], LidarClip]
    """Wait for the scan and return it."""

    @property
    def key(self) -> str:
        """The key of the sample."""
        return self.variant.keys[self.scene.view]


@dataclass(frozen=True)
class LidarScanner:
    """Makes LiDAR samples of planned clips. Do not share it: its observer serves one process."""

    source: ClipSource
    options: LidarOptions
    assets: LidarAssets

    @property
    def lookahead_frames(self) -> int:
        """The number of frames that the observer wants in progress at once."""
        return max(view.observer.lookahead_frames for view in self.assets.views)

    def prefetch(self, planned: PlannedClip) -> None:
        """Prefetch a clip's recording and captions."""
        self.source.prefetch(planned)

    def begin(self, planned: PlannedClip) -> FinishSamples:
        """Begin the scans of a clip; raises `RecordingError` if its recording is unusable."""
        clip, shaped = self.source.read(planned, self.assets.bodies, self.options.rate)
        judged = judge(clip, shaped) if self.options.quality else None
        pending = list(self._begin_samples(clip, shaped, planned))
        return lambda: [self._finish_sample(sample, judged) for sample in pending]

    def _begin_samples(
        self, clip: Clip, shaped: ShapedBody, planned: PlannedClip
    ) -> Iterator[PendingSample]:
        """Start the scan of each sample of a planned clip; yield the pending samples."""
        for variant in planned.variants:
            person = dress(shaped, self.assets.realism, self.options.seed, variant.keys[0])
            for view, key in enumerate(variant.keys):
                scene = self.make_scene(clip, person, variant.mirrored, view, key)
                yield PendingSample(variant, scene, self.begin_scan(scene, key))

    def _finish_sample(
        self, pending: PendingSample, judged: Appraisal | None
    ) -> tuple[str, dict[str, Any]]:
        """Return a sample's key and the values of its members; raises as `read_captions` does."""
        captions = self.source.read_captions(pending.variant)
        details = self._details(pending.scene, pending.variant.mirrored, judged)
        return pending.key, lidar_values(
            pending.scene.clip, pending.scan(), details, captions, self.options.further
        )

    def make_scene(
        self, clip: Clip, person: DressedPerson, mirrored: bool, view: int, key: str
    ) -> Scene:
        """Mirror the clip or hold it in place, as the sample requires, and place the sensor.

        `key` and the options' seed determine the place, where options are ranges.
        """
        varied = self._varied(clip, mirrored)
        joints = pose_joints(person.shaped, varied.pose, varied.trans)
        times = np.arange(varied.frames) / varied.fps
        moments = Moments(times, varied.pose, joints, joints)
        drawn = draw_place(self.options, key)
        placement = placed_at(self.assets.views[view].placement, drawn)
        T_world_sensor = placement.poses(moments)
        return Scene(varied, clip, mirrored, person, joints, T_world_sensor, view, drawn)

    def _varied(self, clip: Clip, mirrored: bool, place: Floats | None = None) -> Clip:
        """Return a clip mirrored or held in place, at its first place or another, shaped (2,)."""
        varied = mirror_clip(clip) if mirrored else clip
        return hold_in_place(varied, place) if self.source.selection.in_place else varied

    def begin_scan(self, scene: Scene, key: str) -> Callable[[], LidarClip]:
        """Start the scan of all frames of a scene.

        `key` and the options' seed determine all that is random in it.
        """
        view = self.assets.views[scene.view]
        request = Request(
            scene.person.shaped,
            scene.clip.pose,
            scene.clip.trans,
            invert_rigid(scene.T_world_sensor),
            RangeNoise(self.options.noise, self.options.seed, key),
            scene.person.appearance,
            self._surroundings_of(scene, key),
            self._sweep_of(scene),
            compensated=view.placed is not None and view.placed.compensated,
            frame_rate=scene.clip.fps,
            start=start_of(view.sensor, self.options.seed, key),
        )
        return partial(_finish_scan, scene, view.observer.begin(request))

    def _sweep_of(self, scene: Scene) -> Sweep | None:
        """Return the person at both ends of their sector of each turn; None for still bodies."""
        view, place = self.assets.views[scene.view], scene.clip.trans[0, :2]
        shutter = shutter_of(view.sensor, self.assets.realism)
        if shutter.seconds_per_turn == 0:
            return None

        def moved(seconds: Floats) -> Clip:
            return self._varied(clip_at(scene.original, seconds), scene.mirrored, place)

        return sweep_scene(scene, view.placement, shutter, moved)

    def _surroundings_of(self, scene: Scene, key: str) -> Surroundings | None:
        mesh = self.assets.scene
        return joined(self._street_of(scene, key), None if mesh is None else mesh.surroundings)

    def _street_of(self, scene: Scene, key: str) -> Surroundings | None:
        """Draw the street of a sample, in which other people stand as in the first frame."""
        settings, shaped = self.assets.realism, scene.person.shaped
        if settings.box_radius_m == 0:
            return None
        first = pose_body(shaped, scene.clip.pose[:1], scene.clip.trans[:1])
        return draw_street(
            settings,
            generator_of(self.options.seed, "street", key),
            scene.joints[:, 0],
            scene.middle_pose[:3, 3],
            (first.vertices[0].astype(np.float64), shaped.body.faces),
        )

    def _details(self, scene: Scene, mirrored: bool, judged: Appraisal | None) -> dict[str, Any]:
        """Return the fields of a sample's JSON that describe its scene and its motion."""
        found, view = posture_flags(scene.joints), self.assets.views[scene.view]
        flags = {flag: flag in found for flag in POSTURE_FLAGS}
        return {
            "mirrored": mirrored,
            "in_place": self.source.selection.in_place,
            "body": scene.person.shaped.body.id,
            "betas": scene.person.shaped.betas.tolist(),
            "sensor": view.sensor.name,
            **({} if view.placed is None else {"placement": view.placed.name}),
            "view": scene.view,
            **({"drawn": {**scene.drawn}} if scene.drawn else {}),
            **({} if view.placement.moves else {"T_world_sensor": scene.T_world_sensor.tolist()}),
            "noise": self.options.noise,
            "seed": self.options.seed,
            **({} if judged is None else {"quality": judged.quality}),
            "flags": flags if judged is None else {**judged.flags, **flags},
        }


def start_of(sensor: Sensor, seed: int, key: str) -> float:
    """Return when a sample begins, seconds since the sensor runs; 0 without a scan pattern."""
    if sensor.pattern is None:
        return 0.0
    return float(generator_of(seed, "start", key).uniform(0, LONGEST_RUN))


def _finish_scan(scene: Scene, pending: Pending) -> LidarClip:
    seen = pending()
    extras = {**seen.extras, SENSOR_POSE: scene.frame_poses.astype(np.float32)}
    return LidarClip(seen.points, seen.hits, seen.parts, scene.seen_joints, extras)
