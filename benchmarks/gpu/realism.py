"""Compare and time scans with realism on a GPU and on one core, in one run."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from benchmarks.common.timing import Spread, spread, take_turns
from benchmarks.realism.walk import request_of, swept, walk
from motiondata.bodies.body import Body
from motiondata.lidar.cuda.realistic_observer import CudaRealisticObserver
from motiondata.lidar.observer import Observer, Request
from motiondata.lidar.realism.observer import RealisticObserver
from motiondata.lidar.realism.rolling_shutter import shutter_of
from motiondata.lidar.realism.settings import find_realism
from motiondata.lidar.sampled_clip import SampledClip
from motiondata.lidar.sensor import Sensor

METERS = 8.0


@dataclass(frozen=True)
class RealismFigures:
    """Scans of a walk with the preset `sensor`, on the GPU and on one core."""

    setting: str
    frames: int
    other_hits: int
    """Number of frames with other hits: another number, or another ray, of the kept points."""
    points_meters: float
    """The largest distance of a point from that of the CPU, over all other frames, meters."""
    frames_per_second: dict[str, Spread]
    """By wall-clock time, by device; one process."""

    def describe(self) -> str:
        """Return the figures as two lines of text."""
        rates = ", ".join(
            f"{name} {rate.median:.0f} ({rate.lowest:.0f}-{rate.highest:.0f})"
            for name, rate in self.frames_per_second.items()
        )
        return (
            f"{self.setting} with realism: frames/s {rates}\n"
            f"    of {self.frames} frames, {self.other_hits} with other hits; points of the others "
            f"within {self.points_meters:.1e} m"
        )


def measure_realism(
    sensor: Sensor, body: Body, frames: int, points: int, turns: int
) -> RealismFigures:
    """Observe a walk on both devices, in turns."""
    settings, clip = find_realism("sensor"), walk(frames)
    request = swept(request_of(clip, body, settings, METERS), clip, shutter_of(sensor, settings))
    observers: dict[str, Observer] = {
        "cuda": CudaRealisticObserver(sensor, points, settings),
        "cpu": RealisticObserver(sensor, points, settings),
    }
    runs = {name: partial(_observe, observer, request) for name, observer in observers.items()}
    other, apart = _differences(runs["cuda"](), runs["cpu"]())
    seconds = take_turns(runs, turns)
    return RealismFigures(
        setting=f"{sensor.name} at {METERS:.0f} m",
        frames=request.frames,
        other_hits=other,
        points_meters=apart,
        frames_per_second={
            name: spread(request.frames / each.wall for each in times)
            for name, times in seconds.items()
        },
    )


def _observe(observer: Observer, request: Request) -> SampledClip:
    return observer.begin(request)()


def _differences(found: SampledClip, expected: SampledClip) -> tuple[int, float]:
    """Return the number of frames with other hits, and the largest distance in the others."""
    other = found.hits != expected.hits
    for name in ("beam", "column"):
        other |= (found.extras[name] != expected.extras[name]).any(axis=1)
    apart = np.linalg.norm(found.points[~other] - expected.points[~other], axis=-1)
    return int(other.sum()), float(apart.max(initial=0.0))
