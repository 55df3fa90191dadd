"""The measurements of `benchmarks.gpu.measure`: stages and builds on a GPU, compared with the CPU.

Hits, ranges and orders are compared with the CPU's in the same run, because speed is meaningless
for wrong results.
"""

import json
import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch

from benchmarks.common.device import describe_run
from benchmarks.gpu.agreement import compare_with_cpu
from benchmarks.gpu.builds import Builds, disk_bytes_per_second, measure_builds
from benchmarks.gpu.realism import measure_realism
from benchmarks.gpu.stages import Effort, Limits, measure_limits, measure_stages
from benchmarks.gpu.workload import Setting, make_work, with_blend_shapes
from motiondata.bodies.bundled import bundled_body
from motiondata.devices import CPU, CUDA
from motiondata.lidar.cuda.batches import LAUNCH_FRAMES
from motiondata.lidar.cuda.device import Gpu
from motiondata.lidar.presets import sensor_preset
from motiondata.lidar.sensor import Sensor
from pipelines.synthesis import synthesize
from tests.support.small_body import small_body

PACKAGES = ("torch", "numba", "numba-cuda", "cuda-bindings", "cuda-core", "numpy")
"""Packages whose versions are recorded."""

SETTINGS = (
    ("os1-128", 8.0, False),
    ("os1-128", 8.0, True),
    ("os1-128", 3.0, False),
    ("os1-128", 20.0, False),
    ("os2-128", 8.0, False),
    ("vlp-16", 8.0, False),
)
"""Sensor, distance in meters, and whether the body has (synthetic) pose blend shapes."""


WHOLE_EFFORT = Effort()


@dataclass(frozen=True)
class Size:
    """The size of a measurement."""

    settings: Sequence[Setting]
    frames: int
    """Frames per launch."""
    clips: int
    """Number of clips of the corpus, of about a hundred frames each."""
    builds: Sequence[Builds]
    effort: Effort = WHOLE_EFFORT
    realistic_frames: int = 2048
    """Frames of the walk that is scanned with realism."""


QUICK_SENSOR = Sensor(
    name="few rays",
    elevation=np.radians(np.linspace(-12, 10, 9)),
    azimuth_offset=np.zeros(9),
    columns=120,
    source="made up",
)
"""A sensor with few enough rays for Numba's simulator."""


def quick_size(device: str) -> Size:
    """Return the size of a check that everything runs, also in Numba's simulator."""
    setting = Setting(QUICK_SENSOR, 5.0, with_blend_shapes(small_body()), points=4)
    return Size([setting], 1, 1, (Builds(device, 1, 1),), Effort(1, 1, 2**24), 1)


def whole_size(clips: int) -> Size:
    """Return the size of the whole benchmark; its largest builds have `clips` clips."""
    cores = len(os.sched_getaffinity(0))
    body = bundled_body()
    bodies = {False: body, True: with_blend_shapes(body)}
    return Size(
        settings=[
            Setting(sensor_preset(sensor), meters, bodies[blended])
            for sensor, meters, blended in SETTINGS
        ],
        frames=LAUNCH_FRAMES,
        clips=clips,
        builds=(
            Builds(CUDA, 1, 1),  # the cost of opening the GPU and planning
            Builds(CUDA, 1, clips),
            Builds(CUDA, max(1, cores // 4), clips),
            Builds(CUDA, cores, clips),
            Builds(CPU, cores, max(1, clips // 8)),
        ),
    )


def measure(gpu: Gpu, size: Size, scratch: Path) -> dict[str, Any]:
    """Measure everything and print results immediately; `scratch` is an empty work folder."""
    about = describe_run(PACKAGES) | {"gpu": describe_gpu(gpu)}
    click.echo(json.dumps(about))
    limits = measure_limits(gpu, size.effort)
    click.echo(limits.describe())
    return {
        **about,
        "limits": asdict(limits),
        "stages": [_measure_setting(gpu, setting, size, limits) for setting in size.settings],
        "realism": [_measure_realism(setting, size) for setting in _sensors_once(size.settings)],
        "builds": _measure_builds(size, scratch),
    }


def _measure_setting(gpu: Gpu, setting: Setting, size: Size, limits: Limits) -> dict[str, Any]:
    work = make_work(gpu, setting, size.frames)
    agreement = compare_with_cpu(work)
    figures = measure_stages(work, limits, describe_gpu(gpu)["multiprocessors"], size.effort)
    click.echo(f"\n{figures.describe()}\n    {agreement.describe()}")
    return asdict(figures) | {"bound": figures.bound, "agreement": asdict(agreement)}


def _sensors_once(settings: Sequence[Setting]) -> list[Setting]:
    return list({setting.sensor.name: setting for setting in settings}.values())


def _measure_realism(setting: Setting, size: Size) -> dict[str, Any]:
    figures = measure_realism(
        setting.sensor, setting.body, size.realistic_frames, setting.points, size.effort.repeats
    )
    click.echo(f"\n{figures.describe()}")
    return asdict(figures)


def _measure_builds(size: Size, scratch: Path) -> list[dict[str, Any]]:
    disk = disk_bytes_per_second(scratch, size.effort.written_bytes)
    click.echo(f"\nthe disk takes {disk / 1e9:.2f} GB/s")
    click.echo(synthesize(scratch / "corpus", size.clips, seed=0))
    results = []
    for builds in size.builds:
        built = measure_builds(builds, scratch / "corpus", scratch, disk)
        click.echo(built.describe())
        results.append(asdict(built))
    return results


def describe_gpu(gpu: Gpu) -> dict[str, Any]:
    """Return the metadata of a GPU, to store with the figures."""
    about = {"memory_gigabytes": round(gpu.memory_bytes / 1e9), "cuda": torch.version.cuda}
    if gpu.device.type != "cuda":
        return about | {"name": "Numba's simulator", "multiprocessors": 1}
    found = torch.cuda.get_device_properties(gpu.device)
    return about | {"name": found.name, "multiprocessors": found.multi_processor_count}
