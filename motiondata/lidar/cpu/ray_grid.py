"""Lookup tables of a sensor's rays.

Beams are sorted by elevation and found through a table of equal bands of the sine of the elevation,
not by division, because the beams of real sensors are unevenly spaced. The sine is bounded and
needs no arctangent: it is z divided by the distance.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from motiondata.lidar.sensor import Sensor, ray_directions

BANDS = 4096
"""The number of elevation bands; a band is at most 1/10 of the usual distance between two beams."""

NARROW = 0.04
"""The azimuth span in radians up to which the bands of a face's corners bound its beams."""

NARROW_UNITS = 416
"""`NARROW`, rounded down, in azimuth units of a scan: 65,536 per turn."""

SINE_ERROR = 2e-6
"""Bound on the error of a sine of elevation in float32: several times the rounding error."""


class RayGrid(NamedTuple):
    """The rays of a sensor and their lookup tables; `sorted` means by increasing elevation."""

    directions: NDArray[np.float64]
    """Unit vectors, shaped (rays, 3), sensor frame, beam by beam in the sensor's order; NaN for
    rays that do not fire."""
    columns: int
    """Rays per beam."""
    beams: NDArray[np.int32]
    """The sensor's number of each sorted beam, shaped (beams,)."""
    tangents: NDArray[np.float64]
    """Tangent of the elevation of each sorted beam, shaped (beams,)."""
    offsets: NDArray[np.float64]
    """Azimuth offset of each sorted beam, shaped (beams,), radians."""
    first_beam: NDArray[np.int32]
    """The lowest sorted beam that a face with its lowest corner in the band can touch, (bands,)."""
    last_beam: NDArray[np.int32]
    """The highest sorted beam that a face with its top corner in the band can touch, (bands,)."""
    band_marks: NDArray[np.int64]
    """Both beams of each band in the format of vertex marks (see `buffers.Buffers`), shaped
    (bands,): the first beam from bit 16 on, the complement of (last beam + 1) from bit 48 on."""
    lowest_sine: np.float32
    """The start of the first band; the outer bands extend to the poles."""
    bands_per_sine: np.float32
    """Bands per unit of the sine."""
    narrow: int
    """The azimuth span, in 1/65,536 of a turn, above which a face needs separate bounds."""


def ray_grid(sensor: Sensor) -> RayGrid:
    """Make the lookup tables of a sensor.

    The elevation along an edge can exceed that of its ends. Over an azimuth span D, the tangent
    grows by a factor of up to 1 / cos(D / 2) (proof in `candidates._bounds`), and the sine by up to
    max(sine * cosine^2) = 0.385 times the factor minus one.
    """
    order = np.argsort(sensor.elevation, kind="stable")
    sines = np.sin(sensor.elevation[order])
    margin = 0.385 * (1 / np.cos(NARROW / 2) - 1) + SINE_ERROR
    reach = 3 * margin + 2 * (sines[-1] - sines[0]) / BANDS  # no beam touches the outer bands
    edges = np.linspace(sines[0] - reach, sines[-1] + reach, BANDS + 1)
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
