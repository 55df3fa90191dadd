"""Footprints: echoes of three rays against a plain version, and rows of a whole turn."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiondata.lidar.presets import sensor_preset
from motiondata.lidar.realism.fine_rays import fine_rays
from motiondata.lidar.realism.footprints import FAR, NO_HIT, Echoes, merge_echoes, merge_three
from motiondata.lidar.realism.settings import Realism, find_realism
from motiondata.lidar.scans import Scan

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


def echoes_of(hits: list[int], columns: int, factor: int, side: int, fewest: int = 1) -> list[int]:
    """Return the columns of the echoes of a row whose fine columns `hits` hit at 5 m."""
    count = len(hits)
    scan = Scan(
        np.zeros((count, 3), np.float32), np.zeros(count, np.int32), np.zeros(count, np.int32),
        np.array(hits, np.int32), np.full(count, 5, np.float32),
    )  # fmt: skip
    whole = np.empty((2, 3 * count + 1), np.int32)
    echoes = Echoes(*whole, *np.empty((2, 3 * count + 1)))
    offsets = np.zeros(2, np.int64)
    row = np.full(columns * factor, NO_HIT)
    merge_echoes(
        tuple(scan), np.array([0, count]), np.ones(count), columns, factor, side, 0.5, False,
        fewest, row, tuple(echoes), offsets,
    )  # fmt: skip
    assert (row == NO_HIT).all()
    return [int(column) for column in echoes.columns[: offsets[1]]]


@settings(deadline=None)
@given(st.data())
def test_a_column_has_an_echo_if_a_ray_of_its_footprint_hits(data: st.DataObject) -> None:
    columns = data.draw(st.integers(3, 12))
    factor, side = data.draw(st.sampled_from([(1, 0), (1, 1), (2, 1), (3, 1), (3, 2), (4, 1)]))
    fine = columns * factor
    hits = sorted(data.draw(st.sets(st.integers(0, fine - 1), min_size=1)))
    expected = [
        column
        for column in range(columns)
        if {(column * factor + way * side) % fine for way in (-1, 0, 1)} & {*hits}
    ]
    assert echoes_of(hits, columns, factor, side) == expected
    if side:
        within = [
            len({(column * factor + way * side) % fine for way in (-1, 0, 1)} & {*hits})
            for column in range(columns)
        ]
        bright = [column for column, rays in enumerate(within) if rays > 1]
        assert echoes_of(hits, columns, factor, side, fewest=2) == bright


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
