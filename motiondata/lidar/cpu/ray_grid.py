"""A sensor's rays as tables that a scan can look up.

Beams are sorted by elevation and found through a table of equal bands of the elevation's sine, not
by division, because real sensors space their beams unevenly. The sine is bounded and needs no
arctangent: it is z over the distance.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from motiondata.lidar.sensor import Sensor, ray_directions

BANDS = 4096
"""Bands of elevation: each a tenth of the usual distance between two beams, or less."""

NARROW = 0.04
"""Azimuth span in radians up to which the bands of its corners say which beams a face touches."""

NARROW_UNITS = 416
"""The same, rounded down, in the 65,536 units of a turn that a scan compares azimuths in."""

SINE_ERROR = 2e-6
"""Bound on the error of a sine of elevation in float32: several times what rounding can add."""


class RayGrid(NamedTuple):
    """The rays of a sensor, and where to find them; `sorted` means by rising elevation."""

    directions: NDArray[np.float64]
    """Unit vectors, shaped (rays, 3), sensor frame: beam by beam in the sensor's own order; NaN for
    rays that are not fired."""
    columns: int
    """Rays of each beam."""
    beams: NDArray[np.int32]
    """The sensor's own number of each sorted beam, shaped (beams,)."""
    tangents: NDArray[np.float64]
    """Tangent of the elevation of each sorted beam, shaped (beams,)."""
    offsets: NDArray[np.float64]
    """Azimuth offset of each sorted beam, shaped (beams,), radians."""
    first_beam: NDArray[np.int32]
    """The lowest sorted beam that a face whose lowest corner is in a band can touch, (bands,)."""
    last_beam: NDArray[np.int32]
    """The highest sorted beam that a face whose highest corner is in a band can touch, (bands,)."""
    band_marks: NDArray[np.int64]
    """Both of these for a band as a vertex in it is marked with them (see `buffers.Buffers`):
    the first, from bit 16 on, and the complement of the last's successor, from bit 48 on."""
    lowest_sine: np.float32
    """Where the first band begins; the outer bands reach on to the poles."""
    bands_per_sine: np.float32
    """Bands in a unit of the sine."""
    narrow: int
    """Faces of a wider span in azimuth than this, in 65,536ths of a turn, need bounds of their own.
    """


def ray_grid(sensor: Sensor) -> RayGrid:
    """Prepare a sensor's rays for look-up.

    An edge bulges beyond the elevations of its ends: over an azimuth span D, the tangent of an
    elevation grows by a factor of up to 1 / cos(D / 2) (proven beside `_bounds` in `aiming`),
    and its sine by up to max(sine * cosine^2) = 0.385 of that factor's excess over one.
    """
    order = np.argsort(sensor.elevation, kind="stable")
    sines = np.sin(sensor.elevation[order])
    margin = 0.385 * (1 / np.cos(NARROW / 2) - 1) + SINE_ERROR
    edges = np.linspace(sines[0] - 2 * margin, sines[-1] + 2 * margin, BANDS + 1)
    first_beam = np.searchsorted(sines, edges[:-1] - margin)
    end_beam = np.searchsorted(sines, edges[1:] + margin, side="right")
    return RayGrid(
        directions=ray_directions(sensor).reshape(-1, 3),
        columns=sensor.columns,
        beams=order.astype(np.int32),
        tangents=np.tan(sensor.elevation[order]),
        offsets=sensor.azimuth_offset[order],
        first_beam=first_beam.astype(np.int32),
        last_beam=(end_beam - 1).astype(np.int32),
        band_marks=(first_beam << 16) | (~end_beam << 48),
        lowest_sine=np.float32(edges[0]),
        bands_per_sine=np.float32(BANDS / (edges[-1] - edges[0])),
        narrow=NARROW_UNITS,
    )
