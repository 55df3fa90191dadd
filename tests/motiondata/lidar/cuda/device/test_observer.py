"""The observer on the GPU, from poses to points, compared with the CPU's."""

from dataclasses import replace

import numpy as np
import pytest

from motiondata.bodies.posing import ShapedBody, shape_body
from motiondata.lidar.cpu.observer import CpuObserver
from motiondata.lidar.cuda.observer import CudaObserver
from motiondata.lidar.observer import RangeNoise, Request
from motiondata.lidar.sampled_clip import SampledClip
from motiondata.lidar.sensor import Sensor
from tests.support.skeleton import moving_pose
from tests.support.small_body import small_body

SENSOR = Sensor(
    name="few",
    elevation=np.radians(np.linspace(-12, 10, 9)),
    azimuth_offset=np.radians(np.tile([-3.0, 0.0, 3.0], 3)),
    columns=120,
    source="made up",
)
POINTS = 4
BODY = small_body()
SHAPES = [shape_body(BODY, np.array(betas)) for betas in ([0.5, 0.5], [0.0, 0.0])]
T_sensor_world = np.eye(4)
T_sensor_world[0, 3] = 5
EXACT, NOISY = RangeNoise(0.0, 0, "walk"), RangeNoise(0.02, 3, "walk", first=5)

POSE, TRANS = moving_pose(2, seed=0)


def asked(shaped: ShapedBody, noise: RangeNoise) -> Request:
    return Request(shaped, POSE, TRANS, T_sensor_world, noise)


def seen_by(
    observer: CpuObserver | CudaObserver, shaped: ShapedBody, noise: RangeNoise
) -> SampledClip:
    return observer.begin(asked(shaped, noise))()


def assert_alike(found: SampledClip, expected: SampledClip) -> None:
    np.testing.assert_array_equal(found.hits, expected.hits)
    np.testing.assert_array_equal(found.parts, expected.parts)
    np.testing.assert_allclose(found.points, expected.points, atol=1e-5)


@pytest.mark.parametrize("noise", [EXACT, NOISY], ids=["exact", "noisy"])
def test_clips_in_one_batch_are_seen_as_the_processor_sees_them(noise: RangeNoise) -> None:
    cuda, cpu = CudaObserver(SENSOR, POINTS), CpuObserver(SENSOR, POINTS)
    begun = [cuda.begin(asked(shaped, noise)) for shaped in SHAPES]
    for shaped, pending in zip(SHAPES, begun, strict=True):
        assert_alike(pending(), seen_by(cpu, shaped, noise))


def test_a_clip_longer_than_a_batch_is_cut_and_joined() -> None:
    cuda = CudaObserver(SENSOR, POINTS, launch_frames=1)
    assert_alike(
        seen_by(cuda, SHAPES[0], NOISY), seen_by(CpuObserver(SENSOR, POINTS), SHAPES[0], NOISY)
    )


@pytest.mark.parametrize("noise", [EXACT, NOISY], ids=["exact", "noisy"])
def test_a_pose_that_is_not_finite_is_refused_as_by_the_processor(noise: RangeNoise) -> None:
    lost = replace(asked(SHAPES[0], noise), trans=TRANS * np.nan)
    for observer in (CudaObserver(SENSOR, POINTS), CpuObserver(SENSOR, POINTS)):
        with pytest.raises(ValueError, match="expected finite vertices"):
            observer.begin(lost)()
