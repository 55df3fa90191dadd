"""Measure frames per second of the kernels on one core against vertices, columns and points."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from benchmarks.builds.clips import ClipSet
from benchmarks.builds.stages import BUILT, POINTS, Scene, as_planes
from benchmarks.common.timing import spread, take_turns
from benchmarks.growth.bodies import decimated, subdivided
from motiondata.bodies.body import Body
from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import pose_body
from motiondata.clip import Clip
from motiondata.lidar.cpu.sampling import sample_scans
from motiondata.lidar.cpu.scanner import Scanner
from motiondata.lidar.presets import sensor_preset
from motiondata.lidar.sensor import Sensor
from pipelines.clips.read_clip import shape_recorded_body

FRAMES, TURNS = 48, 3
SENSOR, METERS = BUILT
NEAR_METERS = 3.0
"""The distance at which a body has enough hits for many points."""

COLUMNS = (512, 1024, 2048, 4096, 8192)
SAMPLED = (96, 192, 384, 768, 1536)
DECIMATED = (1725, 3450)
SUBDIVISIONS = 2

Point = dict[str, Any]
"""The varied parameter, its value, and frames per second of processor time by stage."""


@dataclass(frozen=True)
class _Work:
    """The parameters of one measured point."""

    body: Body
    sensor: Sensor
    points: int = POINTS
    distance: float = METERS


def measure_kernels(clips: ClipSet) -> list[Point]:
    """Measure all points on the beginning of the first clip."""
    clip = clips.clips(1)[0]
    return [
        {"varied": varied, "value": value, **_measure(clip, work)}
        for varied, value, work in _works()
    ]


def _works() -> Iterator[tuple[str, int, _Work]]:
    body, sensor = bundled_body(), sensor_preset(SENSOR)
    for each in _bodies(body):
        yield "vertices", len(each.vertices), _Work(each, sensor)
    for columns in COLUMNS:
        yield "columns", columns, _Work(body, replace(sensor, columns=columns))
    for points in SAMPLED:
        yield "points", points, _Work(body, sensor, points, NEAR_METERS)


def _bodies(body: Body) -> Iterator[Body]:
    yield from (decimated(body, vertices) for vertices in DECIMATED)
    yield body
    for _ in range(SUBDIVISIONS):
        body = subdivided(body)
        yield body


def _measure(clip: Clip, work: _Work) -> dict[str, float]:
    shaped = shape_recorded_body(clip.recording, work.body, mean_shape=False)
    pose, trans = clip.pose[:FRAMES], clip.trans[:FRAMES]
    to_sensor = Scene(clip, shaped).T_sensor_world(work.distance)
    scanner = Scanner(work.sensor)
    vertices = pose_body(shaped, pose, trans, to_sensor).vertices
    scans, planes = scanner.scan_clip(vertices, work.body.faces), as_planes(vertices)
    runs: dict[str, Callable[[], object]] = {
        "pose": lambda: pose_body(shaped, pose, trans, to_sensor),
        "scan": lambda: scanner.scan_planes(planes, work.body.faces),
        "sample": lambda: sample_scans(scans, work.body.face_parts, work.points),
    }
    return {
        stage: spread(len(trans) / each.cpu for each in seconds).median
        for stage, seconds in take_turns(runs, TURNS).items()
    }
