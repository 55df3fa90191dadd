"""Rolling shutter: beside a slow reference that poses the body anew for every column."""

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from numpy.typing import NDArray

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import pose_body, pose_joints, shape_body
from motiondata.clip import Clip
from motiondata.clip_moments import clip_at
from motiondata.lidar.cpu.scanner import Scanner
from motiondata.lidar.observer import RangeNoise, Request, Sweep
from motiondata.lidar.presets import sensor_preset
from motiondata.lidar.realism.moving_mesh import turns_of
from motiondata.lidar.realism.observer import RealisticObserver
from motiondata.lidar.realism.rolling_shutter import (
    Shutter,
    sector_times,
    shutter_of,
    sweep_of,
)
from motiondata.lidar.realism.settings import Realism
from motiondata.lidar.sensor import Sensor
from motiondata.recording import Recording
from motiondata.skeletons import JOINT, JOINTS

BARE = shape_body(bundled_body(), np.zeros(0))
VLP16 = sensor_preset("vlp-16")
ON = Realism(rolling_shutter=1.0)
MIDDLE = 2
"""The frame in which the runner is in front of the sensor."""
Hits = dict[tuple[int, int, int], float]


def runner(meters: float, speed: float = 3.0) -> Clip:
    """Return a clip of a person who crosses the view of a sensor at the origin, arms swinging."""
    fps, count = 120.0, 61
    seconds = np.arange(count) / fps
    pose = np.zeros((count, JOINTS, 3))
    pose[:, 0, 0] = np.pi / 2
    pose[:, JOINT["left_shoulder"], 1] = 0.8 * np.sin(9 * seconds)
    pose[:, JOINT["right_hip"], 0] = 0.8 * np.sin(9 * seconds)
    trans = np.stack([np.full(count, meters), speed * (seconds - 0.25), 0.1 * seconds], axis=1)
    recording = Recording(pose, trans, fps, "neutral", np.zeros(16), "runner")
    return Clip("000000", "made", pose[6:55:12], trans[6:55:12], 10.0, 6, 54, recording)


def person_sweep(clip: Clip, shutter: Shutter) -> Sweep:
    times = sector_times(shutter, pose_joints(BARE, clip.pose, clip.trans))
    return sweep_of(times, partial(clip_at, clip))


def observed(clip: Clip, sensor: Sensor, settings: Realism = ON) -> Hits:
    """Return the ranges of a clip by frame, beam and column, as the observer gives them."""
    request = Request(
        BARE, clip.pose, clip.trans, np.eye(4), RangeNoise(0.0, 0, "clip"),
        sweep=person_sweep(clip, shutter_of(sensor, settings)),
    )  # fmt: skip
    scans = RealisticObserver(sensor, 1, settings).returns(request).scans
    frames = np.repeat(np.arange(len(scans)), scans.counts)
    rays = zip(frames.tolist(), scans.hits.beams.tolist(), scans.hits.columns.tolist(), strict=True)
    return dict(zip(rays, scans.hits.ranges.tolist(), strict=True))


def posed_for_every_column(clip: Clip, sensor: Sensor, columns: NDArray[np.int_]) -> Hits:
    """Return the same, of a body that is posed for every column and scanned by it alone."""
    scanner, found = Scanner(sensor), {}
    times = sensor.measurement.column_times(sensor.columns) - 0.5 / turns(sensor)
    for column in columns.tolist():
        moment = clip_at(clip, np.full(clip.frames, times[column]))
        vertices = pose_body(BARE, moment.pose, moment.trans).vertices
        for frame in range(clip.frames):
            scan = scanner.scan(vertices[frame], BARE.body.faces)
            for hit in np.flatnonzero(scan.columns == column).tolist():
                found[frame, int(scan.beams[hit]), column] = float(scan.ranges[hit])
    return found


def turns(sensor: Sensor) -> float:
    return sensor.measurement.turns_per_second


@pytest.mark.parametrize("clockwise", [True, False])
@pytest.mark.parametrize("hertz", [10.0, 20.0])
def test_ranges_are_those_of_a_body_posed_for_every_column(clockwise: bool, hertz: float) -> None:
    measured = replace(VLP16.measurement, clockwise=clockwise, turns_per_second=hertz)
    sensor, clip = replace(VLP16, measurement=measured), runner(5.0)
    found = observed(clip, sensor)
    columns = np.array(sorted({column for _, _, column in found}))
    reference = posed_for_every_column(clip, sensor, columns)
    both = found.keys() & reference.keys()
    assert len(both) > 0.99 * max(len(found), len(reference)) > 100
    errors = np.array([abs(found[ray] - reference[ray]) for ray in both])
    assert np.median(errors) < 2e-5
    assert np.quantile(errors, 0.99) < 1e-3
    still = observed(clip, sensor, Realism())
    shifts = [abs(still[ray] - reference[ray]) for ray in still.keys() & reference.keys()]
    assert np.mean(shifts) > 10 * np.mean(errors)


def test_beams_with_an_azimuth_offset_fire_at_their_own_time() -> None:
    sensor, clip = sensor_preset("os1-128-1024"), runner(8.0)
    found = observed(clip, sensor)
    columns = np.array(sorted({column for _, _, column in found}))
    reference = posed_for_every_column(clip, sensor, columns)
    both = found.keys() & reference.keys()
    assert len(both) > 0.97 * max(len(found), len(reference)) > 100
    assert np.median([abs(found[ray] - reference[ray]) for ray in both]) < 5e-5


def test_a_person_who_runs_with_the_turn_is_seen_wider_than_one_who_runs_against_it() -> None:
    def width(speed: float) -> float:
        rays = observed(runner(5.0, speed), VLP16)
        columns = np.array([column for frame, _, column in rays if frame == MIDDLE])
        return float(np.ptp((columns + VLP16.columns // 2) % VLP16.columns))

    assert VLP16.measurement.clockwise
    assert width(-12.0) > width(0.0) > width(12.0)


def test_a_still_person_is_scanned_as_without_a_rolling_shutter() -> None:
    clip = runner(5.0, 0.0)
    pose = np.broadcast_to(clip.recording.pose[:1], clip.recording.pose.shape)
    trans = np.broadcast_to(clip.recording.trans[:1], clip.recording.trans.shape)
    recording = replace(clip.recording, pose=pose, trans=trans)
    clip = replace(clip, pose=pose[6:55:12], trans=trans[6:55:12], recording=recording)
    moving, still = observed(clip, VLP16), observed(clip, VLP16, Realism())
    assert moving.keys() == still.keys()
    assert max(abs(moving[ray] - still[ray]) for ray in still) < 1e-5


def test_the_sector_of_a_person_is_seen_in_the_middle_of_the_turn_or_lasts_a_whole_one() -> None:
    joints = np.zeros((3, 2, 3))
    joints[:, :, 0] = [[5.0, 5.0], [-5.0, -5.0], [0.2, 0.2]]
    joints[:, 1, 1] = 0.5
    times = sector_times(Shutter(0.1), joints)
    assert times[0, 0] == pytest.approx(-0.06 / (2 * np.pi) * 0.1)
    assert times[1, 0] == pytest.approx((np.arctan(0.1) + 0.06) / (2 * np.pi) * 0.1, rel=0.01)
    np.testing.assert_allclose(times[:, 1:], [[-0.05, -0.05], [0.05, 0.05]])
    np.testing.assert_allclose(sector_times(Shutter(-0.1), joints), -times)


def test_turns_per_second_can_be_set() -> None:
    assert shutter_of(VLP16, ON).seconds_per_turn == -0.1
    twice = replace(ON, turns_per_second=20.0)
    assert shutter_of(VLP16, twice).seconds_per_turn == -0.05
    assert shutter_of(VLP16, Realism()).seconds_per_turn == 0


def test_azimuths_are_those_of_the_arc_tangent() -> None:
    angles = np.linspace(-3.14159, 3.14159, 2001)
    found = [float(turns_of(np.float32(np.sin(a)), np.float32(np.cos(a)))) for a in angles.tolist()]
    assert np.abs(2 * np.pi * np.array(found) - angles).max() < 3e-6
    assert turns_of(np.float32(0), np.float32(0)) == 0
