"""Whether two ways to scan see the same: a fast wrong answer is no answer.

A ray may differ only where rounding lets it: by an edge of a face, or on a face that it meets flat.
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

SAME_METRES = 1e-4
"""Ranges that are nearer than this are the same."""

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Agreement:
    """How the scans of some frames compare."""

    frames: int
    hits: int
    """Of ours."""
    differing: int
    """Rays that hit in one scan only, or at another range."""
    unexplained: int
    """Those of them that pass no edge and meet no face flat."""
    largest_metres: float
    """The largest difference of ranges among the rays that do not differ."""


def compare_scans(
    ours: Iterable[Scan],
    theirs: Iterable[Hits],
    clip: Array,
    faces: NDArray[np.int32],
    sensor: Sensor,
) -> Agreement:
    """Compare scans of a clip, shaped (frames, vertices, 3), sensor frame, ray by ray."""
    return add_agreements(
        [
            _compare(our, their, (vertices, faces), sensor)
            for our, their, vertices in zip(ours, theirs, clip, strict=True)
        ]
    )


def add_agreements(parts: Sequence[Agreement]) -> Agreement:
    """Return the agreement of all frames together."""
    return Agreement(
        frames=sum(part.frames for part in parts),
        hits=sum(part.hits for part in parts),
        differing=sum(part.differing for part in parts),
        unexplained=sum(part.unexplained for part in parts),
        largest_metres=max(part.largest_metres for part in parts),
    )


def _compare(ours: Scan, theirs: Hits, mesh: Mesh, sensor: Sensor) -> Agreement:
    our_faces, our_ranges = scan_image(ours, sensor)
    their_ranges = np.full_like(our_ranges, np.inf)
    their_ranges[theirs.beams, theirs.columns] = theirs.ranges
    same = np.isclose(our_ranges, their_ranges, rtol=0, atol=SAME_METRES)
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
    return Agreement(
        1, len(ours.ranges), len(differing), len(unexplained), float(gaps.max(initial=0))
    )


def _rounds(ray: NDArray[np.float64], mesh: Mesh, face: int, gap: float) -> bool:
    """Tell whether rounding of the ray's direction explains a gap between two ranges."""
    if angle_to_edges(ray, mesh) <= ROUNDING:
        return True
    return face >= 0 and abs(gap) < ROUNDING * slide(ray, mesh[0][mesh[1][face]])
