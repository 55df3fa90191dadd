"""Frames a second on a GPU: by stage, whole, and of a build, beside what the chip can do at most.

Run from the project's root, with the extra `gpu` installed: `python -m benchmarks.gpu`. Hits are
compared with the processor's in the same run: a fast wrong answer is no answer. A stage's time is
the clock's, from the first of several launches to the end of the last.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch

from benchmarks.gpu_agreement import compare_with_cpu
from benchmarks.gpu_work import Work, make_work
from motiondata.bodies.posing_torch import pose_frames
from motiondata.errors import DeviceError
from motiondata.lidar.cuda.device import Gpu, open_gpu
from motiondata.lidar.cuda.fields import Mesh
from motiondata.lidar.observing import RangeNoise
from pipelines.build import build_lidar
from pipelines.imports import synthesize
from pipelines.options import BuildOptions, Execution

REPEATS = 7
"""How often each thing is measured, after a time that is not counted."""

LAUNCHES = 8
"""Launches of one measurement."""

SETTINGS = (
    ("os1-128", 8.0, False),
    ("os1-128", 8.0, True),
    ("os1-128", 3.0, False),
    ("os1-128", 20.0, False),
    ("os2-128", 8.0, False),
    ("vlp-16", 8.0, False),
)
"""Sensor, metres, and whether the body has (made) pose blend shapes."""

CONTENT_BYTES = 2**30
"""Of the copy that tells the memory's rate."""

SIDE = 8192
"""Of the matrices whose product tells the rate of arithmetic in float32."""


@dataclass(frozen=True)
class Figures:
    """What was measured of one setting."""

    sensor: str
    metres: float
    blend_shapes: bool
    hits: float
    """Of a frame, on average."""
    frames_per_second: dict[str, float]
    """Medians, by stage."""
    share_of_memory: float
    """Bytes that must be moved, over what a copy moves in the time of the stages."""
    share_of_arithmetic: float
    """Operations of posing, over what a large product does in the time of posing."""


def main() -> None:
    """Print a table of stages and one of builds, and write both as JSON if a path is given."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=1024, help="Frames of a launch.")
    parser.add_argument("--clips", type=int, default=2000, help="Clips of the builds; 0: none.")
    parser.add_argument("--workers", type=int, default=0, help="Ray workers of the builds.")
    parser.add_argument("--json", type=Path, help="Where to write the figures, too.")
    asked = parser.parse_args()
    try:
        gpu = open_gpu()
    except DeviceError as error:
        sys.exit(f"benchmarks.gpu: {error}")
    report: dict[str, Any] = {"device": describe_gpu(gpu)}
    print(json.dumps(report["device"]))
    copies, products = bytes_per_second(gpu), operations_per_second(gpu)
    report |= {"copied_bytes_per_second": copies, "product_flops": products, "stages": []}
    print(f"a copy moves {copies / 1e9:.0f} GB/s; a product does {products / 1e12:.1f} TFLOP/s\n")
    for sensor, metres, blend_shapes in SETTINGS:
        work = make_work(gpu, sensor, metres, blend_shapes, asked.frames)
        figures, agreement = measure(gpu, work, copies, products), compare_with_cpu(work)
        report["stages"].append(asdict(figures) | {"agreement": asdict(agreement)})
        print(f"{describe(figures)}\n    {agreement.describe()}")
    if asked.clips:
        report["builds"] = measure_builds(asked.clips, asked.workers)
    if asked.json:
        asked.json.write_text(json.dumps(report, indent=1) + "\n")


def describe_gpu(gpu: Gpu) -> dict[str, str]:
    """Return what belongs beside the figures."""
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty", "--abbrev=12"],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    simulated = gpu.device.type == "cpu"
    return {
        "commit": commit.stdout.strip() or "unknown",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "gpu": "Numba's simulator" if simulated else torch.cuda.get_device_name(gpu.device),
        "memory_gigabytes": f"{gpu.memory_bytes / 1e9:.0f}",
        **{package: version(package) for package in ("torch", "numba", "numba-cuda", "numpy")},
    }


def seconds_of(gpu: Gpu, run: Callable[[], object], times: int = LAUNCHES) -> float:
    """Return the median time of a run, of which several are queued at once."""
    run()
    seconds = []
    for _ in range(REPEATS):
        gpu.mark().wait()
        start = time.perf_counter()
        for _ in range(times):
            run()
        gpu.mark().wait()
        seconds.append((time.perf_counter() - start) / times)
    return median(seconds)


def bytes_per_second(gpu: Gpu) -> float:
    """Return how many bytes a copy within the GPU's memory reads and writes."""
    size = min(CONTENT_BYTES, gpu.memory_bytes // 8)
    source, copy = (gpu.empty((size,), torch.uint8) for _ in range(2))
    return 2 * size / seconds_of(gpu, lambda: copy.copy_(source))


def operations_per_second(gpu: Gpu) -> float:
    """Return how many operations in float32 a large matrix product does."""
    side = SIDE if gpu.device.type == "cuda" else 256
    left, right = (torch.ones((side, side), device=gpu.device) for _ in range(2))
    return 2.0 * side**3 / seconds_of(gpu, lambda: left @ right)


def measure(gpu: Gpu, work: Work, copies: float, products: float) -> Figures:
    """Measure the stages one by one, then the observer with all that it copies."""
    vertices = pose_frames(work.skin, work.poses)
    mesh = Mesh(vertices, work.faces, work.parts)
    seconds = {
        "pose": seconds_of(gpu, lambda: pose_frames(work.skin, work.poses)),
        "scan": seconds_of(gpu, lambda: work.scanner.scan(mesh, work.exact, 0)),
        "scan and sample": seconds_of(
            gpu, lambda: work.scanner.scan(mesh, work.exact, work.points)
        ),
        "whole": seconds_of(gpu, lambda: observe_clips(work), times=1) / LAUNCHES,
    }
    hits = work.scanner.scan(mesh, work.exact, 0).hits.float().mean().item()
    stages = seconds["pose"] + seconds["scan and sample"]
    return Figures(
        sensor=work.sensor.name,
        metres=work.metres,
        blend_shapes=work.skin.pose_dirs is not None,
        hits=hits,
        frames_per_second={stage: work.frames / each for stage, each in seconds.items()},
        share_of_memory=work.frames * work.frame_bytes / stages / copies,
        share_of_arithmetic=work.frames * work.frame_operations / seconds["pose"] / products,
    )


def observe_clips(work: Work) -> None:
    """Observe as a build does: clip after clip, some of them on the way."""
    exact = RangeNoise(0.0, 0, "none")
    pose, trans = work.pose, work.trans
    begun = [
        work.observer.begin(work.shaped, pose[clip], trans[clip], work.world_to_sensor, exact)
        for _ in range(LAUNCHES)
        for clip in work.clips
    ]
    for finish in begun:
        finish()


def describe(figures: Figures) -> str:
    """Return a setting's line of the table."""
    rates = ", ".join(f"{stage} {rate:,.0f}" for stage, rate in figures.frames_per_second.items())
    return (
        f"{figures.sensor} at {figures.metres:.0f} m"
        f"{', blend shapes' if figures.blend_shapes else ''}, {figures.hits:.0f} hits: {rates} "
        f"frames/s; {figures.share_of_memory:.0%} of the memory's rate, posing at "
        f"{figures.share_of_arithmetic:.0%} of the arithmetic's"
    )


def measure_builds(clips: int, workers: int) -> dict[str, float]:
    """Build a synthesised corpus on both devices, and return the frames a second of each."""
    rates = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        print(f"\n{synthesize(folder / 'corpus', clips, seed=0)}")
        for device in ("cpu", "cuda"):
            options = BuildOptions(
                folder / "corpus" / "index.csv", folder / "corpus" / "amass", device=device
            )
            start = time.perf_counter()
            build_lidar(options, folder / device, Execution(workers))
            seconds = time.perf_counter() - start
            frames = built_frames(folder / device)
            rates[device] = frames / seconds
            print(f"build, {device}: {frames:,} frames in {seconds:.1f} s: {rates[device]:,.0f}/s")
    return rates


def built_frames(out: Path) -> int:
    """Return the frames of a dataset."""
    shards = json.loads((out / "dataset.json").read_text())["shards"]
    return int(np.sum([shard["frames"] for shard in shards]))


if __name__ == "__main__":
    main()
