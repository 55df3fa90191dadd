"""Frames as PCD files, which the Point Cloud Library, Open3D and CloudCompare read.

Format: pointclouds.org/documentation/tutorials/pcd_file_format.html, version 0.7, binary: a text
header, then the points' coordinates, little-endian.
"""

from typing import Any

from numpy.typing import NDArray

from motiondata.errors import InputError
from pipelines.engine.description import NONE, NOT_KNOWN, Member
from shards.format.array_spec import ArraySpec
from shards.format.members import field_of

FLOATS = ("float32", "float64")
UNITS = ("meters", NOT_KNOWN)
"""The units of arrays that are, or may be, positions."""
HEADER = """\
# .PCD v0.7 - Point Cloud Data file format
VERSION 0.7
FIELDS x y z
SIZE {size} {size} {size}
TYPE F F F
COUNT 1 1 1
WIDTH {points}
HEIGHT 1
VIEWPOINT 0 0 0 1 0 0 0
POINTS {points}
DATA binary
"""
"""The header of a PCD file. The viewpoint is the origin, the sensor's position in its frame."""


def points_to_pcd(points: NDArray[Any]) -> bytes:
    """Return points shaped (points, 3), little-endian floats, as the bytes of a PCD file."""
    header = HEADER.format(size=points.itemsize, points=len(points))
    return header.encode("ascii") + points.tobytes("C")


def check_clouds(spec: ArraySpec, member: Member) -> None:
    """Raise `InputError` unless each frame of an array is positions: floats shaped (points, 3)."""
    field = field_of(member.suffix)
    if spec.dtype not in FLOATS or len(spec.shape) != 3 or spec.shape[-1] != 3:
        raise InputError(
            f"field: expected floats shaped (frames, points, 3) for pcd, found {field}, "
            f"{spec.dtype} ({', '.join(map(str, spec.shape))})"
        )
    if member.unit not in UNITS:
        raise InputError(
            f"field: expected positions in meters for pcd, found {field}: {member.meaning}; "
            f"unit: {member.unit or NONE}"
        )
