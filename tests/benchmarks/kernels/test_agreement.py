"""The comparison of scans finds every difference, and explains only those that rounding causes."""

import numpy as np
import pytest

from benchmarks.kernels.agreement import SAME_METERS, ScanAgreement, add_agreements, compare_scans
from benchmarks.kernels.embree import Hits
from motiondata.lidar.cpu.scanner import Scanner
from motiondata.lidar.presets import sensor_preset
from motiondata.lidar.scans import Scan, Scans
from motiondata.lidar.sensor import Sensor
from tests.support.meshes import Mesh, turned
from tests.support.posed_bodies import standing_body

SENSOR = sensor_preset("vlp-16")
MESH = turned(standing_body(0), 0.0, (4.0, 0.0, -1.0))


def as_peer(scan: Scan, first: int = 0, past: int | None = None) -> Hits:
    """Return some of a scan's hits, all by default, as a peer's."""
    kept = slice(first, past)
    faces, beams, columns = (
        field[kept].astype(np.int64) for field in (scan.faces, scan.beams, scan.columns)
    )
    return Hits(scan.points[kept], faces, beams, columns, scan.ranges[kept].copy())


def compare(ours: Scan, theirs: Hits, mesh: Mesh = MESH, sensor: Sensor = SENSOR) -> ScanAgreement:
    return compare_scans([ours], [theirs], mesh[0][None], mesh[1], sensor)


def test_a_scan_agrees_with_itself() -> None:
    scan = Scanner(SENSOR).scan(*MESH)
    assert compare(scan, as_peer(scan)) == ScanAgreement(1, len(scan.ranges), 0, 0, 0.0)


def test_ranges_that_are_almost_the_same_agree_and_the_largest_gap_is_told() -> None:
    scan = Scanner(SENSOR).scan(*MESH)
    theirs = as_peer(scan)
    theirs.ranges[5] += SAME_METERS / 2
    found = compare(scan, theirs)
    assert (found.differing, found.unexplained) == (0, 0)
    assert found.largest_meters == pytest.approx(SAME_METERS / 2, rel=0.01)


@pytest.mark.parametrize("gap", [0.01, -0.5, 7.0])
def test_another_range_is_found(gap: float) -> None:
    scan = Scanner(SENSOR).scan(*MESH)
    theirs = as_peer(scan)
    theirs.ranges[5] += gap
    found = compare(scan, theirs)
    assert (found.differing, found.unexplained) == (1, 1)


def test_a_lost_hit_and_a_hit_too_many_are_found() -> None:
    scan = Scanner(SENSOR).scan(*MESH)
    fewer = Scans(scan, np.array([1, len(scan.ranges)]))
    assert compare(scan, as_peer(scan, first=1)).unexplained == 1
    assert compare(next(iter(fewer)), as_peer(scan)).unexplained == 1


def test_a_ray_along_an_edge_is_excused() -> None:
    ahead = Sensor("ahead", np.zeros(1), np.zeros(1), 8, "made: column 0 looks along x")
    edge_on_x = np.array([[3, 0, -1], [3, 0, 1], [3, 1, 0]], np.float32)
    face = np.array([[0, 1, 2]], np.int32)
    scan = Scanner(ahead).scan(edge_on_x, face)
    found = compare(scan, as_peer(scan, past=0), (edge_on_x, face), ahead)
    assert (found.hits, found.differing, found.unexplained) == (1, 1, 0)


def test_agreements_add_up() -> None:
    parts = [ScanAgreement(1, 10, 2, 1, 1e-6), ScanAgreement(2, 20, 1, 0, 3e-6)]
    assert add_agreements(parts) == ScanAgreement(3, 30, 3, 1, 3e-6)
