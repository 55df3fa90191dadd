"""Compare the results of two scanners, because speed is meaningless for wrong results.

A ray may differ only through rounding: near an edge of a face, or on a face that it meets at a
grazing angle.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.kernels.embree import Hits
from motiondata.lidar.scans import Scan
from motiondata.lidar.sensor import Sensor, ray_directions
from tests.support.meshes import Mesh, scan_image
from tests.support.ray_edges import ROUNDING, angle_to_edges, slide

SAME_METERS = 1e-4
"""Ranges that differ by less than this are equal."""

Array = NDArray[np.float32]


@dataclass(frozen=True)
class ScanAgreement:
    """The agreement of two scans over a number of frames."""

    frames: int
    hits: int
    """Number of hits of our scans."""
    differing: int
    """Number of rays that hit in only one scan, or at different ranges."""
    unexplained: int
    """Number of differing rays that rounding does not explain: no edge and no grazing angle."""
    largest_meters: float
    """The largest difference of ranges in meters among the rays that do not differ."""


def compare_scans(
    ours: Iterable[Scan],
    theirs: Iterable[Hits],
    clip: Array,
    faces: NDArray[np.int32],
    sensor: Sensor,
) -> ScanAgreement:
    """Compare scans ray by ray; `clip` is shaped (frames, vertices, 3), sensor frame."""
    return add_agreements(
        [
            _compare(our, their, (vertices, faces), sensor)
            for our, their, vertices in zip(ours, theirs, clip, strict=True)
        ]
    )


def add_agreements(parts: Sequence[ScanAgreement]) -> ScanAgreement:
    """Return the agreement over the frames of all parts."""
    return ScanAgreement(
        frames=sum(part.frames for part in parts),
        hits=sum(part.hits for part in parts),
        differing=sum(part.differing for part in parts),
        unexplained=sum(part.unexplained for part in parts),
        largest_meters=max(part.largest_meters for part in parts),
    )


def _compare(ours: Scan, theirs: Hits, mesh: Mesh, sensor: Sensor) -> ScanAgreement:
    our_faces, our_ranges = scan_image(ours, sensor)
    their_ranges = np.full_like(our_ranges, np.inf)
    their_ranges[theirs.beams, theirs.columns] = theirs.ranges
    same = np.isclose(our_ranges, their_ranges, rtol=0, atol=SAME_METERS)
    both = same & np.isfinite(our_ranges)
    gaps = np.abs(our_ranges[both] - their_ranges[both])
    differing = list(zip(*np.nonzero(~same), strict=True))
    directions = ray_directions(sensor) if differing else np.empty(0)
    unexplained = [
        ray
        for ray in differing
        if not _rounds(
            directions[ray], mesh, int(our_faces[ray]), our_ranges[ray] - their_ranges[ray]
        )
    ]
    return ScanAgreement(
        1, len(ours.ranges), len(differing), len(unexplained), float(gaps.max(initial=0))
    )


def _rounds(ray: NDArray[np.float64], mesh: Mesh, face: int, gap: float) -> bool:
    """Return whether rounding of the ray's direction explains a difference of two ranges."""
    if angle_to_edges(ray, mesh) <= ROUNDING:
        return True
    return face >= 0 and abs(gap) < ROUNDING * slide(ray, mesh[0][mesh[1][face]])
