"""Scans of the same vertices on the GPU and on the CPU."""

import numpy as np
from numpy.typing import NDArray

from motiondata.lidar.cpu.sampling import sample_scans
from motiondata.lidar.cpu.scanner import Scanner
from motiondata.lidar.cuda.device import open_gpu
from motiondata.lidar.cuda.fields import EXACT, Mesh, Noise
from motiondata.lidar.cuda.scanner import BLOCK, BlockSize, FrameScanner
from motiondata.lidar.sampled_clip import SampledClip
from motiondata.lidar.sensor import Sensor
from tests.support.meshes import Mesh as Surface

PARTS = 22


def face_parts(faces: NDArray[np.int32]) -> NDArray[np.uint8]:
    """Return a part for each face, so that neighbors differ."""
    return (np.arange(len(faces)) % PARTS).astype(np.uint8)


def seen_by_gpu(
    sensor: Sensor, surfaces: list[Surface], points: int, block: BlockSize = BLOCK
) -> SampledClip:
    """Scan and sample surfaces of the same faces, a frame each."""
    gpu, (_, faces) = open_gpu(), surfaces[0]
    vertices = np.stack([vertices for vertices, _ in surfaces])
    mesh = Mesh(*(gpu.upload(field) for field in (vertices, faces, face_parts(faces))))
    exact = Noise(gpu.upload(np.zeros(1)), gpu.upload(np.full(len(vertices), EXACT)))
    seen = FrameScanner(gpu, sensor, block).scan(mesh, exact, points)
    return SampledClip(*(field.cpu().numpy() for field in seen))


def seen_by_cpu(sensor: Sensor, surfaces: list[Surface], points: int) -> SampledClip:
    """Do the same on the processor."""
    faces = surfaces[0][1]
    scans = Scanner(sensor).scan_clip(np.stack([vertices for vertices, _ in surfaces]), faces)
    return sample_scans(scans, face_parts(faces), points)


def assert_same(found: SampledClip, expected: SampledClip) -> None:
    """Expect the same bytes."""
    np.testing.assert_array_equal(found.hits, expected.hits)
    np.testing.assert_array_equal(found.points, expected.points)
    np.testing.assert_array_equal(found.parts, expected.parts)
