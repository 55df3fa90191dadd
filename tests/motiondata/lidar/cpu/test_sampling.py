"""Farthest point sampling: equality with the reference on every cloud, and laws."""

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from motiondata.errors import InputError
from motiondata.lidar.cpu.sampling import farthest_points, sample_scans
from motiondata.lidar.cpu.scanner import Scanner
from motiondata.lidar.presets import sensor_preset
from motiondata.lidar.sampled_clip import NO_PART
from tests.support.meshes import ball, capsule_body, turned
from tests.support.reference import sampling as reference


@st.composite
def clouds(draw: st.DrawFn) -> NDArray[np.float32]:
    """Draw points anywhere, or on a lattice, on a line or in few places, where many are equal."""
    generator = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    count = draw(st.one_of(st.integers(1, 5), st.integers(1, 70)))
    spread = draw(st.sampled_from([(1, 1, 1), (1, 0, 0), (1, 2, 0), (0, 0, 0)]))
    if draw(st.booleans()):
        points = generator.integers(-2, 3, (count, 3)).astype(np.float32)
    else:
        points = generator.normal(8, 0.5, (count, 3)).astype(np.float32)
    return points * np.array(spread, np.float32)


@settings(max_examples=150, deadline=None)
@given(clouds(), st.integers(0, 200))
def test_any_cloud_is_sampled_as_the_reference_says(points: NDArray[np.float32], k: int) -> None:
    assert farthest_points(points, k).tolist() == reference.farthest_points(points, k)


@settings(max_examples=50, deadline=None)
@given(clouds(), st.integers(0, 200), st.integers(0, 200))
def test_fewer_points_are_the_beginning_of_more(
    points: NDArray[np.float32], k: int, more: int
) -> None:
    np.testing.assert_array_equal(farthest_points(points, k), farthest_points(points, k + more)[:k])


@settings(max_examples=50, deadline=None)
@given(clouds(), st.integers(1, 200))
def test_no_point_repeats_before_all_were_kept(points: NDArray[np.float32], k: int) -> None:
    order = farthest_points(points, k)
    distinct = min(k, len(points))
    assert len(set(order[:distinct].tolist())) == distinct
    np.testing.assert_array_equal(order, order[np.arange(k) % len(points)])


def test_a_large_cloud_is_sampled_as_the_reference_says() -> None:
    points = np.random.default_rng(0).normal(size=(500, 3)).astype(np.float32)
    assert farthest_points(points, 384).tolist() == reference.farthest_points(points, 384)


def test_no_points_cannot_be_sampled() -> None:
    with pytest.raises(InputError, match="at least one point"):
        farthest_points(np.zeros((0, 3), np.float32), 4)


@pytest.mark.parametrize(
    ("points", "k", "fault"),
    [
        (
            np.zeros((4, 2)),
            2,
            "expected numbers shaped (points, 3), found the shape (4, 2)",
        ),
        ([[0, 0, np.nan]], 1, "points: expected finite numbers within float32, found 1 of 3"),
        ([[0, 0, 1e300]], 1, "points: expected finite numbers within float32, found 1 of 3"),
        ([[0, 0, 0], [1, 2]], 1, "found rows that differ"),
        ([["a", "b", "c"]], 1, "found values of type <U1"),
        ([[0, 0, 0]], -1, "k: expected a number of points from 0, found -1"),
    ],
)
def test_what_is_no_cloud_is_refused(points: Any, k: int, fault: str) -> None:
    with pytest.raises(InputError, match=re.escape(fault)):
        farthest_points(points, k)


def test_a_clip_keeps_points_of_each_frame_with_the_parts_of_their_faces() -> None:
    scanner = Scanner(sensor_preset("vlp-32c"))
    clip = [turned(capsule_body(seed), np.pi, (4.0, 0.0, -1.0)) for seed in range(3)]
    faces = clip[0][1]
    parts = (np.arange(len(faces)) % 22).astype(np.uint8)
    scans = scanner.scan_clip(np.stack([vertices for vertices, _ in clip]), faces)
    sampled = sample_scans(scans, parts, 64)
    assert sampled.points.shape == (3, 64, 3)
    assert sampled.hits.tolist() == [len(scan.faces) for scan in scans]
    for frame, scan in enumerate(scans):
        order = farthest_points(scan.points, 64)
        np.testing.assert_array_equal(sampled.points[frame], scan.points[order])
        np.testing.assert_array_equal(sampled.parts[frame], parts[scan.faces[order]])


def test_fewer_hits_than_points_repeat_in_order() -> None:
    vertices, faces = turned(ball(0.3), 0.0, (6.0, 0.0, 0.0))
    scans = Scanner(sensor_preset("vlp-16")).scan_clip(vertices[None], faces)
    (hits,) = scans.counts
    assert 0 < hits < 100
    sampled = sample_scans(scans, np.full(len(faces), 7, np.uint8), 100)
    (points,), (parts,) = sampled.points, sampled.parts
    np.testing.assert_array_equal(points, points[np.arange(100) % hits])
    assert len(np.unique(points, axis=0)) == hits
    assert set(parts.tolist()) == {7}


def test_a_frame_without_hits_has_its_points_at_zero_and_no_parts() -> None:
    vertices, faces = turned(ball(0.3), 0.0, (6.0, 0.0, 0.0))
    clip = np.stack([vertices, vertices + np.array([0, 0, 50], np.float32)])
    scans = Scanner(sensor_preset("vlp-16")).scan_clip(clip, faces)
    sampled = sample_scans(scans, np.zeros(len(faces), np.uint8), 16)
    assert sampled.hits[0] > 0
    assert sampled.hits[1] == 0
    assert np.all(sampled.points[1] == 0)
    assert np.all(sampled.parts[1] == NO_PART)
