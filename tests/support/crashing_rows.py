"""Poison: recordings that do harm to the process that reads them, and how often they do it.

A double of the reader goes by the recording's name, `<harm> <times>`. It is told here and nowhere
in the program; workers find it because they are given `build_poisoned` to run.
"""

import faulthandler
import os
import signal
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np

from motiondata.bodies.body import Body
from motiondata.bodies.posing import ShapedBody
from motiondata.clip import Clip
from pipelines.clips.options import BuildOptions
from pipelines.clips.planned_clips import PlannedClip
from pipelines.clips.read_clip import read_clip
from pipelines.engine import shard
from pipelines.engine.jobs import RowListener, ShardJob
from pipelines.engine.receipts import Receipt
from pipelines.products.lidar import product
from tests.support.archive import FRAMES, MadeArchive, make_archive, write_recording
from tests.support.skeleton import moving_pose

FOLDER = "CMU/66"
"""Where the poisonous recordings lie."""


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
    "leak": lambda: [np.ones(10**7) for _ in range(10**5)],
    "kill": lambda: kill(os.getpid()),
    "kill-parent": lambda: kill(os.getppid()),
    "stop": stop,
}


def build_poisoned(job: ShardJob, listener: RowListener) -> Receipt:
    """Build a shard with the reader's double."""
    product.read_clip = read_poisoned  # type: ignore[attr-defined]
    return shard.build_shard(job, listener)


def read_poisoned(
    planned: PlannedClip, options: BuildOptions, bodies: Mapping[str, Body]
) -> tuple[Clip, ShapedBody]:
    """Read a clip as usual, once its recording has done its harm as often as its name says."""
    if planned.recording.startswith(FOLDER):
        harm, times = Path(planned.recording).stem.removesuffix("_poses").split()
        if harms_done(options.amass, harm) < int(times):
            with (options.amass / f"{harm}.log").open("a") as log:
                log.write(f"{os.getpid()}\n")
            HARM[harm]()
    return read_clip(planned, options, bodies)


def harms_done(amass: Path, harm: str) -> int:
    """Count how often a recording has done its harm."""
    log = amass / f"{harm}.log"
    return len(log.read_text().splitlines()) if log.exists() else 0


def make_poisoned_archive(root: Path, *poisons: str) -> MadeArchive:
    """Make the small archive with further training rows, in the middle of its good ones."""
    archive = make_archive(root)
    for poison in poisons:
        write_recording(root, f"{FOLDER}/{poison}", *moving_pose(FRAMES, seed=7))
    index, train = root / "index.csv", root / "train.txt"
    header, *rows = index.read_text().splitlines()
    for number, poison in enumerate(poisons):
        rows.insert(3, f"./pose_data/{FOLDER}/{poison}_poses.npy,0,9,P{number}.npy")
        train.write_text(train.read_text() + f"P{number}\n")
    index.write_text("\n".join([header, *rows]) + "\n")
    return archive
