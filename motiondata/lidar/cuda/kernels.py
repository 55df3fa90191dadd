"""The GPU kernels: one block of threads processes a frame from vertices to sampled points.

The algorithm is that of the CPU kernels, adapted to a block: the faces are distributed over the
threads, the nearest hit of each ray is found in the block's window of rays, and the hits are
sampled in place. Between two steps that share memory there is a barrier, which all threads of the
block reach.
"""

from numba import cuda, float32, int32, int64

from motiondata.lidar.cuda.fields import (
    DOES_NOT_FIT,
    NOT_FINITE,
    LargeMemory,
    Memory,
    Mesh,
    Noise,
    Rays,
    SampleArrays,
    SharedScratch,
)
from motiondata.lidar.cuda.hits import report_hits
from motiondata.lidar.cuda.jit import kernel, step
from motiondata.lidar.cuda.rasterize import scan
from motiondata.lidar.cuda.sampling import sample
from motiondata.lidar.cuda.windows import clear, find_window

THREADS = 128
"""The maximum number of threads per block."""


@kernel
def observe_frames(
    mesh: Mesh, rays: Rays, noise: Noise, kept: int, cells: int, room: int, seen: SampleArrays
) -> None:
    """Observe frames in shared memory, and mark those that do not fit.

    A block needs 8 bytes for each of its `cells` window cells and 20 for each of its `room` hits.
    """
    reals = cuda.shared.array((4, THREADS), float32)
    wholes = cuda.shared.array((2, THREADS), int64)
    keys, floats = cuda.shared.array(0, int64), cuda.shared.array(0, float32)
    faces = cuda.shared.array(0, int32)  # the same memory as `keys` and `floats`
    start = 2 * cells
    memory = Memory(
        SharedScratch(reals, wholes),
        keys[:cells],
        floats[start : start + room],
        floats[start + room : start + 2 * room],
        floats[start + 2 * room : start + 3 * room],
        floats[start + 3 * room : start + 4 * room],
        faces[start + 4 * room : start + 5 * room],
    )
    for frame in range(cuda.blockIdx.x, len(seen.hits), cuda.gridDim.x):
        _observe(frame, mesh, rays, noise, kept, memory, seen)
        cuda.syncthreads()


@kernel
def observe_large_frames(
    mesh: Mesh, rays: Rays, noise: Noise, kept: int, large: LargeMemory, seen: SampleArrays
) -> None:
    """Observe the marked frames in global memory, in which every frame fits."""
    reals = cuda.shared.array((4, THREADS), float32)
    wholes = cuda.shared.array((2, THREADS), int64)
    block = cuda.blockIdx.x
    cloud = large.clouds[block]
    memory = Memory(
        SharedScratch(reals, wholes),
        large.windows[block],
        cloud[0],
        cloud[1],
        cloud[2],
        cloud[3],
        large.faces[block],
    )
    for frame in range(block, len(seen.hits), cuda.gridDim.x):
        if seen.hits[frame] == DOES_NOT_FIT:
            cuda.syncthreads()  # all threads read the mark before one of them overwrites it
            _observe(frame, mesh, rays, noise, kept, memory, seen)
        cuda.syncthreads()


@step
def _observe(
    frame: int, mesh: Mesh, rays: Rays, noise: Noise, kept: int, memory: Memory, seen: SampleArrays
) -> None:
    vertices = mesh.vertices[frame]
    window = find_window(vertices, rays, memory.board)
    hits = NOT_FINITE if window.columns == NOT_FINITE else DOES_NOT_FIT
    if hits == DOES_NOT_FIT and window.columns * window.beams <= len(memory.window):
        clear(memory.window, window)
        scan(vertices, mesh.faces, rays, window, memory.window)
        hits = report_hits(vertices, mesh.faces, rays, window, memory, noise, noise.firsts[frame])
    if cuda.threadIdx.x == 0:
        seen.hits[frame] = hits
    if kept > 0 and hits >= 0:
        sample(memory, hits, kept, mesh.parts, seen.points[frame], seen.parts[frame])
