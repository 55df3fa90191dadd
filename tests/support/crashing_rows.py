"""Recordings that crash, hang or bloat the process that reads them, and how often they do it.

The name of such a recording is `<harm> <times>`. `CrashingProduct` does the harm.
"""

import faulthandler
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np

from pipelines.clips.planned_clips import PlannedClip
from pipelines.engine.build import build
from pipelines.engine.execution import Execution
from pipelines.engine.product import FinishSamples
from pipelines.products.lidar.product import LidarProduct
from pipelines.products.lidar.scanner import LidarScanner
from tests.support.archive import FRAMES, MadeArchive, make_archive, write_recording
from tests.support.skeleton import moving_pose

FOLDER = "CMU/66"
"""The folder of these recordings."""


def abort() -> None:
    """Crash, without the last words that pytest would have."""
    faulthandler.disable()
    os.abort()


def kill(process: int) -> None:
    """Kill this process or its parent, and wait for the end."""
    os.kill(process, signal.SIGKILL)
    time.sleep(60)


def stop() -> None:
    """Do as if somebody had pressed Ctrl-C."""
    raise KeyboardInterrupt


HARM: dict[str, Callable[[], object]] = {
    "abort": abort,
    "exit": lambda: os._exit(3),
    "hang": lambda: time.sleep(3600),
    "eat": lambda: np.ones(10**12),
    "leak": lambda: [np.empty(10**7) for _ in range(10**5)],  # not written: that takes time
    "kill": lambda: kill(os.getpid()),
    "kill-parent": lambda: kill(os.getppid()),
    "stop": stop,
}


@dataclass(frozen=True)
class CrashingProduct(LidarProduct):
    """The LiDAR product, but the recordings in `FOLDER` first do the harm of their names."""

    is_tried: ClassVar[bool] = False
    """A trial would use up harm that is meant for the build."""

    def open(self) -> "CrashingScanner":
        return CrashingScanner(**vars(super().open()))


class CrashingScanner(LidarScanner):
    """The opened product."""

    def begin(self, planned: PlannedClip) -> FinishSamples:
        """Do the harm of a recording until it was done as often as its name says."""
        if planned.recording.startswith(FOLDER):
            harm, times = Path(planned.recording).stem.removesuffix("_poses").split()
            if harms_done(self.source.selection.amass, harm) < int(times):
                with (self.source.selection.amass / f"{harm}.log").open("a") as log:
                    log.write(f"{os.getpid()}\n")
                HARM[harm]()
        return super().begin(planned)


def build_crashing(archive: MadeArchive, out: Path, execution: Execution) -> None:
    """Build an archive, some of whose recordings crash or hang their worker."""
    build(CrashingProduct.of(archive.options()), out, execution)


def harms_done(amass: Path, harm: str) -> int:
    """Count how often a recording has done its harm."""
    log = amass / f"{harm}.log"
    return len(log.read_text().splitlines()) if log.exists() else 0


def make_crashing_archive(root: Path, *harms: str) -> MadeArchive:
    """Make the small archive with further training rows, in the middle of its good ones."""
    archive = make_archive(root)
    for harm in harms:
        write_recording(root, f"{FOLDER}/{harm}", *moving_pose(FRAMES, seed=7))
    index, train = root / "index.csv", root / "train.txt"
    header, *rows = index.read_text().splitlines()
    for number, harm in enumerate(harms):
        rows.insert(3, f"./pose_data/{FOLDER}/{harm}_poses.npy,0,9,P{number}.npy")
        train.write_text(train.read_text() + f"P{number}\n")
    index.write_text("\n".join([header, *rows]) + "\n")
    return archive
