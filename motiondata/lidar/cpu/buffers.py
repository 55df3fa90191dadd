"""The working memory of a scan, reused between scans because new memory is slow.

A candidate is a pair of a face and a ray to test. It is a 64-bit number: the face in the upper 32
bits, and the ray (beam times columns plus column) in the lower 32 bits.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from motiondata.lidar.cpu.simd import LINE

BLOCK, WORD = 8, 8
"""Rays per block, which share one hit mark, and marks per word, which are checked together."""

MAX_CANDIDATES, MAX_WAITING = 8192, 65536
"""The number of candidates from which they are tested, even if more faces are to be paired; and the
same for a scan that tests candidates only if other hits call for them."""

BATCH = 256
"""Candidates per batch of tests: few enough for all their data to stay in the L1 cache."""

Plane = NDArray[np.float32]
"""The vertices of one frame by component, shaped (3, vertices)."""
Faces = NDArray[np.int32]
Whole = int | np.integer[Any]


class Buffers(NamedTuple):
    """Memory that scans share; between scans, `nearest` is infinite and `touched` is zero."""

    units: NDArray[np.int32]
    """Azimuth of each vertex relative to the reference, within half a turn, shaped (vertices,)."""
    bands: NDArray[np.int32]
    """Elevation band of each vertex, shaped (vertices,)."""
    marks: NDArray[np.int64]
    """Position of each vertex on the grid, shaped (vertices,): four 16-bit numbers in 64 bits.

    From bit 0 on: the azimuth, the first beam that may be at or above the vertex, the complement of
    the azimuth, and the complement of the beam after the last that may be at or below the vertex.
    The elementwise minimum over a face's corners bounds the face, because the minimum of
    complements is the complement of the maximum."""
    shortlist: NDArray[np.int32]
    """Faces that may touch a ray, shaped (faces,)."""
    listed: NDArray[np.bool_]
    """Whether each face is on the shortlist, shaped (faces,)."""
    bounds: NDArray[np.int64]
    """The elementwise minimum of the marks of each face's corners, shaped (faces,)."""
    windows: NDArray[np.int64]
    """The bounds of each listed face, with the next beam as the first beam, shaped (faces,)."""
    first_candidates: NDArray[np.int64]
    """The candidate of each listed face with its first ray of the next beam, shaped (faces,)."""
    plans: NDArray[np.int64]
    """The number of candidates of each listed face at the next beam, plus the flags for remaining
    work (see `candidates.COUNT`), shaped (faces,)."""
    unfinished: NDArray[np.int32]
    """Shortlist indices of the faces with remaining work, shaped (faces + 1,)."""
    shifts: NDArray[np.int64]
    """Column of the reference azimuth in each sorted beam, in fixed point, shaped (beams,)."""
    most_candidates: int
    """`MAX_CANDIDATES` or `MAX_WAITING`."""
    candidates: NDArray[np.int64]
    """Candidates to be tested."""
    waiting: NDArray[np.int64]
    """Candidates that wait for the hits of the centers of footprints."""
    roles: NDArray[np.uint8]
    """The role of each ray (see `side_rays`), shaped (rays,); empty if every ray is read."""
    corners: NDArray[np.float32]
    """The corners of the faces of a batch: nine rows of BATCH numbers, three rows per corner."""
    rays: NDArray[np.float64]
    """The ray directions of a batch: three rows of BATCH numbers."""
    distances: NDArray[np.float64]
    """The range of each candidate of a batch, or infinity for a miss, shaped (BATCH,); meters."""
    hit_places: NDArray[np.int32]
    """The indices of the hits in a batch, shaped (BATCH,)."""
    nearest: NDArray[np.float64]
    """Range of the nearest hit so far, shaped (rays,), padded to whole words; meters."""
    hit_blocks: NDArray[np.int32]
    """The blocks of rays that have hits, shaped (blocks + 1,)."""
    hit_rays: NDArray[np.int32]
    """The rays with hits within the sensor's limits, shaped (rays + 1,), padded likewise."""
    nearest_face: NDArray[np.int32]
    """Face of the nearest hit so far, shaped (rays,)."""
    touched: NDArray[np.uint8]
    """Whether any ray of a block has a hit, shaped (blocks,), padded to whole words."""
    touched_words: NDArray[np.int64]
    """A view of `touched` with WORD blocks per element."""


def empty_buffers(
    beams: int, columns: int, vertices: int, faces: int, most_candidates: int = MAX_CANDIDATES
) -> Buffers:
    """Return buffers for a sensor and a mesh of the given sizes."""
    touched = np.zeros(-(-beams * columns // (BLOCK * WORD)), np.int64)
    rays = len(touched) * BLOCK * WORD
    # That many may be there when each face adds a line, and one face then adds every ray.
    room = most_candidates + LINE * (faces + 1) + 2 * rays
    return Buffers(
        units=np.empty(vertices, np.int32),
        bands=np.empty(vertices, np.int32),
        marks=np.empty(vertices, np.int64),
        shortlist=np.empty(faces, np.int32),
        listed=np.empty(faces, np.bool_),
        bounds=np.empty(faces, np.int64),
        windows=np.empty(faces, np.int64),
        first_candidates=np.empty(faces, np.int64),
        plans=np.empty(faces, np.int64),
        unfinished=np.empty(faces + 1, np.int32),
        shifts=np.empty(beams, np.int64),
        most_candidates=most_candidates,
        candidates=np.empty(room, np.int64),
        waiting=np.empty(room, np.int64),
        roles=np.empty(0, np.uint8),
        corners=np.zeros(9 * BATCH, np.float32),
        rays=np.zeros(3 * BATCH),
        distances=np.zeros(BATCH),
        hit_places=np.zeros(BATCH, np.int32),
        nearest=np.full(rays, np.inf),
        nearest_face=np.empty(rays, np.int32),
        hit_blocks=np.empty(rays // BLOCK + 1, np.int32),
        hit_rays=np.empty(rays + 1, np.int32),
        touched=touched.view(np.uint8),
        touched_words=touched,
    )
