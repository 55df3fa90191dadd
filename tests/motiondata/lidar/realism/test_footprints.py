"""Footprints: echoes of three rays against a plain version, and rows of a whole turn."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiondata.lidar.cpu.side_rays import NEVER_WHOLE
from motiondata.lidar.presets import sensor_preset
from motiondata.lidar.realism.fine_rays import fine_rays
from motiondata.lidar.realism.footprints import (
    NO_HIT,
    Echoes,
    footprints_per_hit,
    merge_echoes,
)
from motiondata.lidar.realism.merging import FAR, merge_near, merge_three
from motiondata.lidar.realism.settings import Realism, find_realism
from motiondata.lidar.scans import Scan

BEAMS = 3
RAYS = st.tuples(st.floats(1, 50), st.floats(0.01, 1)) | st.just((FAR, 0.0))


def plainly(
    rays: list[tuple[float, float]], separation: float, nearest: bool
) -> tuple[float, float]:
    """Return the range and power of the echo that is reported, by its definition."""
    hits = [(distance, power) for distance, power in rays if distance < FAR]
    echoes = []
    for start, _ in hits:
        within = [(d, p) for d, p in hits if start <= d <= start + separation]
        signal = sum(p / d**2 for d, p in within)
        mean = sum(p / d**2 * d for d, p in within) / signal
        echoes.append((start, signal, mean, sum(p for _, p in within)))
    best = min(echoes) if nearest else max(echoes, key=lambda echo: (echo[1], -echo[0]))
    return best[2], best[3]


@settings(deadline=None)  # the first call compiles
@given(st.lists(RAYS, min_size=3, max_size=3), st.sampled_from([0.05, 0.5]), st.booleans())
def test_the_echo_is_that_of_the_definition(
    rays: list[tuple[float, float]], separation: float, nearest: bool
) -> None:
    if all(distance == FAR for distance, _ in rays):
        return
    (ra, pa), (rb, pb), (rc, pc) = rays
    found, power, main = merge_three(ra, pa, rb, pb, rc, pc, separation, nearest)
    expected, expected_power = plainly(rays, separation, nearest)
    assert found == pytest.approx(expected)
    assert power == pytest.approx(expected_power)
    assert rays[main][0] < FAR


@settings(deadline=None)
@given(st.lists(RAYS, min_size=3, max_size=3), st.sampled_from([0.05, 0.5, 100.0]))
def test_rays_of_one_echo_are_merged_without_branches_to_the_same_bits(
    rays: list[tuple[float, float]], separation: float
) -> None:
    (ra, pa), (rb, pb), (rc, pc) = rays
    found = merge_near(ra, pa, rb, pb, rc, pc, separation)
    hits = [distance for distance, _ in rays if distance < FAR]
    assert (found[2] >= 0) == (bool(hits) and max(hits) <= min(hits) + separation)
    if found[2] >= 0:
        assert found == merge_three(ra, pa, rb, pb, rc, pc, separation, False)


Row = tuple[int, set[int]]
"""A beam, and the fine columns of its hits."""


def merged(
    frames: list[list[Row]],
    columns: int,
    factor: int,
    side: int,
    fewest: int,
    step: float,
    ranges: list[float],
) -> tuple[list[list[Row]], Echoes]:
    """Return the rows of the echoes of frames of rows of hits, with the `ranges` by column."""
    rays = [
        (number, beam, place)
        for number, rows in enumerate(frames)
        for beam, places in rows
        for place in sorted(places)
    ]
    numbers, beams, places = np.array(rays, np.int32).T.copy()
    count = len(rays)
    scan = Scan(
        np.zeros((count, 3), np.float32), np.zeros(count, np.int32), beams, places,
        np.array(ranges, np.float32)[places],
    )  # fmt: skip
    whole = np.empty((2, 3 * count + 1), np.int32)
    echoes = Echoes(*whole, *np.empty((2, 3 * count + 1)))
    offsets = np.zeros(len(frames) + 1, np.int64)
    hit_of_ray = np.full(BEAMS * columns * factor, NO_HIT)
    footprints = np.empty(footprints_per_hit(factor, side) * count + 1, np.int32)
    before = np.searchsorted(numbers, np.arange(len(frames) + 1))
    merge_echoes(
        tuple(scan), before, np.ones(count), (columns, factor, side), step, 0.5, False, fewest,
        hit_of_ray, footprints, tuple(echoes), offsets,
    )  # fmt: skip
    assert (hit_of_ray == NO_HIT).all()
    found = []
    for start, end in itertools.pairwise(offsets):
        echo_beams = beams[echoes.hits[start:end]].tolist()
        pairs = [*zip(echo_beams, echoes.columns[start:end].tolist(), strict=True)]
        assert pairs == sorted({*pairs})
        found.append([(beam, {c for b, c in pairs if b == beam}) for beam in sorted({*echo_beams})])
    return found, echoes


@settings(deadline=None)
@given(st.data())
def test_a_column_has_an_echo_if_enough_rays_of_its_footprint_hit(data: st.DataObject) -> None:
    columns = data.draw(st.integers(3, 12))
    factor, side = data.draw(st.sampled_from([(1, 0), (1, 1), (2, 1), (3, 1), (3, 2), (4, 1)]))
    fine = columns * factor
    row = st.sets(st.integers(0, fine - 1), min_size=1)
    frame = st.dictionaries(st.integers(0, BEAMS - 1), row, min_size=1)
    frames = [sorted(data.draw(frame).items()) for _ in range(2)]

    fewest = data.draw(st.sampled_from([1, 2] if side else [1]))

    def expected(hits: set[int]) -> set[int]:
        return {
            column
            for column in range(columns)
            if len({(column * factor + way * side) % fine for way in (-1, 0, 1)} & hits) >= fewest
        }

    rows = [[(beam, expected(hits)) for beam, hits in frame] for frame in frames]
    found, _ = merged(frames, columns, factor, side, fewest, NEVER_WHOLE, [5.0] * fine)
    assert found == [[row for row in frame if row[1]] for frame in rows]


@settings(deadline=None)
@given(st.data())
def test_sides_of_a_whole_footprint_are_taken_to_be_as_its_center(data: st.DataObject) -> None:
    factor, side = data.draw(st.sampled_from([(2, 1), (3, 1), (3, 2), (4, 1)]))
    columns = 6
    ray = st.sampled_from([FAR, 5.0, 5.04, 5.2])
    ranges = data.draw(st.lists(ray, min_size=columns * factor, max_size=columns * factor))
    hits = {place for place, distance in enumerate(ranges) if distance < FAR}

    def rays_of(column: int) -> list[tuple[float, float]]:
        center = column * factor
        around = [ranges[(center + way * factor) % len(ranges)] for way in (-1, 0, 1)]
        edges = column in (0, columns - 1) or FAR in around
        whole = not edges and abs(around[0] - around[1]) < 0.05 > abs(around[2] - around[1])
        ways = (0, 0, 0) if whole else (-1, 0, 1)
        found = [ranges[(center + way * side) % len(ranges)] for way in ways]
        return [(distance, 1.0 if distance < FAR else 0.0) for distance in found]

    if hits:
        (rows,), echoes = merged([[(1, hits)]], columns, factor, side, 1, 0.05, ranges)
        seen = sorted(rows[0][1])
        assert seen == [c for c in range(columns) if any(p for _, p in rays_of(c))]
        for column, distance, power in zip(seen, echoes.ranges, echoes.powers, strict=False):
            expected, total = plainly(rays_of(column), 0.5, False)
            assert distance == pytest.approx(expected, abs=1e-6)
            assert power == pytest.approx(total / 3)


@pytest.mark.parametrize("name", ["os1-128-1024", "os1-128-2048", "hdl-64e", "vlp-16"])
def test_side_rays_are_a_third_of_the_footprint_from_the_center(name: str) -> None:
    sensor = sensor_preset(name)
    fine = fine_rays(sensor, find_realism("sensor"))
    found = fine.side / fine.sensor.columns * 2 * np.pi
    assert found == pytest.approx(sensor.measurement.footprint / 3, rel=0.25)


def test_rays_without_width_are_those_of_the_sensor() -> None:
    sensor = sensor_preset("vlp-16")
    assert fine_rays(sensor, Realism()).sensor is sensor


def test_real_columns_are_those_of_the_unit() -> None:
    fine = fine_rays(sensor_preset("hdl-64e"), Realism(real_columns=1))
    assert fine.columns == 2147
