"""The open LiDAR product: it scans clips with the bodies, the sensor and the kernels that it holds.

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
from motiondata.lidar.placement import first_heading, invert_rigid, place_sensor, turn
from motiondata.lidar.realism.dressing import DressedPerson, dress
from motiondata.lidar.realism.keyed_random import generator_of
from motiondata.lidar.realism.rolling_shutter import sector_times, shutter_of, sweep_of
from motiondata.lidar.realism.street import draw_street
from motiondata.lidar.sensor import Sensor
from motiondata.lidar.surroundings import Surroundings
from motiondata.mirroring import mirror_clip
from pipelines.clips.appraisal import Appraisal, judge
from pipelines.clips.clip_source import ClipSource
from pipelines.clips.planned_clips import PlannedClip, PlannedVariant
from pipelines.engine.product import FinishSamples
from pipelines.products.lidar.assets import LidarAssets
from pipelines.products.lidar.options import LidarOptions
from pipelines.products.lidar.sample import LidarClip, lidar_values
from pipelines.products.lidar.scene import joined

Floats = NDArray[np.float64]

LONGEST_RUN = 600.0
"""A sample begins within this time after the sensor, seconds, so that scan patterns of samples
differ."""


@dataclass(frozen=True)
class Scene:
    """A clip to scan, and the pose of the sensor."""

    clip: Clip
    """Mirrored or held in place, as the sample requires."""
    original: Clip
    """As cut from its recording."""
    mirrored: bool
    person: DressedPerson
    joints: Floats
    """Shaped (frames, 22, 3), world frame, meters."""
    T_world_sensor: Floats
    """Transform from the sensor frame to the world frame, shaped (4, 4)."""
    view: int
    """The number of the sensor around the subject; 0 is the one in front."""


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
        return self.assets.observer.lookahead_frames

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
                scene = self.make_scene(clip, person, variant.mirrored, view)
                yield PendingSample(variant, scene, self.begin_scan(scene, key))

    def _finish_sample(
        self, pending: PendingSample, judged: Appraisal | None
    ) -> tuple[str, dict[str, Any]]:
        """Return a sample's key and the values of its members; raises as `read_captions` does."""
        captions = self.source.read_captions(pending.variant)
        details = self._details(pending.scene, pending.variant.mirrored, judged)
        return pending.key, lidar_values(
            pending.scene.clip, pending.scan(), details, captions, self.options.extras
        )

    def make_scene(self, clip: Clip, person: DressedPerson, mirrored: bool, view: int) -> Scene:
        """Mirror the clip or hold it in place, as the sample requires, and place the sensor."""
        varied = self._varied(clip, mirrored)
        joints = pose_joints(person.shaped, varied.pose, varied.trans)
        T_world_sensor = place_sensor(
            joints[:, 0],
            first_heading(joints),
            distance=self.options.distance,
            height=self.options.height,
            views=self.options.views,
        )
        return Scene(varied, clip, mirrored, person, joints, T_world_sensor[view], view)

    def _varied(self, clip: Clip, mirrored: bool, place: Floats | None = None) -> Clip:
        """Return a clip mirrored or held in place, at its first place or another, shaped (2,)."""
        varied = mirror_clip(clip) if mirrored else clip
        return hold_in_place(varied, place) if self.source.selection.in_place else varied

    def begin_scan(self, scene: Scene, key: str) -> Callable[[], LidarClip]:
        """Start the scan of all frames of a scene.

        `key` and the options' seed determine all that is random in it.
        """
        request = Request(
            scene.person.shaped,
            scene.clip.pose,
            scene.clip.trans,
            invert_rigid(scene.T_world_sensor),
            RangeNoise(self.options.noise, self.options.seed, key),
            scene.person.appearance,
            self._surroundings_of(scene, key),
            self._sweep_of(scene),
            frame_rate=scene.clip.fps,
            start=start_of(self.assets.sensor, self.options.seed, key),
        )
        return partial(_finish_scan, scene, self.assets.observer.begin(request))

    def _sweep_of(self, scene: Scene) -> Sweep | None:
        """Return the person at both ends of their sector of each turn; None for still bodies."""
        shutter = shutter_of(self.assets.sensor, self.assets.realism)
        if shutter.seconds_per_turn == 0:
            return None
        times = sector_times(shutter, _seen_joints(scene))
        place = scene.clip.trans[0, :2]

        def moved(seconds: Floats) -> Clip:
            return self._varied(clip_at(scene.original, seconds), scene.mirrored, place)

        return sweep_of(times, moved)

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
            scene.T_world_sensor[:3, 3],
            (first.vertices[0].astype(np.float64), shaped.body.faces),
        )

    def _details(self, scene: Scene, mirrored: bool, judged: Appraisal | None) -> dict[str, Any]:
        """Return the fields of a sample's JSON that describe its scene and its motion."""
        found = posture_flags(scene.joints)
        flags = {flag: flag in found for flag in POSTURE_FLAGS}
        return {
            "mirrored": mirrored,
            "in_place": self.source.selection.in_place,
            "body": scene.person.shaped.body.id,
            "betas": scene.person.shaped.betas.tolist(),
            "sensor": self.assets.sensor.name,
            "view": scene.view,
            "T_world_sensor": scene.T_world_sensor.tolist(),
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
    return LidarClip(seen.points, seen.hits, seen.parts, _seen_joints(scene), seen.extras)


def _seen_joints(scene: Scene) -> Floats:
    """Return the joints in the sensor frame, shaped (frames, 22, 3)."""
    T_sensor_world = invert_rigid(scene.T_world_sensor)
    return turn(T_sensor_world[:3, :3], scene.joints) + T_sensor_world[:3, 3]
