"""The observer with realism: exact without effects, single effects, the same in any batches."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import ShapedBody, shape_body
from motiondata.lidar.cpu.observer import CpuObserver
from motiondata.lidar.observer import RangeNoise, Request
from motiondata.lidar.point_values import Hits
from motiondata.lidar.presets import sensor_preset
from motiondata.lidar.realism.dressing import dress
from motiondata.lidar.realism.fine_rays import beam_errors
from motiondata.lidar.realism.observer import RealisticObserver
from motiondata.lidar.realism.returns import in_steps, loss_share, range_sigma, signal_of
from motiondata.lidar.realism.settings import Realism, find_realism
from motiondata.skeletons import JOINT, JOINTS

BARE = shape_body(bundled_body(), np.zeros(0))
EXACT, SENSOR = find_realism("none"), find_realism("sensor")
OS1 = sensor_preset("os1-128-1024")
FRAMES, POINTS = 70, 64
EXTRAS = {
    "intensity": "uint8",
    "time": "float32",
    "beam": "int16",
    "column": "int32",
    "label": "uint8",
}


def request(settings: Realism, frames: int = FRAMES, distance: float = 8.0) -> Request:
    """Return a request of a person who stands in front of the sensor and turns slowly."""
    pose = np.zeros((frames, JOINTS, 3))
    pose[:, 0, 0] = np.pi / 2
    pose[:, JOINT["left_shoulder"], 2] = -1.2
    pose[:, JOINT["right_shoulder"], 2] = 1.2
    trans = np.tile([distance, 0.0, 0.0], (frames, 1))
    trans[:, 1] = np.linspace(0, 0.3, frames)
    person = dress(BARE, settings, 0, "clip")
    return Request(
        person.shaped, pose, trans, np.eye(4), RangeNoise(0.0, 0, "clip"), person.appearance
    )


def returns(settings: Realism, **changes: float) -> Hits:
    changed = replace(settings, **changes)
    return RealisticObserver(OS1, POINTS, changed).returns(request(changed, 20))


def ranges(hits: Hits) -> dict[tuple[int, int, int], float]:
    """Return the range of every return by frame, beam and column."""
    frames = np.repeat(np.arange(len(hits.scans)), hits.scans.counts)
    scan = hits.scans.hits
    rays = zip(frames.tolist(), scan.beams.tolist(), scan.columns.tolist(), strict=True)
    return dict(zip(rays, scan.ranges.tolist(), strict=True))


def differences(one: Hits, other: Hits) -> NDArray[np.float64]:
    first, second = ranges(one), ranges(other)
    assert first.keys() == second.keys()
    return np.array([second[ray] - first[ray] for ray in first])


@pytest.mark.parametrize("name", ["os1-128-1024", "vlp-16", "hdl-64e"])
def test_without_effects_the_points_have_the_bits_of_the_exact_scan(name: str) -> None:
    exact = CpuObserver(sensor_preset(name), POINTS).begin(request(EXACT))()
    found = RealisticObserver(sensor_preset(name), POINTS, EXACT).begin(request(EXACT))()
    for array in ("points", "hits", "parts"):
        assert np.array_equal(getattr(exact, array), getattr(found, array))
    assert {name: str(values.dtype) for name, values in found.extras.items()} == EXTRAS


def test_points_are_the_same_without_extras() -> None:
    expected = RealisticObserver(OS1, POINTS, SENSOR).begin(request(SENSOR))()
    found = RealisticObserver(OS1, POINTS, SENSOR, with_extras=False).begin(request(SENSOR))()
    for array in ("points", "hits", "parts"):
        assert np.array_equal(getattr(expected, array), getattr(found, array))
    assert found.extras == {}


def test_results_do_not_depend_on_how_requests_are_split() -> None:
    whole = request(SENSOR)
    expected = RealisticObserver(OS1, POINTS, SENSOR).begin(whole)()
    observer = RealisticObserver(OS1, POINTS, SENSOR)
    parts = [observer.begin(part)() for part in whole.cut(9)]
    assert np.array_equal(expected.points, np.concatenate([part.points for part in parts]))
    for name in EXTRAS:
        joined = np.concatenate([part.extras[name] for part in parts])
        assert np.array_equal(expected.extras[name], joined)


def test_points_lie_on_the_rays_of_their_beam_and_column() -> None:
    scan = returns(SENSOR).scans.hits
    np.testing.assert_allclose(np.linalg.norm(scan.points, axis=1), scan.ranges, rtol=1e-5)
    elevation = np.arcsin(scan.points[:, 2] / scan.ranges)
    np.testing.assert_allclose(elevation, OS1.elevation[scan.beams], atol=1e-5)


def test_clothes_and_footprints_add_returns_and_losses_remove_some() -> None:
    def count(**changes: float) -> int:
        return int(returns(EXACT, **changes).scans.counts.sum())

    clothes = {name: getattr(SENSOR, name) for name in vars(SENSOR) if name.startswith("cloth")}
    exact = count()
    assert 1.1 < count(**clothes) / exact < 1.4
    assert 1.02 < count(footprint=1) / exact < 1.3
    assert count(loss=1) <= exact


def test_an_outshone_person_lacks_returns_of_edges_only() -> None:
    every, bright, narrow = (
        ranges(returns(EXACT, footprint=width, background_share=share))
        for width, share in ((1, 0), (1, 1), (0, 1))
    )
    assert bright.items() < every.items()
    assert 0.9 < len(bright) / len(narrow) < 1.05 < len(every) / len(narrow)
    assert narrow == ranges(returns(EXACT))


@pytest.mark.parametrize("name", ["os1-128-1024", "os1-128-2048"])
def test_only_the_columns_of_a_window_return(name: str) -> None:
    windowed = replace(sensor_preset(name), window=(0, 4))
    wide = replace(EXACT, footprint=1)
    scan = RealisticObserver(windowed, POINTS, wide).returns(request(wide, 3)).scans.hits
    assert {*scan.columns.tolist()} == {0, 1, 2, 3}


def test_the_background_of_a_clip_is_drawn_with_its_share() -> None:
    settings = replace(EXACT, background_share=0.3)
    drawn = [dress(BARE, settings, 0, f"{clip}").appearance for clip in range(300)]
    again = [dress(BARE, settings, 0, f"{clip}").appearance for clip in range(300)]
    outshone = [each is not None and each.is_outshone for each in drawn]
    assert outshone == [each is not None and each.is_outshone for each in again]
    assert np.mean(outshone) == pytest.approx(0.3, abs=0.08)


def test_range_noise_has_the_size_of_the_sensor_and_heavy_tails() -> None:
    found = differences(returns(EXACT), returns(EXACT, range_noise=1))
    sigma = 1.4826 * np.median(np.abs(found))
    assert 0.003 < sigma < 0.008
    assert abs(found.mean()) < 0.001
    assert 0.015 < (np.abs(found) > 3 * sigma).mean() < 0.05


def test_ranges_are_whole_steps() -> None:
    scan = returns(EXACT, range_steps=1, range_noise=1).scans.hits
    steps = scan.ranges / OS1.measurement.range_step_m
    assert np.abs(steps - np.round(steps)).max() < 0.01


def test_jitter_turns_rays_without_a_change_of_their_height() -> None:
    sensor = sensor_preset("vlp-16")
    still, turned = (
        RealisticObserver(sensor, POINTS, Realism(azimuth_jitter=scale)).returns(request(EXACT, 20))
        for scale in (0.0, 1.0)
    )
    angles = [np.arctan2(hits.scans.hits.points[:, 1], hits.scans.hits.points[:, 0])
              for hits in (still, turned)]  # fmt: skip
    assert np.degrees(angles[1] - angles[0]).std() == pytest.approx(0.009, rel=0.1)


def test_whole_beams_are_off_by_a_distance_that_is_fixed_for_a_unit() -> None:
    sensor = sensor_preset("hdl-64e")
    errors = beam_errors(sensor, 1.0)
    assert errors.std() == pytest.approx(0.022, rel=0.3)
    assert np.array_equal(errors, beam_errors(sensor, 1.0))
    off, exact = (
        RealisticObserver(sensor, POINTS, Realism(beam_offsets=scale)).returns(request(EXACT, 5))
        for scale in (1.0, 0.0)
    )
    found = off.scans.hits.ranges - exact.scans.hits.ranges
    np.testing.assert_allclose(found, errors[exact.scans.hits.beams], atol=1e-5)


def test_dark_clothes_are_dim_and_far_people_lose_more_rays() -> None:
    dark, bright = (returns(SENSOR, dark_share=share) for share in (1.0, 0.0))
    assert dark.intensities.mean() < bright.intensities.mean() / 2

    def lost(distance: float) -> float:
        sensor = sensor_preset("hdl-32e")
        kept, all_ = (
            RealisticObserver(sensor, POINTS, Realism(loss=loss)).returns(
                request(EXACT, 30, distance)
            )
            for loss in (1.0, 0.0)
        )
        return 1 - float(kept.scans.counts.sum() / all_.scans.counts.sum())

    assert lost(4.0) < 0.05 < lost(20.0)


def test_time_of_points_straight_ahead_is_the_middle_of_the_turn() -> None:
    found = RealisticObserver(OS1, POINTS, EXACT).begin(request(EXACT, 2))()
    assert np.abs(found.extras["time"] - 0.05).max() < 0.004


def test_a_frame_without_hits_has_no_values() -> None:
    found = RealisticObserver(OS1, POINTS, SENSOR).begin(request(SENSOR, 2, distance=500.0))()
    assert not found.hits.any()
    assert not found.points.any()
    assert (found.extras["beam"] == -1).all()
    assert (found.parts == 255).all()


def test_half_of_the_rays_return_at_the_reach_from_a_surface_of_ten_percent() -> None:
    assert loss_share(signal_of(0.1, 50.0, 50.0), 0.0, 1.0) == pytest.approx(0.5)
    assert loss_share(signal_of(0.1, 100.0, 50.0), 0.0, 1.0) > 0.9
    assert loss_share(signal_of(0.1, 1e9, 50.0), 0.25, 0.0) == 0.25


def test_noise_of_weak_returns_is_larger_and_steps_round_to_the_nearest() -> None:
    assert range_sigma(1.0, 0.003, 0.004) == pytest.approx(0.005)
    assert range_sigma(1e9, 0.003, 0.004) == pytest.approx(0.003)
    assert in_steps(1.2349, 0.002) == pytest.approx(1.234)
    assert in_steps(-0.1, 0.0) == 0


def test_a_dressed_body_keeps_its_motion() -> None:
    bare, worn = request(EXACT), request(SENSOR)
    assert isinstance(worn.shaped, ShapedBody)
    assert np.array_equal(bare.pose, worn.pose)
    assert bare.shaped.joints is worn.shaped.joints
