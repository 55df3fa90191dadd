"""Measure scanning and sampling per second of processor time against Embree and fpsample.

Run from the project's root: `python -m benchmarks.kernels.scanning`, with the extra `bench`
installed; a package that is not installed has no row. Embree gets only the rays toward each
frame's bounding box; our scanner selects them itself.
"""

from collections.abc import Callable

import click
import numpy as np

from benchmarks.builds.peers import SAMPLERS, is_installed
from benchmarks.common.libraries import expect_libraries
from benchmarks.common.timing import QUICK_REPEATS, REPEATS, print_rates
from benchmarks.kernels.embree import CASTERS, RayCaster
from motiondata.lidar.cpu.sampling import sample_scans
from motiondata.lidar.cpu.scanner import Scanner
from motiondata.lidar.presets import sensor_preset
from motiondata.lidar.scans import Scan, Scans
from tests.support.meshes import turned
from tests.support.posed_bodies import standing_body

SENSOR, FRAMES, KEPT = "os1-128", 40, 384
QUICK_FRAMES = 2
METERS, POINTS = (3.0, 8.0, 20.0), (500, 1000, 3000)

Runs = dict[str, Callable[[], object]]


@click.command()
@click.option("--quick", is_flag=True, help="Few frames, timed once: does everything run?")
def main(quick: bool) -> None:
    """Print how fast bodies are scanned and points are sampled."""
    expect_libraries()
    compare(quick)


def compare(quick: bool) -> None:
    """Print tables of scans at three distances, and of sampling from three numbers of points."""
    frames, turns = (QUICK_FRAMES, QUICK_REPEATS) if quick else (FRAMES, REPEATS)
    for distance in METERS:
        _print_scans(distance, frames, turns)
    for points in POINTS:
        _print_samples(points, frames, turns)


def _print_scans(distance: float, frames: int, turns: int) -> None:
    bodies = [turned(standing_body(seed), seed, (0.0, 0.0, 0.0)) for seed in range(frames)]
    faces = bodies[0][1]
    clip = np.stack([turned(body, 0.0, (distance, 0.0, -1.0))[0] for body in bodies])
    sensor = sensor_preset(SENSOR)
    scanner = Scanner(sensor)
    hits = scanner.scan_clip(clip, faces).counts.mean()
    runs: Runs = {"scan_clip": lambda: scanner.scan_clip(clip, faces)}
    for part, cast in CASTERS.items():
        if is_installed(part):
            caster = RayCaster(sensor, faces.astype(np.uint32), cast)
            runs[part] = lambda caster=caster: caster.scan(clip)  # type: ignore[misc]
    title = f"{SENSOR} at {distance:.0f} m: {len(faces)} faces, {hits:.0f} hits"
    print_rates(title, frames, runs, turns)


def _print_samples(points: int, frames: int, turns: int) -> None:
    generator = np.random.default_rng(0)
    cloud = generator.normal([8, 0, 0], [0.1, 0.2, 0.5], (frames * points, 3)).astype(np.float32)
    faces = np.zeros(len(cloud), np.int32)
    scans = Scans(Scan(cloud, faces, faces, faces, cloud[:, 0]), np.arange(frames + 1) * points)
    parts = np.zeros(1, np.uint8)
    clouds = [scan.points.copy() for scan in scans]
    runs: Runs = {"sample_scans": lambda: sample_scans(scans, parts, KEPT)}
    for part, sample in SAMPLERS.items():
        if is_installed(part):
            runs[part] = lambda sample=sample: sample(clouds, KEPT)  # type: ignore[misc]
    print_rates(f"{KEPT} of {points} points", frames, runs, turns)


if __name__ == "__main__":
    main()
