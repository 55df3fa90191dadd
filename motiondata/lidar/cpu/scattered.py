"""Scan a mesh with rays in any directions: a grid of cells on the sphere finds the rays of a face.

Each face lies in a cap around the direction of its center. Only the rays in the cells that the cap
touches are tested. Cells decide which rays are tested, not where they hit.
"""

import math

import numpy as np
from numpy.typing import NDArray

from motiondata.jit import kernel, step
from motiondata.lidar.cpu.ray_triangle import distance_along
from motiondata.lidar.cpu.scanner import NO_NUMBERS, as_planes, check_faces, empty_scan
from motiondata.lidar.scans import Scan, Scans
from motiondata.lidar.sensor import Sensor, frame_directions

ACROSS, UPWARD = 360, 128
"""The cells of a turn, and those from straight down to straight up, evenly spaced in the sine of
the elevation."""

MARGIN = 1e-6
"""What a cap is widened by, radians: more than the rounding errors of its direction and width."""

NONE = np.int32(-1)


class PatternScanner:
    """Scans meshes with a sensor that has a scan pattern; interface of `scanner.Scanner`.

    Each frame has its own rays: those of the shots that begin at its time.
    """

    def __init__(self, sensor: Sensor) -> None:
        if sensor.pattern is None:
            raise ValueError(f"expected a sensor with a scan pattern, found {sensor.name}")
        self.sensor = sensor

    def scan(self, vertices: NDArray[np.float32], faces: NDArray[np.int32]) -> Scan:
        """Scan one mesh at the time 0; see `scanner.Scanner.scan`."""
        return self.scan_clip(vertices[None], faces).hits

    def scan_clip(
        self,
        vertices: NDArray[np.float32],
        faces: NDArray[np.int32],
        times: NDArray[np.float64] | None = None,
    ) -> Scans:
        """Scan a moving mesh, by default as fast as the sensor makes frames."""
        planes = as_planes(vertices)
        if times is None:
            times = np.arange(len(planes)) / self.sensor.measurement.turns_per_second
        return self.scan_planes(planes, faces, times)

    def scan_planes(
        self,
        planes: NDArray[np.float32],
        faces: NDArray[np.int32],
        times: NDArray[np.float64] | None = None,
    ) -> Scans:
        """Scan as `scan_clip` does, for vertices shaped (frames, 3, vertices)."""
        faces = np.require(faces, np.int32, ["C"])
        check_faces(faces, planes.shape[2])
        if not np.isfinite(planes).all():
            raise ValueError(NO_NUMBERS)
        starts = np.zeros(len(planes)) if times is None else times
        scans = [self._scan(*frame, faces) for frame in zip(planes, starts, strict=True)]
        offsets = np.cumsum([0, *(len(scan.faces) for scan in scans)])
        joined = [np.concatenate(arrays) for arrays in zip(*scans, strict=True)]
        return Scans(Scan(*joined) if scans else empty_scan(0), offsets)

    def _scan(self, plane: NDArray[np.float32], time: float, faces: NDArray[np.int32]) -> Scan:
        rays = np.ascontiguousarray(frame_directions(self.sensor, float(time)).reshape(-1, 3))
        nearest, nearest_face = find_nearest(plane, faces, rays)
        least, most = self.sensor.min_range, self.sensor.max_range
        (hits,) = np.nonzero((nearest_face != NONE) & (nearest >= least) & (nearest <= most))
        return Scan(
            points=(nearest[hits, None] * rays[hits]).astype(np.float32),
            faces=nearest_face[hits],
            beams=(hits // self.sensor.columns).astype(np.int32),
            columns=(hits % self.sensor.columns).astype(np.int32),
            ranges=nearest[hits].astype(np.float32),
        )


def find_nearest(
    plane: NDArray[np.float32], faces: NDArray[np.int32], rays: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Return the range, meters, and the face of the first hit of each ray, or infinity and `NONE`.

    `plane` is shaped (3, vertices), sensor frame, meters; `rays` are unit vectors, (rays, 3).
    """
    nearest, nearest_face = np.full(len(rays), math.inf), np.full(len(rays), NONE)
    scan_scattered(np.ascontiguousarray(plane), faces, rays, nearest, nearest_face)
    return nearest, nearest_face


@kernel
def scan_scattered(
    plane: NDArray[np.float32],
    faces: NDArray[np.int32],
    rays: NDArray[np.float64],
    nearest: NDArray[np.float64],
    nearest_face: NDArray[np.int32],
) -> None:
    """Write the range and the face of the first hit of each ray.

    `plane` is shaped (3, vertices), sensor frame, meters; `rays` are unit vectors, shaped (rays,
    3). `nearest` must be infinity. Of equally near faces, the one with the lowest number is hit.
    """
    first, members = _sort_rays(rays)
    for face in range(len(faces)):
        i, j, k = faces[face, 0], faces[face, 1], faces[face, 2]
        a = (np.float64(plane[0, i]), np.float64(plane[1, i]), np.float64(plane[2, i]))
        b = (np.float64(plane[0, j]), np.float64(plane[1, j]), np.float64(plane[2, j]))
        c = (np.float64(plane[0, k]), np.float64(plane[1, k]), np.float64(plane[2, k]))
        low, high, left, across = _cells_of(a, b, c)
        for row in range(low, high + 1):
            for step_across in range(across):
                cell = row * ACROSS + (left + step_across) % ACROSS
                for at in range(first[cell], first[cell + 1]):
                    ray = members[at]
                    direction = (rays[ray, 0], rays[ray, 1], rays[ray, 2])
                    distance = distance_along(direction, a, b, c)
                    if 0 < distance < nearest[ray]:
                        nearest[ray] = distance
                        nearest_face[ray] = face


@step
def _sort_rays(
    rays: NDArray[np.float64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rays cell by cell, shaped (rays,), and where those of each cell begin."""
    cell_of = np.empty(len(rays), np.int64)
    first = np.zeros(ACROSS * UPWARD + 1, np.int64)
    for ray in range(len(rays)):
        cell = _row(rays[ray, 2]) * ACROSS + _column(rays[ray, 0], rays[ray, 1])
        cell_of[ray] = cell
        first[cell + 1] += 1
    for cell in range(ACROSS * UPWARD):
        first[cell + 1] += first[cell]
    filled, members = first[:-1].copy(), np.empty(len(rays), np.int64)
    for ray in range(len(rays)):
        members[filled[cell_of[ray]]] = ray
        filled[cell_of[ray]] += 1
    return first, members


@step
def _row(sine: float) -> int:
    return min(max(math.floor((sine + 1) * (UPWARD / 2)), 0), UPWARD - 1)


@step
def _column(x: float, y: float) -> int:
    return min(max(math.floor(_turn(x, y) * ACROSS), 0), ACROSS - 1)


@step
def _turn(x: float, y: float) -> float:
    """Return the azimuth as a share of a turn that begins at the back."""
    return math.atan2(y, x) / (2 * math.pi) + 0.5


@step
def _cells_of(
    a: tuple[float, float, float], b: tuple[float, float, float], c: tuple[float, float, float]
) -> tuple[int, int, int, int]:
    """Return the rows and columns of the cells that a face's cap touches.

    The lowest and the highest row, the first column, and how many columns from there on.
    """
    lengths = (_length(a), _length(b), _length(c))
    x, y, z = a[0] + b[0] + c[0], a[1] + b[1] + c[1], a[2] + b[2] + c[2]
    length = _length((x, y, z))
    if min(lengths[0], lengths[1], lengths[2], length) <= 0:
        return 0, UPWARD - 1, 0, ACROSS
    x, y, z = x / length, y / length, z / length
    cosine = 1.0
    cosine = min(cosine, (x * a[0] + y * a[1] + z * a[2]) / lengths[0])
    cosine = min(cosine, (x * b[0] + y * b[1] + z * b[2]) / lengths[1])
    cosine = min(cosine, (x * c[0] + y * c[1] + z * c[2]) / lengths[2])
    if cosine <= MARGIN:
        return 0, UPWARD - 1, 0, ACROSS
    # sin(a + b) and sin(a - b) of the elevation a and the width b of the cap
    width, level = math.sqrt(max(1 - cosine * cosine, 0.0)) + MARGIN, math.sqrt(max(1 - z * z, 0.0))
    low = -1.0 if -z >= cosine - MARGIN else z * cosine - level * width
    high = 1.0 if z >= cosine - MARGIN else z * cosine + level * width
    low, high = _row(low - MARGIN), _row(high + MARGIN)
    if width >= level:
        return low, high, 0, ACROSS
    turn, share = _turn(x, y), (math.asin(width / level) + MARGIN) / (2 * math.pi)
    left, right = math.floor((turn - share) * ACROSS), math.floor((turn + share) * ACROSS)
    return low, high, int(left) % ACROSS, min(int(right - left) + 1, ACROSS)


@step
def _length(vector: tuple[float, float, float]) -> float:
    return math.sqrt(vector[0] * vector[0] + vector[1] * vector[1] + vector[2] * vector[2])
