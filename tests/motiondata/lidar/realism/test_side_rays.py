"""Side rays are cast at edges only: no return differs from a scan of all rays that reads the same.

What is inside a surface, and so not cast, hardly differs from the center: the limits are measured.
"""

from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.realism.walk import request_of, swept, walk
from motiondata.bodies.bundled import bundled_body
from motiondata.lidar.cpu.side_rays import (
    CENTER,
    EVERY_RAY,
    NEVER_WHOLE,
    NOT_LEFT,
    NOT_RIGHT,
    roles_of,
)
from motiondata.lidar.observer import Request
from motiondata.lidar.presets import sensor_preset
from motiondata.lidar.realism.effects import Effects
from motiondata.lidar.realism.fine_rays import FineRays, fine_rays
from motiondata.lidar.realism.footprints import (
    NO_HIT,
    Echoes,
    footprints_per_hit,
    merge_echoes,
)
from motiondata.lidar.realism.joining import ShadedHits
from motiondata.lidar.realism.materials import reflectances_of
from motiondata.lidar.realism.moving_scan import MovingScanner
from motiondata.lidar.realism.rolling_shutter import shutter_of
from motiondata.lidar.realism.settings import find_realism
from motiondata.lidar.sensor import Sensor

SETTINGS, BODY, WALK = find_realism("sensor"), bundled_body(), walk(24)
SENSORS = ("os1-128-1024", "os1-128-2048", "hdl-64e", "vlp-16")


def seen_at(meters: float, sensor: Sensor) -> Request:
    """Return the request of a dressed person who walks."""
    request = request_of(WALK, BODY, SETTINGS, meters)
    return swept(request, WALK, shutter_of(sensor, SETTINGS))


def scan(
    sensor: Sensor, request: Request, reading: tuple[int, int, float]
) -> tuple[ShadedHits, NDArray[np.int64]]:
    """Return the hits of the fine rays that are read."""
    scanner = MovingScanner(
        fine_rays(sensor, SETTINGS).sensor, shutter_of(sensor, SETTINGS), reading
    )
    return scanner.scan(request, reflectances_of(request)[BODY.face_parts])


@pytest.mark.parametrize("meters", [1.5, 4.0, 9.0])
@pytest.mark.parametrize("name", SENSORS)
def test_returns_are_those_of_a_scan_of_all_rays(name: str, meters: float) -> None:
    sensor = sensor_preset(name)
    request = seen_at(meters, sensor)
    fine = fine_rays(sensor, SETTINGS)
    all_hits, some_hits = (scan(sensor, request, reading) for reading in (EVERY_RAY, fine.reading))
    share = 0.8 if meters > 2 else 1.0  # very near, all rays are tested in parts
    assert len(some_hits[0].scan.faces) < share * len(all_hits[0].scan.faces)
    expected = Effects(sensor, 1, SETTINGS).returns(request, *all_hits)
    found = Effects(sensor, 1, SETTINGS).returns(request, *some_hits)
    np.testing.assert_array_equal(found.scans.offsets, expected.scans.offsets)
    np.testing.assert_array_equal(found.intensities, expected.intensities)
    for values, wanted in zip(found.scans.hits, expected.scans.hits, strict=True):
        np.testing.assert_array_equal(values, wanted)


class Figures(NamedTuple):
    """The echoes of a scan, NaN for footprints without one, shaped (frames, beams, columns)."""

    ranges: NDArray[np.float64]
    powers: NDArray[np.float64]


def echoes_of(hits: ShadedHits, offsets: NDArray[np.int64], fine: FineRays, step: float) -> Figures:
    count, frames = len(hits.scan.faces), len(offsets) - 1
    echoes = Echoes(*np.empty((2, 3 * count + 1), np.int32), *np.empty((2, 3 * count + 1)))
    found = np.zeros(frames + 1, np.int64)
    merge_echoes(
        tuple(hits.scan), offsets, hits.shading.powers, (fine.columns, fine.factor, fine.side),
        step, 0.5, False, 2, np.full(fine.sensor.beams * fine.sensor.columns, NO_HIT),
        np.empty(footprints_per_hit(fine.factor, fine.side) * count + 1, np.int32),
        tuple(echoes), found,
    )  # fmt: skip
    figures = Figures(*np.full((2, frames, fine.sensor.beams, fine.columns), np.nan))
    kept = slice(found[-1])
    places = (
        np.repeat(np.arange(frames), np.diff(found)),
        hits.scan.beams[echoes.hits[kept]],
        echoes.columns[kept],
    )
    figures.ranges[places], figures.powers[places] = echoes.ranges[kept], echoes.powers[kept]
    return figures


@pytest.mark.parametrize("meters", [4.0, 8.0, 15.0])
@pytest.mark.parametrize("name", SENSORS)
def test_echoes_hardly_differ_from_those_with_all_side_rays(name: str, meters: float) -> None:
    sensor = sensor_preset(name)
    fine = fine_rays(sensor, SETTINGS)
    hits = scan(sensor, seen_at(meters, sensor), EVERY_RAY)
    found, exact = (echoes_of(*hits, fine, step) for step in (fine.step, NEVER_WHOLE))
    both = np.isfinite(exact.ranges)
    np.testing.assert_array_equal(np.isfinite(found.ranges), both)
    farther, brighter = (found.ranges - exact.ranges)[both], (found.powers - exact.powers)[both]
    assert abs(farther.mean()) < 0.0005
    assert np.square(farther).mean() < 0.0025**2
    assert (abs(farther) > 0.01).mean() < 0.015
    assert abs(brighter.mean()) < 0.005 * exact.powers[both].mean()
    assert np.square(brighter).mean() < 0.03**2


@pytest.mark.parametrize("name", [*SENSORS, "os0-128-2048"])
def test_roles_are_those_of_the_footprints(name: str) -> None:
    fine = fine_rays(sensor_preset(name), SETTINGS)
    rays = np.arange(4 * fine.factor)
    centers = rays[:: fine.factor]
    roles = roles_of(len(rays), fine.reading)
    assert {*rays[roles >= CENTER]} == {*centers}
    assert {*rays[(roles & NOT_LEFT) == 0]} == {*(centers - fine.side) % len(rays)}
    assert {*rays[(roles & NOT_RIGHT) == 0]} == {*(centers + fine.side) % len(rays)}


def test_footprints_that_reach_beyond_the_next_column_are_never_whole() -> None:
    wide = fine_rays(sensor_preset("vlp-16"), replace(SETTINGS, footprint=4.0))
    assert wide.side >= wide.factor
    assert wide.step == NEVER_WHOLE
