"""Simulated people at the places of real ones: several walking poses and draws of clothes each."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
from numpy.typing import NDArray

from benchmarks.realism.people import sensor_of
from benchmarks.realism.person import Person
from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import ShapedBody, pose_body, shape_body
from motiondata.lidar.observer import RangeNoise, Request
from motiondata.lidar.placement import first_heading
from motiondata.lidar.realism.dressing import dress
from motiondata.lidar.realism.keyed_random import generator_of
from motiondata.lidar.realism.observer import RealisticObserver
from motiondata.lidar.realism.settings import Realism
from motiondata.lidar.scans import Scan
from motiondata.lidar.sensor import Sensor
from motiondata.sources.humanml3d.trimming import INDEX_FPS, frame_stride, lead_in_frames
from motiondata.synthesis.corpus.recordings import make_recording

Floats = NDArray[np.float64]

POSES = 24
MAX_RECORDINGS = 400


@dataclass(frozen=True, eq=False)
class Pose:
    """One pose of a walking person."""

    rotations: Floats
    """Axis-angle, radians, shaped (22, 3), world frame, z up."""
    heading: float
    """Radians."""


@cache
def walking_poses() -> tuple[Pose, ...]:
    """Return poses of synthetic people who walk, one per recording."""
    poses: list[Pose] = []
    for number in range(MAX_RECORDINGS):
        recording = make_recording(0, number)
        for clip in recording.clips:
            walks = [done for done in clip.acts if done.act.kind == "walk"]
            if walks and len(poses) < POSES:
                middle = (walks[0].start_seconds + walks[0].end_seconds) / 2 * INDEX_FPS
                lead_in = lead_in_frames(recording.slot.subset)
                kept = lead_in + clip.start_frame + round(middle)
                poses.append(_pose(recording.motion.pose[frame_stride(recording.slot.fps) * kept]))
                break
    return tuple(poses)


def _pose(rotations: Floats) -> Pose:
    posed = pose_body(_body(1.0), rotations[None], np.zeros((1, 3)))
    facing = first_heading(posed.joints)
    return Pose(rotations, float(np.arctan2(facing[1], facing[0])))


@cache
def _body(scale: float) -> ShapedBody:
    shaped = shape_body(bundled_body(), np.zeros(0))
    return replace(shaped, vertices=shaped.vertices * scale, joints=shaped.joints * scale)


def body_of(height: float, settings: Realism) -> ShapedBody:
    """Return the bundled body that walks, in its clothes, with a median height, meters.

    Heights of real people are measured while they walk, with soles: bare bodies are 3 percent
    lower in these poses than at rest.
    """
    return _body(round(height / _walking_height(settings), 3))


@cache
def _walking_height(settings: Realism) -> float:
    """Return the median height of the dressed body in all poses, meters."""
    heights = []
    for number, pose in enumerate(walking_poses()):
        shaped = dress(_body(1.0), settings, 0, f"height/{number}").shaped
        posed = pose_body(shaped, pose.rotations[None], np.zeros((1, 3)))
        heights.append(float(np.ptp(posed.vertices[0, :, 2])))
    return float(np.median(heights))


def simulated(
    person: Person, sensor: Sensor, settings: Realism, draws: int, seed: int = 0
) -> Iterator[Scan]:
    """Yield scans of simulated people who walk at the place of a real one, in the sensor frame."""
    observer = RealisticObserver(sensor_of(person, sensor), 1, settings)
    poses, generator = walking_poses(), generator_of(seed, "draws", person.name)
    for draw in range(draws):
        pose = poses[int(generator.integers(len(poses)))]
        known = np.isfinite(person.yaw)
        yaw = person.yaw if known else generator.uniform(-np.pi, np.pi)
        key = f"{person.name}/{draw}"
        dressed = dress(body_of(person.height, settings), settings, seed, key)
        T_sensor_world = _placed(person, pose, yaw - pose.heading, dressed.shaped)
        request = Request(
            dressed.shaped, pose.rotations[None], np.zeros((1, 3)), T_sensor_world,
            RangeNoise(0.0, seed, key), dressed.appearance,
        )  # fmt: skip
        yield observer.returns(request).scans.hits


def _placed(person: Person, pose: Pose, turn: float, shaped: ShapedBody) -> Floats:
    """Return the transform that puts a pose at a person's place, feet on the floor."""
    posed = pose_body(shaped, pose.rotations[None], np.zeros((1, 3)))
    lowest = float(posed.vertices[0, :, 2].min())
    cosine, sine = np.cos(turn), np.sin(turn)
    placed = np.eye(4)
    placed[:2, :2] = [[cosine, -sine], [sine, cosine]]
    vertices = posed.vertices[0, :, :2].astype(np.float64) @ placed[:2, :2].T
    placed[:2, 3] = person.place - (vertices.min(axis=0) + vertices.max(axis=0)) / 2
    placed[2, 3] = person.floor - lowest
    return placed
