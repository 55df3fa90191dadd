"""Rolling shutter of a sensor that moves: beside one that is placed anew for every column."""

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest

from motiondata.bodies.posing import pose_body, pose_joints
from motiondata.clip_moments import clip_at
from motiondata.lidar.cpu.scanner import Scanner
from motiondata.lidar.observer import RangeNoise, Request
from motiondata.lidar.placement import invert_rigid, turn
from motiondata.lidar.presets import sensor_preset
from motiondata.lidar.realism.dressing import undressed
from motiondata.lidar.realism.observer import RealisticObserver
from motiondata.lidar.realism.rolling_shutter import shutter_of
from motiondata.lidar.realism.settings import Realism
from motiondata.lidar.rigs.attitude import Attitude
from motiondata.lidar.rigs.moments import Moments
from motiondata.lidar.rigs.mounts import JointMount, Mount, Vehicle, WorldMount
from motiondata.lidar.rigs.placements import OnMount, Placement
from motiondata.lidar.rigs.trajectory import SteadyMotion
from motiondata.skeletons import JOINT
from pipelines.products.lidar.scenes import Scene, sweep_scene
from tests.motiondata.lidar.realism.test_rolling_shutter import BARE, Hits, runner

VLP16 = sensor_preset("vlp-16")
ON = Realism(rolling_shutter=1.0)
MOUNTS: dict[str, tuple[Mount, Attitude]] = {
    "car": (Vehicle(WorldMount(), Attitude((0.0, -2.0, 0.9)), SteadyMotion(8.0, 20.0)), Attitude()),
    "wrist": (JointMount(JOINT["left_wrist"]), Attitude((0.0, 2.5, 0.0), yaw_deg=-90.0)),
}


def placed(placement: Placement) -> Scene:
    clip = runner(5.0)
    joints = pose_joints(BARE, clip.pose, clip.trans)
    moments = Moments(np.arange(clip.frames) / clip.fps, clip.pose, joints, joints)
    return Scene(clip, clip, False, undressed(BARE), joints, placement.poses(moments), 0)


def observed(scene: Scene, placement: Placement, settings: Realism) -> Hits:
    """Return the ranges of a scene by frame, beam and column, as the observer gives them."""
    clip, shutter = scene.clip, shutter_of(VLP16, settings)
    request = Request(
        BARE, clip.pose, clip.trans, invert_rigid(scene.T_world_sensor), RangeNoise(0.0, 0, "a"),
        sweep=sweep_scene(scene, placement, shutter, lambda seconds: clip_at(clip, seconds))
        if shutter.seconds_per_turn
        else None,
    )  # fmt: skip
    scans = RealisticObserver(VLP16, 1, settings).returns(request).scans
    frames = np.repeat(np.arange(len(scans)), scans.counts)
    rays = zip(frames.tolist(), scans.hits.beams.tolist(), scans.hits.columns.tolist(), strict=True)
    return dict(zip(rays, scans.hits.ranges.tolist(), strict=True))


def placed_for_every_column(scene: Scene, placement: Placement, columns: list[int]) -> Hits:
    """Return the same, of a body and a sensor that are posed for every column."""
    scanner, clip, found = Scanner(VLP16), scene.clip, {}
    turn = 1 / VLP16.measurement.turns_per_second
    times = VLP16.measurement.column_times(VLP16.columns) - turn / 2
    for column in columns:
        seconds = np.full(clip.frames, times[column])
        moved = clip_at(clip, seconds)
        T_sensor_world = invert_rigid(placement.poses(scene.moments(moved, seconds)))
        for frame in range(clip.frames):
            part = slice(frame, frame + 1)
            posed = pose_body(BARE, moved.pose[part], moved.trans[part], T_sensor_world[frame])
            scan = scanner.scan(posed.vertices[0], BARE.body.faces)
            for hit in np.flatnonzero(scan.columns == column).tolist():
                found[frame, int(scan.beams[hit]), column] = float(scan.ranges[hit])
    return found


@pytest.mark.parametrize("mount", MOUNTS)
def test_ranges_are_those_of_a_sensor_placed_for_every_column(mount: str) -> None:
    placement = OnMount(*MOUNTS[mount])
    scene = placed(placement)
    found = observed(scene, placement, ON)
    columns = sorted({column for _, _, column in found})[::4]
    reference = placed_for_every_column(scene, placement, columns)
    some = {ray: meters for ray, meters in found.items() if ray[2] in columns}
    both = some.keys() & reference.keys()
    assert len(both) > 0.96 * max(len(some), len(reference)) > 50
    errors = np.array([abs(some[ray] - reference[ray]) for ray in both])
    assert np.median(errors) < 5e-4
    still = observed(scene, placement, Realism())
    shifts = [abs(still[ray] - reference[ray]) for ray in still.keys() & reference.keys()]
    assert np.median(shifts) > 3 * np.median(errors)


def test_compensated_points_are_where_they_were_measured_in_the_world() -> None:
    placement = OnMount(*MOUNTS["car"])
    scene, shutter = placed(placement), shutter_of(VLP16, ON)
    request = Request(
        BARE, scene.clip.pose, scene.clip.trans, invert_rigid(scene.T_world_sensor),
        RangeNoise(0.0, 0, "a"),
        sweep=sweep_scene(scene, placement, shutter, lambda seconds: clip_at(scene.clip, seconds)),
    )  # fmt: skip
    observer = RealisticObserver(VLP16, 1, ON)
    found = observer.returns(replace(request, compensated=True)).scans
    raw = deepcopy(observer.returns(request).scans)
    columns = VLP16.measurement.column_times(VLP16.columns)[raw.hits.columns]
    frames = np.repeat(np.arange(len(raw)), raw.counts)
    fired = frames / scene.clip.fps + columns - 0.5 / VLP16.measurement.turns_per_second
    nobody = Moments(fired, np.empty(0), np.empty(0), np.empty(0))
    at_fire, at_frame = placement.poses(nobody), scene.frame_poses[frames]
    measured = turn(at_fire[:, :3, :3], raw.hits.points.astype(float)) + at_fire[:, :3, 3]
    compensated = turn(at_frame[:, :3, :3], found.hits.points.astype(float)) + at_frame[:, :3, 3]
    uncompensated = turn(at_frame[:, :3, :3], raw.hits.points.astype(float)) + at_frame[:, :3, 3]
    assert np.abs(compensated - measured).max() < 1e-3
    assert np.abs(uncompensated - measured).max() > 0.1
