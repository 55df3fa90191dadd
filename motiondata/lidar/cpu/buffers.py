"""The memory that a scan works in, kept from scan to scan because fresh memory is slow.

What is called a shot is a pair of a face and a ray, to be tested: a whole number, the face from
bit 32 on, and below it the ray, counted through all beams' columns.
"""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from motiondata.lidar.cpu.simd import LINE

BLOCK, WORD = 8, 8
"""Rays that share one mark of having a hit, and such marks that are looked at together."""

MAX_CANDIDATES = 8192
"""Shots from which on they are tested, however many faces are still to be aimed at."""

BATCH = 256
"""Shots that are tested at once, so that all of theirs stays in the nearest cache."""

Plane = NDArray[np.float32]
"""The vertices of one frame by component, shaped (3, vertices)."""
Faces = NDArray[np.int32]
Whole = int | np.integer[Any]


class Buffers(NamedTuple):
    """Memory that scans share; between them `nearest` is infinite and `touched` zero."""

    units: NDArray[np.int32]
    """Azimuth of each vertex from the reference, shaped (vertices,), within half a turn."""
    bands: NDArray[np.int32]
    """Elevation band of each vertex, shaped (vertices,)."""
    marks: NDArray[np.int64]
    """Where each vertex is on the grid, shaped (vertices,): four numbers of 16 bits in one of 64.

    They are its azimuth, the first beam that may be at or above it, the azimuth's complement, and
    that of the beam after the last that may be at or below it. The least of each over a face's
    corners bounds the face: the least complement is the greatest number's."""
    shortlist: NDArray[np.int32]
    """Faces that may touch a ray, shaped (faces,)."""
    listed: NDArray[np.bool_]
    """Whether a face is one of them, shaped (faces,)."""
    bounds: NDArray[np.int64]
    """The least of each face's corners' marks, shaped (faces,)."""
    windows: NDArray[np.int64]
    """The bounds of each listed face from the beam on that is next, shaped (faces,)."""
    first_candidates: NDArray[np.int64]
    """The shot of each listed face at its first ray of that beam, shaped (faces,)."""
    plans: NDArray[np.int64]
    """How many shots at that beam each listed face has, and what else is to do, shaped (faces,)."""
    unfinished: NDArray[np.int32]
    """Places on the list of faces with something else to do, shaped (faces + 1,)."""
    shifts: NDArray[np.int64]
    """How many columns, in fixed point, each sorted beam has before the reference azimuth."""
    candidates: NDArray[np.int64]
    """Shots that wait to be tested."""
    corners: NDArray[np.float32]
    """The corners of the faces of a volley: nine rows of VOLLEY, three for each."""
    rays: NDArray[np.float64]
    """The rays of a volley: three rows of VOLLEY."""
    distances: NDArray[np.float64]
    """How far along its ray each face of a volley is, shaped (VOLLEY,)."""
    hit_places: NDArray[np.int32]
    """Which of a volley are hits, shaped (VOLLEY,)."""
    nearest: NDArray[np.float64]
    """Range of the nearest hit so far, shaped (rays,), padded to whole words; metres."""
    hit_blocks: NDArray[np.int32]
    """Which blocks of rays have hits, shaped (blocks + 1,)."""
    hit_rays: NDArray[np.int32]
    """Which rays have hits within the sensor's limits, shaped (rays + 1,), padded likewise."""
    nearest_face: NDArray[np.int32]
    """Face of the nearest hit so far, shaped (rays,)."""
    touched: NDArray[np.uint8]
    """Whether any of a block of rays has a hit, shaped (blocks,), padded to whole words."""
    touched_words: NDArray[np.int64]
    """The same memory, WORD blocks at once."""


def empty_buffers(beams: int, columns: int, vertices: int, faces: int) -> Buffers:
    """Return memory for a sensor of so many rays, and a mesh of so many vertices and faces."""
    touched = np.zeros(-(-beams * columns // (BLOCK * WORD)), np.int64)
    rays = len(touched) * BLOCK * WORD
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
        # SHOTS may wait when all faces add a line to them, and then one adds a shot at every ray.
        candidates=np.empty(MAX_CANDIDATES + LINE * (faces + 1) + 2 * rays, np.int64),
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
