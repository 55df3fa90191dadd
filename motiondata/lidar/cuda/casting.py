"""The GPU kernels of scans with realism: move a person, cast fine rays, and shade the hits.

Windows of rays are in global memory, because fine rays rarely fit in shared memory. How vertices
move and how hits are shaded is compiled from the same functions as on the CPU.
"""

from typing import Any

import numpy as np
from numba import cuda, float32, int64

from motiondata.lidar.cuda.fields import (
    NOT_FINITE,
    HitArrays,
    Motion,
    Rays,
    SharedScratch,
    Window,
)
from motiondata.lidar.cuda.hits import count_hits, ray_at
from motiondata.lidar.cuda.jit import kernel, step, times
from motiondata.lidar.cuda.kernels import THREADS
from motiondata.lidar.cuda.rasterize import FACE_BITS, distance_of, scan
from motiondata.lidar.cuda.windows import NO_HIT, clear, find_window
from motiondata.lidar.realism.moving_mesh import place_when_seen, start_and_pace
from motiondata.lidar.realism.reflection import shading_of


@kernel
def move_frames(motion: Motion, seconds_per_turn: float) -> None:
    """Write where each vertex is when it is seen; see `realism.moving_mesh.move_vertices`."""
    for frame in range(cuda.blockIdx.x, len(motion.seen), cuda.gridDim.x):
        start, end, seen = motion.starts[frame], motion.ends[frame], motion.seen[frame]
        span = (motion.times[frame, 0], motion.times[frame, 1])
        begun, per_turn = start_and_pace(span, seconds_per_turn)
        for vertex in range(cuda.threadIdx.x, len(seen), cuda.blockDim.x):
            seen[vertex, 0], seen[vertex, 1], seen[vertex, 2] = place_when_seen(
                start[vertex, 0], start[vertex, 1], start[vertex, 2],
                end[vertex, 0], end[vertex, 1], end[vertex, 2], begun, per_turn,
            )  # fmt: skip


@kernel
def cast_frames(
    vertices: Any, faces: Any, rays: Rays, limits: Any, windows: Any, hits: HitArrays
) -> None:
    """Find the hits of frames, which are written as far as there is room.

    `vertices` are shaped (frames, vertices, 3); `limits` are the ranges that each frame reports,
    shaped (frames, 2), float64, meters; `windows` are the memory of each block, shaped (blocks,
    rays), int64.
    """
    reals = cuda.shared.array((4, THREADS), float32)
    wholes = cuda.shared.array((2, THREADS), int64)
    board, keys = SharedScratch(reals, wholes), windows[cuda.blockIdx.x]
    for frame in range(cuda.blockIdx.x, len(vertices), cuda.gridDim.x):
        window = find_window(vertices[frame], rays, board)
        if window.columns == NOT_FINITE:
            if cuda.threadIdx.x == 0:
                hits.counts[frame] = NOT_FINITE
        else:
            clear(keys, window)
            scan(vertices[frame], faces, rays, window, keys)
            here = Rays(rays.directions, rays.tangents, rays.beams, rays.offsets, limits[frame])
            _write_hits(frame, vertices[frame], faces, here, window, keys, board, hits)
        cuda.syncthreads()


@step
def _write_hits(
    frame: int,
    vertices: Any,
    faces: Any,
    rays: Rays,
    window: Window,
    keys: Any,
    board: SharedScratch,
    hits: HitArrays,
) -> None:
    """Write the hits of a frame by beam and column, after those of the frames that came first."""
    counts, claimed, thread = board.wholes[0], board.wholes[1], cuda.threadIdx.x
    cells = window.columns * window.beams
    stretch = (cells + cuda.blockDim.x - 1) // cuda.blockDim.x
    begin, end = min(cells, thread * stretch), min(cells, (thread + 1) * stretch)
    counts[thread] = count_hits(vertices, faces, rays, window, keys, begin, end)
    cuda.syncthreads()
    before, count = 0, 0
    for other in range(cuda.blockDim.x):
        before += counts[other] if other < thread else 0
        count += counts[other]
    if thread == 0:
        first = cuda.atomic.add(hits.total, 0, count)
        claimed[0], hits.firsts[frame], hits.counts[frame] = first, first, count
    cuda.syncthreads()
    if claimed[0] + count <= len(hits.ranges):
        hit = claimed[0] + before
        for place in range(begin, end):
            beam, column, cell = ray_at(place, rays, window)
            if keys[cell] != NO_HIT:
                face = keys[cell] & ((1 << FACE_BITS) - 1)
                _write_hit(hit, face, beam, column, vertices, faces, rays, hits)
                hit += 1


@step
def _write_hit(
    hit: int,
    face: int,
    beam: int,
    column: int,
    vertices: Any,
    faces: Any,
    rays: Rays,
    hits: HitArrays,
) -> None:
    ray = rays.directions[beam, column]
    distance = distance_of(vertices, faces, face, ray)
    for axis in range(3):
        hits.points[hit, axis] = np.float32(times(distance, ray[axis]))
    hits.faces[hit], hits.beams[hit], hits.columns[hit] = face, beam, column
    hits.ranges[hit] = np.float32(distance)


@kernel
def shade_frames(motion: Motion, faces: Any, hits: HitArrays) -> None:
    """Write the shading of all hits that were written; see `realism.reflection.shade`."""
    for frame in range(cuda.blockIdx.x, len(motion.seen), cuda.gridDim.x):
        first, count = hits.firsts[frame], hits.counts[frame]
        if count > 0 and first + count <= len(hits.ranges):
            start, end, seen = motion.starts[frame], motion.ends[frame], motion.seen[frame]
            duration = motion.times[frame, 1] - motion.times[frame, 0]
            frequency = 1 / duration if duration != 0 else 0.0
            for hit in range(first + cuda.threadIdx.x, first + count, cuda.blockDim.x):
                face = hits.faces[hit]
                i, j, k = faces[face, 0], faces[face, 1], faces[face, 2]
                corners = (_corner(seen[i]), _corner(seen[j]), _corner(seen[k]))
                point = (hits.points[hit, 0], hits.points[hit, 1], hits.points[hit, 2])
                moved = (
                    end[i, 0] - start[i, 0], end[i, 1] - start[i, 1], end[i, 2] - start[i, 2],
                )  # fmt: skip
                cosine, slope, drift = shading_of(
                    corners, point, hits.ranges[hit], moved, frequency
                )
                hits.shading[hit, 0], hits.shading[hit, 1] = cosine, slope
                hits.shading[hit, 2] = drift


@step
def _corner(vertex: Any) -> Any:
    return np.float64(vertex[0]), np.float64(vertex[1]), np.float64(vertex[2])
