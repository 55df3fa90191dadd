"""Meshes for the tests of scans: simple shapes, and a body put together from capsules.

Made here, so that what the tests scan is closed, turned outward, and known.
"""

import numpy as np
from numpy.typing import NDArray

from motiondata.lidar.scans import Scan
from motiondata.lidar.sensor import Sensor

Mesh = tuple[NDArray[np.float32], NDArray[np.int32]]


def ball(radius: float, rings: int = 24, segments: int = 32) -> Mesh:
    """Return a sphere round the origin: closed, outward; poles along z."""
    polar = np.linspace(0, np.pi, rings + 1)[1:-1, None]
    azimuth = 2 * np.pi * np.arange(segments)[None] / segments
    ring = np.stack(
        [
            np.sin(polar) * np.cos(azimuth),
            np.sin(polar) * np.sin(azimuth),
            np.cos(polar) + 0 * azimuth,
        ],
        axis=-1,
    )
    vertices = np.concatenate([[[0, 0, 1]], ring.reshape(-1, 3), [[0, 0, -1]]])
    return (radius * vertices).astype(np.float32), _ball_faces(rings, segments)


def _ball_faces(rings: int, segments: int) -> NDArray[np.int32]:
    number = 1 + np.arange((rings - 1) * segments).reshape(rings - 1, segments)
    beside = np.roll(number, -1, axis=1)
    north = np.stack([np.zeros(segments, int), number[0], beside[0]], axis=-1)
    upper = np.stack([number[:-1], number[1:], beside[:-1]], axis=-1).reshape(-1, 3)
    lower = np.stack([beside[:-1], number[1:], beside[1:]], axis=-1).reshape(-1, 3)
    south = np.stack([number[-1], np.full(segments, number.max() + 1), beside[-1]], axis=-1)
    return np.concatenate([north, upper, lower, south]).astype(np.int32)


def joined(meshes: list[Mesh]) -> Mesh:
    """Return several meshes as one."""
    starts = np.cumsum([0] + [len(vertices) for vertices, _ in meshes[:-1]])
    return (
        np.concatenate([vertices for vertices, _ in meshes]),
        np.concatenate(
            [faces + start for (_, faces), start in zip(meshes, starts, strict=True)]
        ).astype(np.int32),
    )


def capsule(
    start: NDArray[np.float64], end: NDArray[np.float64], radius: float, rings: int, segments: int
) -> Mesh:
    """Return a ball drawn out from `start` to `end`."""
    sphere, faces = ball(radius, rings, segments)
    length = np.linalg.norm(end - start)
    along = (end - start) / length
    side = np.cross(along, [0.0, 0.0, 1.0] if abs(along[2]) < 0.9 else [1.0, 0.0, 0.0])
    side /= np.linalg.norm(side)
    rows = np.stack([side, np.cross(along, side), along])
    vertices = sphere * [1.0, 1.0, 1 + length / (2 * radius)]
    return ((start + end) / 2 + vertices @ rows).astype(np.float32), faces


LIMBS = (
    ((0.00, 0.00, 0.95), (0.00, 0.00, 1.45), 0.16),
    ((0.00, 0.00, 1.62), (0.00, 0.00, 1.72), 0.10),
    ((0.00, 0.10, 0.95), (0.02, 0.13, 0.50), 0.08),
    ((0.02, 0.13, 0.50), (0.00, 0.14, 0.05), 0.06),
    ((0.00, -0.10, 0.95), (0.02, -0.13, 0.50), 0.08),
    ((0.02, -0.13, 0.50), (0.00, -0.14, 0.05), 0.06),
    ((0.00, 0.18, 1.42), (0.00, 0.40, 1.20), 0.05),
    ((0.00, 0.40, 1.20), (0.10, 0.45, 0.95), 0.04),
    ((0.00, -0.18, 1.42), (0.00, -0.40, 1.20), 0.05),
    ((0.00, -0.40, 1.20), (0.10, -0.45, 0.95), 0.04),
)
"""Start, end and radius of each limb of a standing adult, meters, feet on the floor, facing +x."""


def capsule_body(seed: int, rings: int = 24, segments: int = 32) -> Mesh:
    """Return an adult of capsules with shaken limbs, some of them through one another."""
    generator = np.random.default_rng(seed)
    limbs = []
    for start, end, radius in LIMBS:
        shaken = np.array([start, end]) + generator.normal(0, 0.05, (2, 3))
        limbs.append(capsule(shaken[0], shaken[1], radius, rings, segments))
    return joined(limbs)


def turned(mesh: Mesh, yaw: float, shift: tuple[float, float, float]) -> Mesh:
    """Return a mesh moved, then turned about the sensor's axis."""
    c, s = np.cos(yaw), np.sin(yaw)
    rotation = np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]])
    return ((mesh[0] + shift) @ rotation.T).astype(np.float32), mesh[1]


def scan_image(scan: Scan, sensor: Sensor) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """Return the face that each ray hit, or -1, and its range, each shaped (beams, columns)."""
    faces = np.full((sensor.beams, sensor.columns), -1, np.int32)
    ranges = np.full((sensor.beams, sensor.columns), np.inf, np.float32)
    faces[scan.beams, scan.columns] = scan.faces
    ranges[scan.beams, scan.columns] = scan.ranges
    return faces, ranges
