"""Measure posing, scanning and sampling separately on one core, for ours and for peers, in turns.

All use the same clips and bodies, and scans are compared ray by ray in the same run.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.builds.clips import BLENDED, ClipSet
from benchmarks.builds.peers import SAMPLERS, Smplx, is_installed, to_sensor
from benchmarks.common.timing import spread, take_turns
from benchmarks.kernels.agreement import add_agreements, compare_scans
from benchmarks.kernels.embree import CASTERS, RayCaster
from motiondata.bodies.body import Body
from motiondata.bodies.loading import read_body
from motiondata.bodies.posing import ShapedBody, pose_body, pose_joints
from motiondata.clip import Clip, hold_in_place
from motiondata.lidar.cpu.sampling import sample_scans
from motiondata.lidar.cpu.scanner import Scanner
from motiondata.lidar.placement import first_heading, invert_rigid, place_sensor
from motiondata.lidar.presets import sensor_preset
from motiondata.lidar.realism.dressing import undressed
from pipelines.clips.clip_source import ClipSource
from pipelines.clips.inputs import InputFolders
from pipelines.clips.options import ClipSelection, PackingOptions
from pipelines.clips.read_clip import shape_recorded_body
from pipelines.products.lidar.assets import load_assets
from pipelines.products.lidar.options import LidarOptions
from pipelines.products.lidar.scanner import LidarScanner

OURS = "ours"
POINTS = 384
POSED_METERS, HEIGHT = 8.0, 1.0
BUILT = ("os1-128-2048", 8.0)
"""The sensor of whole builds, and its distance in meters to the middle of the clip's path."""
CASES = (
    ("os1-128-2048", 3.0),
    BUILT,
    ("os1-128-2048", 20.0),
    ("os1-128-1024", 8.0),
    ("vlp-16", 8.0),
    ("os2-128-2048", 8.0),
)
"""Sensors and distances of the scan and sample stages."""

Runs = Mapping[str, Callable[[], object]]
Result = dict[str, Any]
"""A record of the JSON file."""


@dataclass(frozen=True)
class Extent:
    """The size of a measurement."""

    clips: int
    scanned_frames: int
    """Scanned frames per clip, evenly spread; clips are posed whole."""
    turns: int


@dataclass(frozen=True)
class Scene:
    """A clip and its shaped body."""

    clip: Clip
    shaped: ShapedBody

    def T_sensor_world(self, distance: float) -> NDArray[np.float64]:
        """Return the matrix (4, 4) from world to sensor frame, for a sensor at this distance."""
        joints = pose_joints(self.shaped, self.clip.pose, self.clip.trans)
        placed = place_sensor(joints[:, 0], first_heading(joints), distance=distance, height=HEIGHT)
        return invert_rigid(placed[0])

    def meshes(self, distance: float, frames: int) -> NDArray[np.float32]:
        """Return vertices of evenly spread frames, shaped (frames, vertices, 3), sensor frame."""
        to = self.T_sensor_world(distance)
        kept = np.linspace(0, self.clip.frames - 1, frames).astype(int)
        posed = pose_body(self.shaped, self.clip.pose[kept], self.clip.trans[kept], to)
        return np.ascontiguousarray(posed.vertices)


def measure_stages(clips: ClipSet, bodies: Mapping[str, Path], extent: Extent) -> Result:
    """Return the frames per second of all stages, and the agreement of the scans."""
    loaded = {name: read_body(path) for name, path in bodies.items()}
    scenes = {name: list(_scenes(clips, body, extent)) for name, body in loaded.items()}
    stages = [_measure_pose(name, bodies[name], scenes[name], extent) for name in bodies]
    hits: list[Result] = []
    for sensor, distance in CASES:
        case = _Case(sensor, distance, scenes[BLENDED], extent)
        stages += [case.measure_scan(), case.measure_sample()]
        hits += case.compare()
    kernels = _measure_kernels(bodies[BLENDED], scenes[BLENDED], extent)
    return {"stages": stages, "kernels": kernels, "hits": hits}


def _scenes(clips: ClipSet, body: Body, extent: Extent) -> Iterator[Scene]:
    for clip in clips.clips(extent.clips):
        yield Scene(clip, shape_recorded_body(clip.recording, body, mean_shape=False))


def _measure_pose(name: str, path: Path, scenes: Sequence[Scene], extent: Extent) -> Result:
    """Time the posing of whole clips into the sensor frame."""
    placed = [(scene.shaped, scene.clip, scene.T_sensor_world(POSED_METERS)) for scene in scenes]
    runs: dict[str, Callable[[], object]] = {
        OURS: lambda: [pose_body(body, clip.pose, clip.trans, to) for body, clip, to in placed]
    }
    if is_installed("smplx"):
        smplx = Smplx(path)
        runs["smplx"] = lambda: [
            to_sensor(smplx.pose(body.betas, clip.pose, clip.trans)[0], to)
            for body, clip, to in placed
        ]
    frames = sum(scene.clip.frames for scene in scenes)
    return {"stage": "pose", "body": name, **_rates(runs, frames, extent.turns)}


def as_planes(vertices: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return vertices (frames, vertices, 3) in the layout of our posing: (frames, 3, vertices)."""
    return np.ascontiguousarray(vertices.transpose(0, 2, 1))


def _measure_kernels(path: Path, scenes: Sequence[Scene], extent: Extent) -> Result:
    """Time everything that a build does between reading and writing, for whole clips."""
    sensor, distance = BUILT
    options = LidarOptions(sensor=sensor, distance=distance)
    source = ClipSource(ClipSelection(Path(), Path()), PackingOptions(), InputFolders(None, None))
    scanner = LidarScanner(source, options, load_assets(path, options))
    set_scenes = [
        scanner.make_scene(scene.clip, undressed(scene.shaped), mirrored=False, view=0, key="timed")
        for scene in scenes
    ]
    runs: dict[str, Callable[[], object]] = {
        OURS: lambda: [scanner.begin_scan(scene, "timed")() for scene in set_scenes]
    }
    return _rates(runs, sum(scene.clip.frames for scene in scenes), extent.turns)


class _Case:
    """One sensor at one distance."""

    def __init__(self, name: str, distance: float, scenes: Sequence[Scene], extent: Extent) -> None:
        body = scenes[0].shaped.body
        self.turns = extent.turns
        self.sensor = sensor_preset(name)
        self.faces, self.parts = body.faces, body.face_parts
        # In place, because people who walk toward the sensor have no fixed distance.
        held = [replace(scene, clip=hold_in_place(scene.clip)) for scene in scenes]
        self.meshes = [scene.meshes(distance, extent.scanned_frames) for scene in held]
        self.scanner = Scanner(self.sensor)
        self.scans = [self.scanner.scan_clip(mesh, self.faces) for mesh in self.meshes]
        self.frames = sum(map(len, self.meshes))
        hits = sum(len(scans.hits.faces) for scans in self.scans) / self.frames
        self.about: Result = {"sensor": name, "distance_m": distance, "hits_a_frame": hits}
        indices = self.faces.astype(np.uint32)
        self.casters = {
            part: RayCaster(self.sensor, indices, cast)
            for part, cast in CASTERS.items()
            if is_installed(part)
        }

    def measure_scan(self) -> Result:
        """Time scans of meshes in the sensor frame, each in the layout of its posing."""
        planes = [as_planes(mesh) for mesh in self.meshes]
        runs: dict[str, Callable[[], object]] = {
            OURS: lambda: [self.scanner.scan_planes(mesh, self.faces) for mesh in planes]
        }
        for part, caster in self.casters.items():
            runs[part] = lambda caster=caster: [caster.scan(mesh) for mesh in self.meshes]  # type: ignore[misc]
        return {"stage": "scan", **self.about, **_rates(runs, self.frames, self.turns)}

    def measure_sample(self) -> Result:
        """Time sampling of the same hits."""
        clouds = [[scan.points.copy() for scan in scans] for scans in self.scans]
        runs: dict[str, Callable[[], object]] = {
            OURS: lambda: [sample_scans(scans, self.parts, POINTS) for scans in self.scans]
        }
        for part, sample in SAMPLERS.items():
            if is_installed(part):
                runs[part] = lambda sample=sample: [sample(clip, POINTS) for clip in clouds]  # type: ignore[misc]
        return {"stage": "sample", **self.about, **_rates(runs, self.frames, self.turns)}

    def compare(self) -> Iterator[Result]:
        """Yield the agreement of our scans with those of each peer."""
        for part, caster in self.casters.items():
            agreement = add_agreements(
                [
                    compare_scans(scans, caster.scan(mesh), mesh, self.faces, self.sensor)
                    for scans, mesh in zip(self.scans, self.meshes, strict=True)
                ]
            )
            yield {"peer": part, **self.about, **asdict(agreement)}


def _rates(runs: Runs, frames: int, turns: int) -> Result:
    """Return the number of frames, and the frames per second of each run."""
    rates = {
        name: {
            "wall": spread(frames / each.wall for each in seconds)._asdict(),
            "cpu": spread(frames / each.cpu for each in seconds)._asdict(),
        }
        for name, seconds in take_turns(runs, turns).items()
    }
    return {"frames": frames, "rates": rates}
