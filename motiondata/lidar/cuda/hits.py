"""Gather the hits of a frame from its window by beam and column, and add noise.

Each thread counts the hits in its segment of the window, then writes them after those of the
threads before it, so that the order is the same as on the CPU.
"""

from typing import Any

import numpy as np
from numba import cuda

from motiondata.lidar.cuda.angles import Real
from motiondata.lidar.cuda.fields import DOES_NOT_FIT, EXACT, Memory, Noise, Rays, Window
from motiondata.lidar.cuda.jit import step, times
from motiondata.lidar.cuda.rasterize import FACE_BITS, distance_of
from motiondata.lidar.cuda.windows import NO_HIT, first_column


@step
def report_hits(
    vertices: Any,
    faces: Any,
    rays: Rays,
    window: Window,
    memory: Memory,
    noise: Noise,
    first_draw: int,
) -> int:
    """Gather the hits by beam and column, and return their number or `DOES_NOT_FIT`.

    Each thread counts the hits in its segment of the window, then writes them after those of the
    threads before it.
    """
    counts, thread = memory.board.wholes[0], cuda.threadIdx.x
    cells = window.columns * window.beams
    stretch = (cells + cuda.blockDim.x - 1) // cuda.blockDim.x
    begin, end = min(cells, thread * stretch), min(cells, (thread + 1) * stretch)
    counts[thread] = count_hits(vertices, faces, rays, window, memory.window, begin, end)
    cuda.syncthreads()
    hit, hits = 0, 0
    for other in range(cuda.blockDim.x):
        hit += counts[other] if other < thread else 0
        hits += counts[other]
    if hits <= len(memory.x):
        for place in range(begin, end):
            beam, column, cell = ray_at(place, rays, window)
            if memory.window[cell] != NO_HIT:
                face = memory.window[cell] & ((1 << FACE_BITS) - 1)
                distance = distance_of(vertices, faces, face, rays.directions[beam, column])
                ray = rays.directions[beam, column]
                _report(hit, distance, ray, noise, first_draw, memory)
                memory.face[hit] = face
                hit += 1
    cuda.syncthreads()
    return hits if hits <= len(memory.x) else DOES_NOT_FIT


@step
def count_hits(
    vertices: Any, faces: Any, rays: Rays, window: Window, keys: Any, begin: int, end: int
) -> int:
    """Count the hits in a segment of the window, and remove those beyond the sensor's limits."""
    hits = 0
    for place in range(begin, end):
        beam, column, cell = ray_at(place, rays, window)
        if keys[cell] != NO_HIT:
            face = keys[cell] & ((1 << FACE_BITS) - 1)
            distance = distance_of(vertices, faces, face, rays.directions[beam, column])
            if rays.limits[0] <= distance <= rays.limits[1]:
                hits += 1
            else:
                keys[cell] = NO_HIT
    return hits


@step
def ray_at(place: int, rays: Rays, window: Window) -> Any:
    """Return the beam, the column and the cell at an index of the order by beam and column.

    A window that crosses the last column has the first columns at its end.
    """
    row = place // window.columns
    beam, past = window.first_beam + row, place - row * window.columns
    first = first_column(window, rays, beam)
    across = max(0, first + window.columns - rays.directions.shape[1])
    if past < across:
        return beam, past, (row + 1) * window.columns - across + past
    return beam, first + past - across, row * window.columns + past - across


@step
def _report(
    hit: int, distance: Real, ray: Any, noise: Noise, first_draw: int, memory: Memory
) -> None:
    x = np.float32(times(distance, ray[0]))
    y = np.float32(times(distance, ray[1]))
    z = np.float32(times(distance, ray[2]))
    if first_draw != EXACT:
        exact = np.float64(np.float32(distance))
        scale = max(exact + noise.draws[first_draw + hit], 0.0) / exact
        x = np.float32(times(np.float64(x), scale))
        y = np.float32(times(np.float64(y), scale))
        z = np.float32(times(np.float64(z), scale))
    memory.x[hit], memory.y[hit], memory.z[hit] = x, y, z
