"""Time whole builds of 263 features: reading, posing, judging, features, shards and statistics.

The clips are synthetic and have the lengths of HumanML3D's. A build runs in one process, so that
its rate is that of a core. The index lists every clip several times, because a build of few rows
takes most of its time to start.
"""

import resource
import shutil
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.builds.clips import ClipSet, made_clips
from benchmarks.common.timing import Seconds, Spread, spread
from pipelines.clips.options import ClipSelection
from pipelines.engine.execution import Execution
from pipelines.products.motion_features.build import build_features
from pipelines.products.motion_features.options import (
    MotionFeatureBuildOptions,
    MotionFeatureOptions,
)

CLIPS, REPEATED = 48, 24
TURNS = 5
CORES = 2
HUMANML3D_FRAMES = 2_060_000
"""Frames of HumanML3D's 14,616 rows at 20 Hz; the mirrored clips have as many again."""


def print_builds(quick: bool) -> None:
    """Print the rates of builds without and with mirrored clips, and the time for HumanML3D."""
    with TemporaryDirectory() as folder:
        clips = made_clips(Path(folder) / "made", 2 if quick else CLIPS)
        clips = replace(clips, rows=clips.rows * (1 if quick else REPEATED))
        rows = Path(folder) / "rows"
        index = clips.write_index(rows)
        print(f"\nwhole builds of 263 features, {len(clips.rows):,} clips, one process")
        for variants in (1, 2):
            _print_rates(
                clips, _build(clips, index, rows / "built", variants == 2), variants, quick
            )


def _build(clips: ClipSet, index: Path, out: Path, mirror: bool) -> Callable[[], object]:
    selection = ClipSelection(index, clips.archive, mirror=mirror)
    options = MotionFeatureBuildOptions(selection, MotionFeatureOptions("humanml3d-263"))

    def build() -> None:
        shutil.rmtree(out, ignore_errors=True)
        build_features(options, out, Execution(workers=0))

    return build


def _print_rates(clips: ClipSet, build: Callable[[], object], variants: int, quick: bool) -> None:
    build()
    times = [_time(build) for _ in range(1 if quick else TURNS)]
    frames = clips.frames * variants
    name = "with mirrored clips" if variants == 2 else "without mirrored clips"
    for clock in ("cpu", "wall"):
        rates = spread(frames / getattr(each, clock) for each in times)
        seconds = Spread(*(HUMANML3D_FRAMES * variants / rate / CORES for rate in rates))
        print(
            f"{name}, {clock}: {rates.median:,.0f} frames/s ({rates.lowest:,.0f} to "
            f"{rates.highest:,.0f}); HumanML3D on {CORES} cores: {seconds.median:.0f} s"
        )


def _time(build: Callable[[], object]) -> Seconds:
    """Time a build; the processor time is that of this process and of its ended children."""
    wall, cpu = time.perf_counter(), _cpu_seconds()
    build()
    return Seconds(time.perf_counter() - wall, _cpu_seconds() - cpu)


def _cpu_seconds() -> float:
    uses = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(use.ru_utime + use.ru_stime for use in uses)
