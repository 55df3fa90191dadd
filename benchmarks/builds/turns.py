"""Measure whole builds, ours and those of peers, in turns on one core and on several.

Rates exclude startup. Those of our build span from the start of the first shard to the last
published shard; those of a peer begin when its processes are ready. Startup is given separately.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from benchmarks.builds.clips import ClipSet
from benchmarks.builds.peers import PEERS, Peer
from benchmarks.builds.runs import Setting, run_ours, run_peer
from benchmarks.builds.span import SpanWatch
from benchmarks.builds.stages import OURS, Result
from benchmarks.common.timing import spread
from pipelines.products.lidar.options import LidarBuildOptions

SHARDS = 8
"""Approximate number of shards of our build, so that two workers finish together."""
FRAME_BYTES = 5600
"""Approximate bytes per frame in a shard."""


@dataclass(frozen=True)
class Built:
    """The result of one build."""

    frames: int
    hits_a_frame: float
    startup: float
    """Seconds until the first clip begins."""
    wall: float
    """Frames per second of wall-clock time."""
    cpu: float
    """Frames per second of processor time."""
    peak_megabytes: float
    """Peak memory of the largest process, in 10^6 bytes."""
    ending: float = 0.0
    """Seconds from the last published shard until the dataset is verified; 0 for a peer, which does
    not verify."""


Contender = Callable[[Path], Built]
"""Builds into a folder that does not exist yet."""


def measure_builds(
    setting: Setting, rounds: int, turns: int, processes: Sequence[int], scratch: Path
) -> list[Result]:
    """Run all builds in turns; `rounds` is how often our build repeats the clips."""
    ways = _ways(setting, rounds, processes, scratch)
    built: dict[tuple[str, int], list[Built]] = {name: [] for name in ways}
    for _ in range(turns):
        for name, way in ways.items():
            out = scratch / "out"
            built[name].append(way(out))
            shutil.rmtree(out)
    shutil.rmtree(scratch / "index")
    return [
        {"way": way, "processes": count, **_result(runs)} for (way, count), runs in built.items()
    ]


def _ways(
    setting: Setting, rounds: int, processes: Sequence[int], scratch: Path
) -> Mapping[tuple[str, int], Contender]:
    """Return the builds to run, by pipeline name and number of processes."""
    clips = replace(setting.clips, rows=setting.clips.rows * rounds)
    options = _options(setting, clips, scratch / "index")
    ways: dict[tuple[str, int], Contender] = {}
    for count in processes:
        ways[OURS, count] = partial(_build_ours, options, clips.frames, count)
        for peer in PEERS:
            if peer.is_installed:
                ways[" + ".join(peer.parts), count] = partial(_build_peer, peer, setting, count)
    return ways


def _options(setting: Setting, clips: ClipSet, folder: Path) -> LidarBuildOptions:
    megabytes = max(1, round(clips.frames * FRAME_BYTES / SHARDS / 1e6))
    return setting.options(clips.write_index(folder), megabytes)


def _build_ours(options: LidarBuildOptions, frames: int, workers: int, out: Path) -> Built:
    watch = SpanWatch(out)
    used = run_ours(options, out, workers, watch)
    span = watch.span()
    return Built(
        frames=frames,
        hits_a_frame=used.answers[0] / frames,
        startup=span.start,
        wall=frames / span.wall,
        cpu=frames / span.cpu,
        peak_megabytes=used.peak_megabytes,
        ending=span.end,
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
        "ending_seconds": spread(run.ending for run in runs)._asdict(),
        "rates": {
            "wall": spread(run.wall for run in runs)._asdict(),
            "cpu": spread(run.cpu for run in runs)._asdict(),
        },
    }
