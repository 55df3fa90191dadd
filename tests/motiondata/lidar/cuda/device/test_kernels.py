"""Scans and samples on the GPU equal those of the CPU, bit by bit, for the same vertices."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiondata.lidar.cuda.fields import NOT_FINITE
from motiondata.lidar.cuda.scanner import BlockSize
from motiondata.lidar.sampled_clip import NO_PART
from motiondata.lidar.sensor import Sensor
from tests.support.device_scans import assert_same, seen_by_cpu, seen_by_gpu
from tests.support.meshes import Mesh, ball, turned

SENSOR = Sensor(
    name="small",
    elevation=np.radians([20.0, -70.0, 3.0, 0.0, -12.5, 55.0, 2.0, -1.0]),
    azimuth_offset=np.radians([4.2, -1.4, 0.0, 0.0, 170.0, -180.0, 1.4, -4.2]),
    columns=70,
    source="made up: uneven, staggered, out of order",
)
POINTS = 12


def lump(yaw_deg: float, shift: tuple[float, float, float]) -> Mesh:
    """Return a dented ball: no ray meets one of its edges."""
    vertices, faces = ball(1.0, rings=5, segments=7)
    dents = np.random.default_rng(1).normal(0, 0.05, vertices.shape)
    return turned(((vertices + dents).astype(np.float32), faces), np.radians(yaw_deg), shift)


AHEAD, ABOVE, ROUND_IT = (4.0, 0.0, -0.5), (0.4, 0.0, 1.6), (0.2, 0.1, 0.0)


@pytest.mark.parametrize("shift", [AHEAD, ABOVE, ROUND_IT], ids=["ahead", "above", "round it"])
@pytest.mark.parametrize("yaw_deg", [0.0, 179.0, 251.0])
def test_the_gpu_sees_what_the_processor_sees(
    yaw_deg: float, shift: tuple[float, float, float]
) -> None:
    surfaces = [lump(yaw_deg, shift), lump(yaw_deg + 5, shift)]
    found = seen_by_gpu(SENSOR, surfaces, POINTS)
    assert found.hits.min() > 0
    assert_same(found, seen_by_cpu(SENSOR, surfaces, POINTS))


def test_points_repeat_in_order_where_hits_are_few() -> None:
    surfaces = [lump(0, (9.0, 0.0, 0.0))]
    found = seen_by_gpu(SENSOR, surfaces, POINTS)
    assert 0 < found.hits[0] < POINTS
    assert_same(found, seen_by_cpu(SENSOR, surfaces, POINTS))


def test_a_frame_without_hits_has_zeros_and_no_parts() -> None:
    found = seen_by_gpu(SENSOR, [lump(0, (0.0, 0.0, -900.0)), lump(0, AHEAD)], POINTS)
    assert found.hits[0] == 0
    assert found.hits[1] > 0
    assert not found.points[0].any()
    assert (found.parts[0] == NO_PART).all()


@pytest.mark.parametrize(
    "block",
    [
        BlockSize(threads=1, cells=600, room=100),
        BlockSize(threads=37, cells=600, room=100),
        BlockSize(threads=4, cells=600, room=5),
        BlockSize(threads=4, cells=7, room=100),
    ],
    ids=["one thread", "three groups of threads", "more hits than fit", "a window too large"],
)
def test_nothing_depends_on_the_size_of_a_block(block: BlockSize) -> None:
    surfaces = [lump(3, AHEAD), lump(0, (0.0, 0.0, -900.0))]
    assert_same(seen_by_gpu(SENSOR, surfaces, POINTS, block), seen_by_cpu(SENSOR, surfaces, POINTS))


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_a_vertex_that_is_not_finite_is_told(wrong: float) -> None:
    (vertices, faces), fine = lump(0, AHEAD), lump(0, AHEAD)
    vertices[5, 1] = wrong
    found = seen_by_gpu(SENSOR, [(vertices, faces), fine], POINTS)
    assert found.hits[0] == NOT_FINITE
    assert found.hits[1] > 0
    with pytest.raises(ValueError, match="expected finite vertices"):
        seen_by_cpu(SENSOR, [(vertices, faces)], POINTS)


def test_two_runs_give_the_same_bytes() -> None:
    first, second = (seen_by_gpu(SENSOR, [lump(1, AHEAD)], POINTS) for _ in range(2))
    assert_same(first, second)


def test_first_hits_out_of_range_are_not_reported() -> None:
    limited = dataclasses.replace(SENSOR, min_range=3.3, max_range=3.7)
    found = seen_by_gpu(limited, [lump(0, AHEAD)], POINTS)
    assert 0 < found.hits[0] < seen_by_gpu(SENSOR, [lump(0, AHEAD)], POINTS).hits[0]
    assert_same(found, seen_by_cpu(limited, [lump(0, AHEAD)], POINTS))


def test_columns_that_do_not_fire_hit_nothing() -> None:
    windowed = dataclasses.replace(SENSOR, window=(68, 6))
    found = seen_by_gpu(windowed, [lump(0, AHEAD)], POINTS)
    assert 0 < found.hits[0] < seen_by_gpu(SENSOR, [lump(0, AHEAD)], POINTS).hits[0]
    assert_same(found, seen_by_cpu(windowed, [lump(0, AHEAD)], POINTS))


corners = st.lists(st.floats(-3, 3, width=32), min_size=3, max_size=3)


@given(
    vertices=st.lists(corners, min_size=5, max_size=5),
    faces=st.lists(st.permutations(range(5)), min_size=1, max_size=3),
    elevation_deg=st.lists(st.floats(-80, 80), min_size=1, max_size=3),
    offset_deg=st.floats(-180, 180),
)
@settings(max_examples=15, deadline=None)
def test_any_mesh_has_the_processors_hits(
    vertices: list[list[float]],
    faces: list[list[int]],
    elevation_deg: list[float],
    offset_deg: float,
) -> None:
    beams = len(elevation_deg)
    offsets = np.full(beams, np.radians(offset_deg))
    sensor = Sensor("any", np.radians(elevation_deg), offsets, 12, "made up")
    surface = np.array(vertices, np.float32), np.array(faces, np.int32)[:, :3].copy()
    rays = beams * sensor.columns
    found, expected = seen_by_gpu(sensor, [surface], rays), seen_by_cpu(sensor, [surface], rays)
    np.testing.assert_array_equal(found.hits, expected.hits)
    if found.hits[0]:
        apart = np.linalg.norm(found.points[0, :, None] - expected.points[0], axis=-1)
        assert apart.min(axis=1).max() < 1e-5
        assert apart.min(axis=0).max() < 1e-5
