"""Files of one scan: points in farthest point or ray order, or an image of ranges.

Sources: the PCD and PLY specifications; KITTI's raw data development kit (`.bin`, and the scale of
16-bit depth images).
"""

from collections.abc import Callable, Mapping
from io import BytesIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from motiondata.lidar.scans import Scan
from motiondata.lidar.sensor import Sensor
from pipelines.datasets.pcd import points_to_pcd
from shards.format.npy import array_to_npy

PLY_HEADER = """\
ply
format binary_little_endian 1.0
element vertex {points}
property float x
property float y
property float z
end_header
"""
STEPS_PER_METER = 256
"""The scale of KITTI's 16-bit depth images; ranges of up to 255.99 m fit."""

Write = Callable[[Scan, Sensor], bytes]


def _npy(scan: Scan, sensor: Sensor) -> bytes:  # noqa: ARG001
    return array_to_npy(scan.points)


def _pcd(scan: Scan, sensor: Sensor) -> bytes:  # noqa: ARG001
    return points_to_pcd(scan.points)


def _ply(scan: Scan, sensor: Sensor) -> bytes:  # noqa: ARG001
    header = PLY_HEADER.format(points=len(scan.points))
    return header.encode("ascii") + scan.points.astype("<f4").tobytes("C")


def _kitti(scan: Scan, sensor: Sensor) -> bytes:  # noqa: ARG001
    """Return x, y, z and an intensity of 0 of each point."""
    return np.pad(scan.points, ((0, 0), (0, 1))).astype("<f4").tobytes("C")


def range_image(scan: Scan, sensor: Sensor) -> NDArray[np.float32]:
    """Return the range of each ray, shaped (beams, columns), meters; 0 where nothing was hit.

    The first row has the highest beam. The middle column is the one straight ahead, and columns
    further right are further clockwise, as seen by the sensor. Azimuth offsets of beams are not
    undone: a row has the columns of its beam.
    """
    rows = np.empty(sensor.beams, np.int64)
    rows[np.argsort(-sensor.elevation, kind="stable")] = np.arange(sensor.beams)
    image = np.zeros((sensor.beams, sensor.columns), np.float32)
    across = (sensor.columns // 2 - scan.columns) % sensor.columns
    image[rows[scan.beams], across] = scan.ranges
    return image


def _range_npy(scan: Scan, sensor: Sensor) -> bytes:
    return array_to_npy(range_image(scan, sensor))


def _range_png(scan: Scan, sensor: Sensor) -> bytes:
    steps = np.round(range_image(scan, sensor) * STEPS_PER_METER)
    content = BytesIO()
    Image.fromarray(np.minimum(steps, 2**16 - 1).astype(np.uint16)).save(content, format="png")
    return content.getvalue()


WRITERS: Mapping[str, tuple[str, Write]] = {
    "pcd": (".pcd", _pcd),
    "ply": (".ply", _ply),
    "npy": (".npy", _npy),
    "bin": (".bin", _kitti),
    "range-png": (".png", _range_png),
    "range-npy": (".npy", _range_npy),
}
"""The suffix and the writer of each format."""
