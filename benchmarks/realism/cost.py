"""Measure the cost of realism: frames per second of posing, scanning and sampling on one core.

Run `python -m benchmarks.realism.cost` from the project's root. A synthetic person walks 8 m from
the sensor, and 384 points are kept. The exact scan and the one with realism are timed in turns in
one run. `--builds CLIPS` times whole builds of synthetic clips instead, in this process. Times are
those of the processor.
"""

from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import click

from benchmarks.common.timing import QUICK_REPEATS, REPEATS, print_rates
from benchmarks.realism.walk import request_of, swept, walk
from motiondata.bodies.bundled import bundled_body
from motiondata.clip import Clip
from motiondata.lidar.cpu.observer import CpuObserver
from motiondata.lidar.observer import Observer, Request
from motiondata.lidar.preset_names import NO_REALISM, REALISM_NAMES
from motiondata.lidar.presets import sensor_preset
from motiondata.lidar.realism.observer import RealisticObserver
from motiondata.lidar.realism.rolling_shutter import Shutter, shutter_of
from motiondata.lidar.realism.settings import find_realism
from motiondata.synthesis.corpus.corpus import synthesize
from pipelines.clips.options import ClipSelection
from pipelines.engine.build_report import BuildReport
from pipelines.engine.execution import Execution
from pipelines.products.lidar.build import build_lidar
from pipelines.products.lidar.options import LidarBuildOptions, LidarOptions

SENSORS = ("os1-128-1024", "os1-128-2048", "hdl-64e", "vlp-16")
FRAMES, QUICK_FRAMES, POINTS = 192, 4, 384
METERS = 8.0
BUILD_REPEATS = 5


@click.command()
@click.option("--quick", is_flag=True, help="A few frames, timed once: does everything run?")
@click.option("--builds", default=0, metavar="CLIPS", help="Time whole builds of synthetic clips.")
def main(quick: bool, builds: int) -> None:
    """Print the rates of exact scans and of scans with realism."""
    if builds:
        _time_builds(builds)
        return
    frames, turns = (QUICK_FRAMES, QUICK_REPEATS) if quick else (FRAMES, REPEATS)
    for name in SENSORS[:1] if quick else SENSORS:
        sensor = sensor_preset(name)
        clip, settings, body = walk(frames), find_realism("sensor"), bundled_body()
        exact = request_of(clip, body, find_realism(NO_REALISM), METERS)
        real = request_of(clip, body, settings, METERS)
        plain = CpuObserver(sensor, POINTS)
        realistic = RealisticObserver(sensor, POINTS, settings, with_extras=False)
        hits = [
            one.begin(request)().hits.mean() for one, request in ((plain, exact), (realistic, real))
        ]
        runs = {
            "exact": partial(_observe, plain, exact),
            "sensor": partial(_observe_swept, realistic, real, clip, shutter_of(sensor, settings)),
        }
        print_rates(
            f"{name} at {METERS:g} m: {hits[0]:.0f} and {hits[1]:.0f} hits", frames, runs, turns
        )


def _time_builds(clips: int) -> None:
    """Print the rates of whole builds of synthetic clips."""
    with TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        synthesize(corpus, clips, seed=0)
        selection = ClipSelection(corpus / "index.csv", corpus / "amass")
        for name in SENSORS:
            runs = {}
            for preset in REALISM_NAMES:
                options = LidarBuildOptions(selection, LidarOptions(sensor=name, realism=preset))
                runs[preset] = partial(_build, options, Path(folder) / preset)
            frames = runs[NO_REALISM]().frames
            print_rates(f"{name}, builds of {clips} clips", frames, runs, BUILD_REPEATS)


def _build(options: LidarBuildOptions, out: Path) -> BuildReport:
    return build_lidar(options, out, Execution(workers=0, restart=True))


def _observe(observer: Observer, request: Request) -> None:
    observer.begin(request)()


def _observe_swept(
    observer: RealisticObserver, request: Request, clip: Clip, shutter: Shutter
) -> None:
    """Observe a person who moves during a turn, as a build does."""
    _observe(observer, swept(request, clip, shutter))


if __name__ == "__main__":
    main()
