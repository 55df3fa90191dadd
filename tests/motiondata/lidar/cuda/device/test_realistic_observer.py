"""Realism on the GPU: the same returns as on the CPU, for every effect of the hits and the body."""

from dataclasses import replace

import numpy as np
import pytest

from motiondata.bodies.posing import ShapedBody, pose_joints, shape_body
from motiondata.lidar.cuda.caster import Caster
from motiondata.lidar.cuda.device import open_gpu
from motiondata.lidar.cuda.realistic_observer import CudaRealisticObserver
from motiondata.lidar.measurement import Measurement
from motiondata.lidar.observer import RangeNoise, Request, Sweep
from motiondata.lidar.realism.dressing import dress
from motiondata.lidar.realism.observer import RealisticObserver
from motiondata.lidar.realism.rolling_shutter import sector_times, shutter_of
from motiondata.lidar.realism.settings import Realism, find_realism
from motiondata.lidar.sampled_clip import SampledClip
from motiondata.lidar.sensor import Sensor
from motiondata.lidar.surroundings import GROUND, OCCLUDER, PERSON, Box, Surroundings
from tests.support.skeleton import moving_pose
from tests.support.small_body import small_body

SENSOR = Sensor(
    name="few",
    elevation=np.radians(np.linspace(-12, 10, 9)),
    azimuth_offset=np.radians(np.tile([-3.0, 0.0, 3.0], 3)),
    columns=120,
    source="made up",
    measurement=Measurement(
        reach_m=20.0, loss=0.05, range_sigma_m=0.01, weak_sigma_m=0.01, azimuth_jitter_deg=0.05,
        divergence_deg=1.0, range_step_m=0.002, beam_offset_sigma_m=0.02,
    ),
)  # fmt: skip
POINTS, EVERYTHING, FRAMES = 32, 300, 2
SHAPED = shape_body(small_body(), np.array([0.5, 0.5]))
POSE, TRANS = moving_pose(FRAMES, seed=0)
EFFECTS = find_realism("sensor")
T_sensor_world = np.eye(4)
T_sensor_world[0, 3] = 5


def asked(shaped: ShapedBody = SHAPED, settings: Realism = EFFECTS, key: str = "walk") -> Request:
    """Return a request of a dressed person who slides and turns during each turn."""
    person = dress(shaped, settings, 0, key)
    joints = pose_joints(person.shaped, POSE, TRANS, T_sensor_world)
    times = sector_times(shutter_of(SENSOR, settings), joints)
    moved = TRANS + 3 * times[..., None] * [0.0, 1.0, 0.0]
    sweep = Sweep(times, np.stack([POSE, POSE + 0.05]), moved)
    noise = RangeNoise(0.01, 3, key, first=5)
    return Request(
        person.shaped, POSE, TRANS, T_sensor_world, noise, person.appearance, sweep=sweep
    )


def seen_by_cpu(request: Request, settings: Realism = EFFECTS, points: int = POINTS) -> SampledClip:
    return RealisticObserver(SENSOR, points, settings).begin(request)()


def seen_by_gpu(
    request: Request,
    settings: Realism = EFFECTS,
    points: int = POINTS,
    launch_frames: int = 64,
) -> SampledClip:
    observer = CudaRealisticObserver(SENSOR, points, settings, launch_frames=launch_frames)
    return observer.begin(request)()


def assert_alike(found: SampledClip, expected: SampledClip) -> None:
    np.testing.assert_array_equal(found.hits, expected.hits)
    np.testing.assert_array_equal(found.parts, expected.parts)
    np.testing.assert_allclose(found.points, expected.points, atol=1e-5)
    assert found.extras.keys() == expected.extras.keys()
    for name, values in expected.extras.items():
        np.testing.assert_array_equal(found.extras[name], values)


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_dressed_person_in_motion_returns_what_the_processor_says(share: float) -> None:
    settings = replace(EFFECTS, background_share=share)
    request = asked(settings=settings)
    found = seen_by_gpu(request, settings)
    assert found.hits.min() > 4
    assert_alike(found, seen_by_cpu(request, settings))


@pytest.mark.parametrize("name", ["none", "sensor"])
def test_a_still_person_and_a_scan_without_effects_agree_too(name: str) -> None:
    settings = replace(find_realism(name), rolling_shutter=0.0)
    still = replace(asked(settings=settings), sweep=None)
    assert_alike(seen_by_gpu(still, settings), seen_by_cpu(still, settings))


def test_footprints_inside_a_surface_are_as_their_centers_on_both() -> None:
    coarse = replace(SENSOR, measurement=replace(SENSOR.measurement, echo_separation_m=3.0))
    request = asked()
    found = CudaRealisticObserver(coarse, POINTS, EFFECTS).begin(request)()
    expected = RealisticObserver(coarse, POINTS, EFFECTS).begin(request)()
    assert_alike(found, expected)
    every = replace(SENSOR, measurement=replace(SENSOR.measurement, echo_separation_m=0.0))
    cast = RealisticObserver(every, POINTS, EFFECTS).begin(request)()
    assert not np.array_equal(cast.points, expected.points)


def test_surroundings_hide_and_return_as_on_the_processor() -> None:
    ground = np.array([[-9.0, -9.0, -1.0], [9.0, -9.0, -1.0], [9.0, 9.0, -1.0], [-9.0, 9.0, -1.0]])
    wall = np.array([[-2.0, -3.0, -1.0], [-2.0, -0.3, -1.0], [-2.0, -0.3, 1.0]])
    around = Surroundings(
        np.concatenate([ground, wall]),
        np.array([[0, 1, 2], [0, 2, 3], [4, 5, 6]], np.int32),
        np.array([GROUND, GROUND, OCCLUDER], np.uint8),
        Box(2.5, -2.0, 2.0),
    )
    request = replace(asked(), surroundings=around)
    found = seen_by_gpu(request, points=EVERYTHING)
    assert {*found.extras["label"].ravel().tolist()} == {PERSON, GROUND, OCCLUDER}
    assert_alike(found, seen_by_cpu(request, points=EVERYTHING))


def test_a_sensor_that_moves_is_at_its_place_at_both_ends() -> None:
    request = asked()
    assert request.sweep is not None
    placed = np.tile(T_sensor_world, (3, FRAMES, 1, 1))
    placed[0, :, 1, 3], placed[1, :, 1, 3] = -0.1, 0.1
    moving = replace(
        request,
        T_sensor_world=placed[2],
        sweep=replace(request.sweep, T_sensor_world=placed),
        compensated=True,
    )
    assert_alike(seen_by_gpu(moving), seen_by_cpu(moving))


def test_clips_in_one_batch_and_clips_in_several_are_the_same() -> None:
    observer = CudaRealisticObserver(SENSOR, POINTS, EFFECTS)
    requests = [asked(), asked(key="other")]
    together = [pending() for pending in [observer.begin(each) for each in requests]]
    for request, found in zip(requests, together, strict=True):
        alone = seen_by_gpu(request, launch_frames=1)
        assert np.array_equal(found.points, alone.points)
        assert_alike(found, seen_by_cpu(request))


def test_a_batch_of_people_who_move_and_stand_still_is_that_of_each_alone() -> None:
    observer = CudaRealisticObserver(SENSOR, POINTS, EFFECTS)
    still = replace(asked(key="other"), sweep=None)
    requests = [asked(), still, asked(key="third")]
    together = [pending() for pending in [observer.begin(each) for each in requests]]
    for request, found in zip(requests, together, strict=True):
        assert_alike(found, seen_by_cpu(request))
    assert np.array_equal(together[1].points, seen_by_gpu(still).points)


def test_hits_that_have_no_room_at_first_are_cast_again() -> None:
    shutter, body = shutter_of(SENSOR, EFFECTS), SHAPED.body
    found, expected = (
        Caster(open_gpu(), SENSOR, shutter, room).observe(body, [asked()]).take(slice(FRAMES))
        for room in (1, 512)
    )
    assert expected[1][-1] > FRAMES
    assert np.array_equal(found[1], expected[1])
    for some, others in zip(found[0], expected[0], strict=True):
        for values, other_values in zip(some, others, strict=True):
            assert np.array_equal(values, other_values)


def test_a_pose_that_is_not_finite_is_refused_as_by_the_processor() -> None:
    lost = replace(asked(), trans=TRANS * np.nan, sweep=None)
    for seen_by in (seen_by_cpu, seen_by_gpu):
        with pytest.raises(ValueError, match="expected finite vertices"):
            seen_by(lost)
