"""The scan kernel: find the first face that each ray hits.

All rays of a spinning LiDAR leave one point on a fixed grid of angles, so no search structure is
needed: each face is placed on the grid, and only the rays that it could touch are tested.
"""

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.jit import inlined, kernel
from motiondata.lidar.cpu.buffers import Buffers, Faces, Plane, Whole
from motiondata.lidar.cpu.candidates import find_candidates
from motiondata.lidar.cpu.facing import keep_front_faces
from motiondata.lidar.cpu.hits import report_hits
from motiondata.lidar.cpu.ray_grid import RayGrid
from motiondata.lidar.cpu.ray_triangle import intersect_candidates
from motiondata.lidar.cpu.side_rays import EVERY_RAY, Reading, cast_footprints
from motiondata.lidar.cpu.vertex_grid import list_faces, place_vertices, shift_beams
from motiondata.lidar.scans import Scan

NOT_FINITE = -1
"""Replaces the offset after a frame that has a NaN or infinite vertex."""

Planes = NDArray[np.float32]
"""Vertices by component, shaped (frames, 3, vertices), meters, sensor frame."""


@kernel
def scan_frames(
    planes: Planes,
    faces: Faces,
    grid_fields: tuple[Any, ...],
    buffer_fields: tuple[Any, ...],
    limits: tuple[float, float],
    hit_fields: tuple[Any, ...],
    offsets: NDArray[np.int64],
    frame: int,
) -> int:
    """Scan frames, shaped (frames, 3, vertices), starting at `frame`, and append their hits.

    The fields are those of a `RayGrid`, `Buffers` and a `Scan`. `offsets[i]` is the number of hits
    before frame i. Returns the number of frames if all are done. Otherwise returns the frame i that
    stopped the scan: `offsets[i + 1]` is then the required size of the hits if they did not fit,
    or `NOT_FINITE` if a vertex is not finite.
    """
    grid, buffers, hits = RayGrid(*grid_fields), Buffers(*buffer_fields), Scan(*hit_fields)
    while frame < len(planes):
        end = scan_frame(
            planes[frame], faces, False, EVERY_RAY, grid, buffers, limits, hits, offsets[frame]
        )
        offsets[frame + 1] = end
        if end == NOT_FINITE or end > len(hits.faces):
            break
        frame += 1
    return frame


@inlined
def scan_frame(
    corners: Plane,
    faces: Faces,
    fronts_only: bool,
    reading: Reading,
    grid: RayGrid,
    buffers: Buffers,
    limits: tuple[float, float],
    hits: Scan,
    hit: int,
) -> Whole:
    """Write the hits of one frame, starting at index `hit`, and return the index after the last.

    `corners` are the vertices, shaped (3, vertices). With `fronts_only`, faces that are seen from
    behind are skipped, which gives the same hits for a closed mesh with the sensor outside, in less
    time. With a `reading` other than `EVERY_RAY`, rays that are not read may have no hits. Returns
    `NOT_FINITE` if a vertex is not finite. If `hits` is too small, none is written.
    """
    reference = math.atan2(np.float64(corners[1, 0]), np.float64(corners[0, 0]))
    if not place_vertices(corners, reference, grid, buffers):
        return NOT_FINITE
    shift_beams(reference, grid, buffers.shifts)
    listed = list_faces(faces, grid, buffers)
    if fronts_only:
        listed = keep_front_faces(corners, faces, buffers, listed)
    candidates = find_candidates(corners, faces, grid, buffers, reference, listed)
    if reading[0] > 1:
        cast_footprints(corners, faces, grid, buffers, candidates, limits, reading)
    else:
        intersect_candidates(corners, faces, grid, buffers, candidates)
    return report_hits(grid, buffers, limits, hits, hit)
