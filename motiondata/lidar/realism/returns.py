"""Returns: which echoes a unit reports, and with which errors.

The signal of an echo is relative: 1 for a surface of 10 percent reflectance that faces the sensor
at its reach, where half of the rays return. It falls with the square of the range (Wagner et al.,
"Gaussian decomposition and calibration of a novel small-footprint full-waveform digitising airborne
laser scanner", 2006, for targets that fill the beam).
"""

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from motiondata.jit import kernel, step
from motiondata.lidar.realism.footprints import Echoes
from motiondata.lidar.realism.keyed_random import (
    JITTER,
    LOSS,
    NOISE,
    TAIL,
    effect_key,
    normal,
    ray_bits,
    uniform,
)
from motiondata.lidar.scans import Scan

REFERENCE_REFLECTANCE = 0.1
"""The reflectance of the surface that defines the reach of a sensor."""

WEAKEST = 1e-3
"""The weakest signal for which noise grows; weaker echoes are nearly all lost."""


class Unit(NamedTuple):
    """Numbers of a real unit, for the kernel; meters, radians."""

    reach: float
    loss: float
    """The share of rays lost for other reasons than a weak signal."""
    weak_loss: float
    """The scale of losses by a weak signal, from 0 to 1."""
    sigma: float
    weak_sigma: float
    tail_share: float
    tail_factor: float
    step: float
    """The step of ranges; 0 for exact ranges."""
    jitter: float
    """Standard deviation of azimuths."""
    intensity: float
    intensity_most: float


class Angles(NamedTuple):
    """Errors and angles of the rays of a unit."""

    beam_errors: NDArray[np.float64]
    """Range error of each beam, shaped (beams,), meters."""
    beams: NDArray[np.float64]
    """Cosine and sine of the elevation, then of the azimuth offset, shaped (beams, 4)."""
    columns: NDArray[np.float64]
    """Cosine and sine of the azimuth of each column, shaped (columns, 2)."""
    pattern: NDArray[np.float64]
    """Azimuths of columns relative to even spacing, shaped (columns,), radians."""
    fires: NDArray[np.bool_]
    """Which columns fire, shaped (columns,). Beside those of a window, side rays may hit."""
    lags: NDArray[np.float64]
    """How much later than at the azimuth of its hits each beam fires, shaped (beams,), seconds."""


class Returns(NamedTuple):
    """The returns of consecutive frames, by beam, then by column; sensor frame."""

    points: NDArray[np.float32]
    faces: NDArray[np.int32]
    beams: NDArray[np.int32]
    columns: NDArray[np.int32]
    ranges: NDArray[np.float32]
    intensities: NDArray[np.uint8]


@kernel
def report_returns(
    scan_fields: tuple[Any, ...],
    shading_fields: tuple[Any, ...],
    factor: int,
    echo_fields: tuple[Any, ...],
    echo_offsets: NDArray[np.int64],
    unit_fields: tuple[float, ...],
    angle_fields: tuple[Any, ...],
    is_grid: bool,
    stream: Any,
    first_frame: int,
    return_fields: tuple[Any, ...],
    offsets: NDArray[np.int64],
) -> None:
    """Write the returns of frames, and `offsets[i]`, the number of returns before frame i.

    `is_grid` says whether beams and columns give the direction of a ray; otherwise, its hit does.
    """
    scan, echoes, unit = Scan(*scan_fields), Echoes(*echo_fields), Unit(*unit_fields)
    angles, returns = Angles(*angle_fields), Returns(*return_fields)
    slopes, drifts = shading_fields[1], shading_fields[2]
    points, beams, faces = scan.points, scan.beams, scan.faces
    beam_errors, beam_angles, column_angles = angles.beam_errors, angles.beams, angles.columns
    pattern, out = angles.pattern, returns.points
    at = 0
    for frame in range(len(offsets) - 1):
        number = first_frame + frame
        loss_key, noise_key = effect_key(stream, number, LOSS), effect_key(stream, number, NOISE)
        tail_key, turn_key = effect_key(stream, number, TAIL), effect_key(stream, number, JITTER)
        for echo in range(echo_offsets[frame], echo_offsets[frame + 1]):
            hit, column = echoes.hits[echo], echoes.columns[echo]
            power, beam = echoes.powers[echo], beams[hit]
            exact = echoes.ranges[echo] * (1 + angles.lags[beam] * drifts[hit])
            signal = signal_of(power, exact, unit.reach)
            lost = loss_share(signal, unit.loss, unit.weak_loss)
            if uniform(ray_bits(loss_key, beam, column)) < lost or not angles.fires[column]:
                continue
            sigma = range_sigma(signal, unit.sigma, unit.weak_sigma)
            in_tail = uniform(ray_bits(tail_key, beam, column)) < unit.tail_share
            sigma *= unit.tail_factor if in_tail else 1.0
            turn = pattern[column]
            turn += unit.jitter * normal(ray_bits(turn_key, beam, column))
            distance = exact / (1 - turn * slopes[hit]) + beam_errors[beam]
            distance = in_steps(
                distance + sigma * normal(ray_bits(noise_key, beam, column)), unit.step
            )
            if distance == scan.ranges[hit] and turn == 0 and scan.columns[hit] == column * factor:
                out[at, 0], out[at, 1], out[at, 2] = points[hit, 0], points[hit, 1], points[hit, 2]
            elif not is_grid:
                scale, x, y = distance / scan.ranges[hit], points[hit, 0], points[hit, 1]
                out[at, 0], out[at, 1] = scale * (x - turn * y), scale * (y + turn * x)
                out[at, 2] = scale * points[hit, 2]
            else:
                level, up = beam_angles[beam, 0], beam_angles[beam, 1]
                ahead, aside = beam_angles[beam, 2], beam_angles[beam, 3]
                cosine, sine = column_angles[column, 0], column_angles[column, 1]
                x, y = cosine * ahead - sine * aside, sine * ahead + cosine * aside
                out[at, 0] = distance * level * (x - turn * y)
                out[at, 1] = distance * level * (y + turn * x)
                out[at, 2] = distance * up
            returns.faces[at], returns.beams[at] = faces[hit], beam
            returns.columns[at], returns.ranges[at] = column, distance
            bright = math.floor(unit.intensity * power + 0.5)
            returns.intensities[at] = np.uint8(min(bright, unit.intensity_most))
            at += 1
        offsets[frame + 1] = at


@step
def signal_of(power: float, distance: float, reach: float) -> float:
    """Return the relative signal of an echo of a power, 0 to 1, at a distance, meters."""
    near = reach / max(distance, 1e-3)
    return power / REFERENCE_REFLECTANCE * near * near


@step
def loss_share(signal: float, loss: float, weak_loss: float) -> float:
    """Return the probability that an echo is lost: half for a signal of 1 with a scale of 1."""
    return loss + (1 - loss) * weak_loss / (1 + signal * signal)


@step
def range_sigma(signal: float, sigma: float, weak_sigma: float) -> float:
    """Return the standard deviation of a range, meters: that of strong returns, and photon noise.

    Photon noise falls with the square root of the signal.
    """
    return math.sqrt(sigma * sigma + weak_sigma * weak_sigma / max(signal, WEAKEST))


@step
def in_steps(distance: float, size: float) -> float:
    """Return a range in whole steps, meters, at least zero; a step of 0 rounds nothing."""
    stepped = size * math.floor(distance / size + 0.5) if size > 0 else distance
    return max(stepped, 0.0)
