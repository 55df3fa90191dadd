"""Whole builds, ours and those of peers, which take turns on one core and on more.

Rates are of a build under way. What it takes to start is told apart: by a small build of the same
kind for ours, by the time until its processes are ready for a peer.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmarks.build_clips import ClipSet
from benchmarks.build_runs import Setting, run_ours, run_peer
from benchmarks.build_stages import OURS, Result
from benchmarks.peers import PEERS, Peer
from benchmarks.timing import spread
from pipelines.options import BuildOptions

SHARDS = 8
"""Of our large build, about, so that two workers finish together."""
FRAME_BYTES = 5600
"""In a shard, about."""
SMALL_CLIPS = 8
"""Of our small build: enough for a shard or more for each of two workers."""


@dataclass(frozen=True)
class Built:
    """One build."""

    frames: int
    hits_a_frame: float
    startup: float
    """Seconds."""
    wall: float
    """Frames a second by the clock."""
    cpu: float
    """Frames a second of processor time."""
    peak_megabytes: float
    """Of the largest process."""


Way = Callable[[Path], Built]
"""From a folder that is not there yet."""


def measure_builds(
    setting: Setting, rounds: int, turns: int, processes: Sequence[int], scratch: Path
) -> list[Result]:
    """Build by all ways in turns; `rounds` is how often our large build goes over the clips."""
    ways = _ways(setting, rounds, processes, scratch)
    built: dict[tuple[str, int], list[Built]] = {name: [] for name in ways}
    for _ in range(turns):
        for name, way in ways.items():
            out = scratch / "out"
            built[name].append(way(out))
            shutil.rmtree(out)
    shutil.rmtree(scratch / "small")
    shutil.rmtree(scratch / "large")
    return [
        {"way": way, "processes": count, **_result(runs)} for (way, count), runs in built.items()
    ]


def _ways(
    setting: Setting, rounds: int, processes: Sequence[int], scratch: Path
) -> Mapping[tuple[str, int], Way]:
    """Return what builds, by its name and the number of processes."""
    few = replace(setting.clips, rows=setting.clips.rows[:SMALL_CLIPS])
    many = replace(setting.clips, rows=setting.clips.rows * rounds)
    small = _options(setting, few, scratch / "small")
    large = _options(setting, many, scratch / "large")
    frames = (few.frames, many.frames)
    ways: dict[tuple[str, int], Way] = {}
    for count in processes:
        ways[OURS, count] = partial(_build_ours, small, large, frames, count)
        for peer in PEERS:
            if peer.is_installed:
                ways[" + ".join(peer.parts), count] = partial(_build_peer, peer, setting, count)
    return ways


def _options(setting: Setting, clips: ClipSet, folder: Path) -> BuildOptions:
    megabytes = max(1, round(clips.frames * FRAME_BYTES / SHARDS / 1e6))
    return setting.options(clips.write_index(folder), megabytes)


def _build_ours(
    small: BuildOptions, large: BuildOptions, frames: tuple[int, int], workers: int, out: Path
) -> Built:
    start = run_ours(small, out / "small", workers)
    whole = run_ours(large, out / "large", workers)
    more = frames[1] - frames[0]
    wall = whole.wall - start.wall
    return Built(
        frames=frames[1],
        hits_a_frame=whole.answers[0] / frames[1],
        startup=start.startup + start.wall - frames[0] * wall / more,
        wall=more / wall,
        cpu=more / (whole.cpu - start.cpu),
        peak_megabytes=whole.peak_megabytes,
    )


def _build_peer(peer: Peer, setting: Setting, processes: int, out: Path) -> Built:
    used = run_peer(peer, setting, out, processes)
    frames = setting.clips.frames
    return Built(
        frames=frames,
        hits_a_frame=sum(used.answers) / frames,
        startup=used.startup,
        wall=frames / used.wall,
        cpu=frames / used.cpu,
        peak_megabytes=used.peak_megabytes,
    )


def _result(runs: Sequence[Built]) -> Result:
    return {
        "frames": runs[0].frames,
        "hits_a_frame": runs[0].hits_a_frame,
        "peak_megabytes": max(run.peak_megabytes for run in runs),
        "startup_seconds": spread(run.startup for run in runs)._asdict(),
        "rates": {
            "wall": spread(run.wall for run in runs)._asdict(),
            "cpu": spread(run.cpu for run in runs)._asdict(),
        },
    }
