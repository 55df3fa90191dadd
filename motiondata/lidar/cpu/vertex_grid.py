"""Locate a frame's vertices on the grid of rays, and list the faces that a ray may touch.

Positions are computed in float32 with margins that can only add rays, and then converted to
integers: four 16-bit numbers in a 64-bit word are compared at once.
"""

import math

import numpy as np
from numpy.typing import NDArray

from motiondata.jit import inlined, step
from motiondata.lidar.cpu.buffers import Buffers, Faces, Plane, Whole
from motiondata.lidar.cpu.ray_grid import RayGrid
from motiondata.lidar.cpu.simd import lesser_of_each

ATAN = tuple(
    np.float32(coefficient)
    for coefficient in (0.9998660, -0.3302995, 0.1801410, -0.0851330, 0.0208351)
)
"""Odd coefficients of the arctangent on [0, 1], error at most 1e-5: Abramowitz, Stegun 4.4.47."""

FRACTION_BITS = 16
FRACTION = 1 << FRACTION_BITS
"""Azimuths of vertices are whole numbers of 1/FRACTION of a turn, the resolution of 16 bits.
Columns are fixed-point numbers with 16 fractional bits. An azimuth times `columns` is therefore in
fixed-point columns."""

ZERO, HALF_PI, PI = np.float32(0), np.float32(np.pi / 2), np.float32(np.pi)
TINY, HUGE = np.float32(1e-30), np.float32(3e38)
HALF_TURN = np.float32(FRACTION // 2)
UNITS_PER_RADIAN = np.float32(FRACTION / (2 * np.pi))


@step
def place_vertices(vertices: Plane, reference: float, grid: RayGrid, buffers: Buffers) -> bool:
    """Write the mark of every vertex, and return whether all vertices are finite.

    Azimuths are relative to `reference`, that of the first vertex, so that for a compact body the
    seam is on the opposite side of the sensor.
    """
    cosine, sine = np.float32(math.cos(reference)), np.float32(math.sin(reference))
    astray = _place(vertices[0], vertices[1], vertices[2], cosine, sine, grid, buffers)
    marks, units, bands, band_marks = buffers.marks, buffers.units, buffers.bands, grid.band_marks
    for vertex in range(len(marks)):
        azimuth = np.int64(units[vertex]) & 0xFFFF
        mark = band_marks[np.uint32(bands[vertex])]
        marks[vertex] = mark | azimuth | ((azimuth ^ 0xFFFF) << 32)
    return astray == 0


@step
def _place(
    xs: NDArray[np.float32],
    ys: NDArray[np.float32],
    zs: NDArray[np.float32],
    cosine: np.float32,
    sine: np.float32,
    grid: RayGrid,
    buffers: Buffers,
) -> Whole:
    """Write the azimuth and the band of every vertex, and return zero if all are finite."""
    lowest, scale = grid.lowest_sine, grid.bands_per_sine
    units, bands = buffers.units, buffers.bands
    top = np.float32(len(grid.first_beam) - 1)
    astray = np.int32(0)
    for vertex in range(len(xs)):
        x, y = xs[vertex] * cosine + ys[vertex] * sine, ys[vertex] * cosine - xs[vertex] * sine
        square = x * x + y * y + zs[vertex] * zs[vertex]
        astray |= np.int32(0 if square <= HUGE else 1)
        level = (zs[vertex] / math.sqrt(square + TINY) - lowest) * scale
        level = level if level > ZERO else ZERO
        bands[vertex] = np.int32(level if level < top else top)
        turned = np.int32(_azimuth(x, y) * UNITS_PER_RADIAN + HALF_TURN)
        units[vertex] = turned - np.int32(HALF_TURN)
    return astray


@inlined
def _azimuth(x: np.float32, y: np.float32) -> np.float32:
    """Return the azimuth of a point in radians, within half a turn, to within 1e-5."""
    ahead, aside = abs(x), abs(y)
    steep = aside > ahead
    q = (ahead if steep else aside) / ((aside if steep else ahead) + TINY)
    s = q * q
    angle = q * (ATAN[0] + s * (ATAN[1] + s * (ATAN[2] + s * (ATAN[3] + s * ATAN[4]))))
    angle = HALF_PI - angle if steep else angle
    angle = PI - angle if x < ZERO else angle
    return -angle if y < ZERO else angle


@step
def shift_beams(reference: float, grid: RayGrid, shifts: NDArray[np.int64]) -> None:
    """Compute the fixed-point column of the reference azimuth in each sorted beam."""
    columns_per_radian = grid.columns / (2 * math.pi)
    for beam in range(len(shifts)):
        shift = (reference - grid.offsets[beam]) * columns_per_radian
        shift -= grid.columns * math.floor(shift / grid.columns)
        shifts[beam] = math.floor(shift * FRACTION)


@step
def list_faces(faces: Faces, grid: RayGrid, buffers: Buffers) -> Whole:
    """List all wide faces and all faces that a beam may touch, and return their number.

    There are three loops, of which the second is vectorized. The third writes unconditionally and
    counts conditionally, so that there are no branches to mispredict.
    """
    marks, bounds, listed = buffers.marks, buffers.bounds, buffers.listed
    for face in range(len(faces)):
        i, j, k = np.uint32(faces[face, 0]), np.uint32(faces[face, 1]), np.uint32(faces[face, 2])
        bounds[face] = lesser_of_each(lesser_of_each(marks[i], marks[j]), marks[k])
    for face in range(len(faces)):
        low, bottom, not_high, not_top = four_numbers(bounds[face])
        listed[face] = (bottom < ~not_top) | (~not_high - low > grid.narrow)
    count = np.uint64(0)
    for face in range(len(faces)):
        buffers.shortlist[count] = face
        buffers.windows[count] = bounds[face]
        count += np.uint64(listed[face])
    return np.int64(count)


@inlined
def four_numbers(packed: Whole) -> tuple[Whole, Whole, Whole, Whole]:
    """Return the four 16-bit numbers that are packed in a 64-bit word."""
    return np.int16(packed), np.int16(packed >> 16), np.int16(packed >> 32), np.int16(packed >> 48)
