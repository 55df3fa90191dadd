"""Look at this machine: what is installed, what it has, and what will be slow for which reason."""

import platform
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from motiondata import __version__
from motiondata.counting import counted
from motiondata.extras import EXTRAS, install_command
from pipelines.engine.machine import usable_cpus, usable_memory
from pipelines.engine.reports import Report
from pipelines.engine.text_tables import table

GIGABYTE = 10**9
ROOM_GIGABYTES = 20
"""Free space below which a finding says so. HumanML3D has 14,616 clips of at most 200 frames, and a
frame of 384 points takes 5.6 kB with all members: at most 16 GB, and as much for mirrored clips."""
WORKER_GIGABYTES = 1.0
"""What a worker usually needs, see `pipelines.engine.worker_choice`."""


OPTIONAL = {
    "numba": "builds: posing and scanning",
    "scipy": "builds, imports and synthesis",
    "ray": "builds on Ray: of more than one worker, or on a cluster",
    "pandas": "data.manifest, data.drops, and conditions (--where)",
    "fsspec": "datasets at URLs",
    "s3fs": "datasets at s3://",
    "aiohttp": "datasets at https://",
    "webdataset": "data.webdataset",
    "torch": "trainings, the tensors of Loader, and --device cuda",
    "transformers": "captioners and text encoders",
    "tensorboard": "--tensorboard of trainings",
    "peft": "motiondata train-captioner --lora-rank",
    "numba-cuda": "builds with --device cuda",
    "matplotlib": "pictures of motiondata preview and render",
    "imageio-ffmpeg": "videos of motiondata render",
    "duckdb": "motiondata query",
    "spacy": "motiondata export --tag-words",
}
"""What each optional package is needed for; `motiondata.extras` has its extra."""


@dataclass(frozen=True)
class Package:
    """An optional package as it was found."""

    name: str
    version: str | None
    """None if it is not installed."""
    extra: str
    use: str


@dataclass(frozen=True)
class Disk:
    """A folder's file system."""

    folder: Path
    free_bytes: int


@dataclass(frozen=True)
class Kernels:
    """The compiled kernels of scans."""

    compiled: bool
    """Whether they had to be compiled just now; else they were loaded from the cache."""
    seconds: float

    def describe(self) -> str:
        """Say where the kernels came from."""
        loaded = "compiled just now" if self.compiled else "loaded from the cache"
        return f"{loaded} in {self.seconds:,.1f} s"


@dataclass(frozen=True)
class DoctorReport(Report):
    """What this machine has, and what will be slow."""

    software: str
    python: str
    cpus: int
    """Processors that this process may use."""
    memory_bytes: int
    """Memory that is available."""
    gpu: str | None
    """The name of the GPU; None if PyTorch finds none, or is not installed."""
    disks: tuple[Disk, ...]
    kernels: Kernels | None
    """None without Numba, as where datasets are only read."""
    packages: tuple[Package, ...]
    findings: tuple[str, ...]

    def lines(self) -> list[str]:
        """Return tables of the machine and of the packages, and the findings."""
        rows = [
            ("program", f"{self.software}, Python {self.python}"),
            ("processors", f"{self.cpus}"),
            ("memory", f"{self.memory_bytes / GIGABYTE:,.1f} GB available"),
            ("GPU", self.gpu or "none found"),
            *(
                (f"free in {each.folder}", f"{each.free_bytes / GIGABYTE:,.1f} GB")
                for each in self.disks
            ),
            ("kernels", self.kernels.describe() if self.kernels else "none: Numba is missing"),
        ]
        packages = [
            (each.name, each.version or "not installed", each.extra, each.use)
            for each in self.packages
        ]
        return [
            *table(rows),
            "",
            *table([("package", "version", "extra", "needed for"), *packages]),
            "",
            *(self.findings or ("nothing here makes builds or trainings slow",)),
        ]


LoadKernels = Callable[[Callable[[str], None]], None]
"""Loads or compiles the kernels; calls its argument if it compiles."""


def doctor(folder: Path, load_kernels: LoadKernels | None = None) -> DoctorReport:
    """Look at this machine; `folder` is where datasets are to be written, and need not exist."""
    parents = (folder.absolute(), *folder.absolute().parents)
    there = next(place for place in parents if place.is_dir())
    packages = tuple(
        Package(name, _version_of(name), EXTRAS[name.replace("-", "_")], use)
        for name, use in OPTIONAL.items()
    )
    cpus, memory, gpu = usable_cpus(), usable_memory(), _gpu()
    disks = tuple(
        Disk(place, shutil.disk_usage(place).free)
        for place in dict.fromkeys([there, Path(tempfile.gettempdir())])
    )
    kernels = _kernels(load_kernels or _precompile) if _version_of("numba") else None
    return DoctorReport(
        software=f"motiondata {__version__}",
        python=platform.python_version(),
        cpus=cpus,
        memory_bytes=memory,
        gpu=gpu,
        disks=disks,
        kernels=kernels,
        packages=packages,
        findings=tuple(findings(cpus, memory, gpu, disks, packages)),
    )


def findings(
    cpus: int,
    memory: int,
    gpu: str | None,
    disks: tuple[Disk, ...],
    packages: tuple[Package, ...],
) -> Iterator[str]:
    """Yield a sentence for each thing that will be slow, small or missing."""
    if cpus == 1:
        yield "builds will be slow: one processor may be used, so they run in one process"
    if (fitting := int(memory / GIGABYTE / WORKER_GIGABYTES)) < cpus:
        yield (
            f"builds will be slower than {counted(cpus, 'processor')} allow: the available memory "
            f"is enough for {counted(max(fitting, 1), 'worker')} of {WORKER_GIGABYTES:g} GB"
        )
    if gpu is None:
        yield "trainings will be slow: no GPU was found, so they run on the CPU"
    for disk in disks:
        if disk.free_bytes < ROOM_GIGABYTES * GIGABYTE:
            yield (
                f"{disk.folder} has {disk.free_bytes / GIGABYTE:,.1f} GB left: a dataset of all of "
                f"HumanML3D needs about {ROOM_GIGABYTES} GB"
            )
    yield from _missing(packages)


def _missing(packages: tuple[Package, ...]) -> Iterator[str]:
    missing: dict[str, list[str]] = {}
    for package in packages:
        if package.version is None:
            missing.setdefault(package.extra, []).append(package.use)
    for extra, uses in missing.items():
        yield f"not available: {'; '.join(uses)} ({install_command(extra)})"


def _version_of(distribution: str) -> str | None:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return None


def _gpu() -> str | None:
    if _version_of("torch") is None:
        return None
    import torch

    return torch.cuda.get_device_name(0) if torch.cuda.is_available() else None


def _kernels(load: LoadKernels) -> Kernels:
    said: list[str] = []
    start = time.monotonic()
    load(said.append)
    return Kernels(bool(said), time.monotonic() - start)


def _precompile(announce: Callable[[str], None]) -> None:
    from motiondata.lidar.cpu.precompile import precompile_kernels

    precompile_kernels(announce)
