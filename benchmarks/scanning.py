"""Scans and samples a second of processor time, beside Embree and fpsample.

Run from the project's root: `python -m benchmarks.scanning`, with the extra `bench` installed.
Embree gets only the rays towards the body, the scanner finds them itself.
"""

import fpsample
import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene
from numpy.typing import NDArray

from benchmarks.timing import print_rates
from motiondata.lidar.presets import sensor_preset
from motiondata.lidar.sampling import sample_scans
from motiondata.lidar.scanning import Scanner
from motiondata.lidar.scans import Scan, Scans
from motiondata.lidar.sensor import ray_directions
from tests.lidar.bodies import standing_body
from tests.lidar.meshes import turned

SENSOR, FRAMES = "os1-128", 40


def main() -> None:
    """Print tables of scans at three distances, and of samples of three sizes."""
    for distance in (3.0, 8.0, 20.0):
        _print_scans(distance)
    for points in (500, 1000, 3000):
        _print_samples(points)


def _print_scans(distance: float) -> None:
    bodies = [turned(standing_body(seed), seed, (0.0, 0.0, 0.0)) for seed in range(FRAMES)]
    faces = bodies[0][1]
    clip = np.stack([turned(body, 0.0, (distance, 0.0, -1.0))[0] for body in bodies])
    scanner, rays = Scanner(sensor_preset(SENSOR)), _rays_towards(clip)
    hits = scanner.scan_clip(clip, faces).counts.mean()
    runs = {
        "scan_clip": lambda: scanner.scan_clip(clip, faces),
        f"Embree, {len(rays)} rays": lambda: [_embree(frame, faces, rays) for frame in clip],
    }
    title = f"{SENSOR} at {distance:.0f} m: {len(faces)} faces, {hits:.0f} hits"
    print_rates(title, FRAMES, runs)


def _print_samples(points: int) -> None:
    generator = np.random.default_rng(0)
    cloud = generator.normal([8, 0, 0], [0.1, 0.2, 0.5], (FRAMES * points, 3)).astype(np.float32)
    faces = np.zeros(len(cloud), np.int32)
    scans = Scans(Scan(cloud, faces, faces, faces, cloud[:, 0]), np.arange(FRAMES + 1) * points)
    parts = np.zeros(1, np.uint8)
    runs = {
        "sample_scans": lambda: sample_scans(scans, parts, 384),
        "fpsample, k-d line of height 3": lambda: [
            fpsample.bucket_fps_kdline_sampling(scan.points, 384, h=3) for scan in scans
        ],
    }
    print_rates(f"384 of {points} points", FRAMES, runs)


def _rays_towards(clip: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the rays within the cone from the sensor about a clip's vertices, shaped (rays, 3)."""
    seen = clip.reshape(-1, 3) / np.linalg.norm(clip, axis=2).reshape(-1, 1)
    axis = seen.mean(axis=0) / np.linalg.norm(seen.mean(axis=0))
    rays = ray_directions(sensor_preset(SENSOR)).reshape(-1, 3).astype(np.float32)
    return rays[rays @ axis >= (seen @ axis).min()]


def _embree(
    vertices: NDArray[np.float32], faces: NDArray[np.int32], rays: NDArray[np.float32]
) -> None:
    scene = EmbreeScene()
    TriangleMesh(scene, vertices[faces])
    scene.run(np.zeros_like(rays), rays, output=True)


if __name__ == "__main__":
    main()
