"""Compare exact scans of this project with those of an earlier commit: time, and all values.

`python -m benchmarks.realism.exact FOLDER`, where FOLDER is a checkout of the commit (`git worktree
add --detach FOLDER COMMIT`). A synthetic person walks 8 m from the sensor. Two processes, one with
the code of each, scan the same poses in turns, on one core each; times are those of the processor.
This file is also the program of both processes, so that it uses only what both commits have.
"""

import hashlib
import io
import os
import subprocess
import sys
import time
from base64 import b64decode, b64encode
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from typing import Any

import click
import numpy as np

SENSORS = ("os1-128-1024", "os1-128-2048", "hdl-64e", "vlp-16")
FRAMES, QUICK_FRAMES, POINTS, METERS = 192, 4, 384, 8.0
TURNS, REPEATS = 15, 5
"""A turn scans the poses several times, because once takes a hundredth of a second."""
EARLIER, NOW, SERVE = "earlier", "now", "serve"
CHECKOUT = Path(__file__).resolve().parents[2]
ONE_CORE = {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"}


def serve() -> None:
    """Print where the code lies, and for each line of poses seconds and a hash of all values."""
    code = find_spec("motiondata")
    print(Path(code.origin).resolve().parents[1] if code and code.origin else "none", flush=True)
    from motiondata.bodies.bundled import bundled_body
    from motiondata.bodies.posing import shape_body
    from motiondata.lidar.cpu.observer import CpuObserver
    from motiondata.lidar.observer import RangeNoise, Request
    from motiondata.lidar.presets import sensor_preset

    shaped = shape_body(bundled_body(), np.zeros(0))
    observers: dict[str, CpuObserver] = {}
    for line in sys.stdin:
        name, packed = line.split()
        with np.load(io.BytesIO(b64decode(packed))) as file:
            pose, trans, placed = file["pose"], file["trans"], file["T_sensor_world"]
        if name not in observers:
            observers[name] = CpuObserver(sensor_preset(name), POINTS)
        request = Request(shaped, pose, trans, placed, RangeNoise(0.0, 0, "walk"))
        start = time.process_time()
        for _ in range(REPEATS):
            sampled = observers[name].begin(request)()
        seconds = (time.process_time() - start) / REPEATS
        values = sampled.points.tobytes() + sampled.hits.tobytes() + sampled.parts.tobytes()
        print(seconds, hashlib.sha256(values).hexdigest(), flush=True)


class Scanner:
    """A process with the code of a folder; raises `ClickException` if the folder has none."""

    def __init__(self, folder: Path) -> None:
        paths = {"PYTHONPATH": str(folder), **ONE_CORE}
        self._process = subprocess.Popen(  # noqa: S603 (our own program)
            [sys.executable, __file__, SERVE], cwd=folder, env={**os.environ, **paths},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self._folder = folder
        if (code := self._line()) != str(folder):
            self._process.kill()
            raise click.ClickException(
                f"{folder}: expected a checkout with the package motiondata; Python finds this "
                f"package in: {code}"
            )

    def scan(self, sensor: str, packed: str) -> tuple[float, str]:
        """Return the seconds of a scan, and the hash of its values."""
        assert self._process.stdin is not None  # noqa: S101
        self._process.stdin.write(f"{sensor} {packed}\n")
        self._process.stdin.flush()
        seconds, digest = self._line().split()
        return float(seconds), digest

    def _line(self) -> str:
        assert self._process.stdout is not None  # noqa: S101
        if not (line := self._process.stdout.readline()):
            raise click.ClickException(f"{self._folder}: its code cannot scan; its error is above")
        return line.strip()

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def walk_poses(frames: int) -> str:
    """Return the poses of a walk and the place of the sensor, packed as one word."""
    from benchmarks.realism.walk import request_of, walk
    from motiondata.bodies.bundled import bundled_body
    from motiondata.lidar.preset_names import NO_REALISM
    from motiondata.lidar.realism.settings import find_realism

    request = request_of(walk(frames), bundled_body(), find_realism(NO_REALISM), METERS)
    packed = io.BytesIO()
    arrays: dict[str, Any] = {
        "pose": request.pose, "trans": request.trans, "T_sensor_world": request.T_sensor_world
    }  # fmt: skip
    np.savez(packed, allow_pickle=False, **arrays)
    return b64encode(packed.getvalue()).decode()


def compare(folder: Path, frames: int, turns: int, sensors: Sequence[str]) -> None:
    """Print frames per second of both commits, and the ratio of each turn."""
    scanners = {EARLIER: Scanner(folder.resolve()), NOW: Scanner(CHECKOUT)}
    packed = walk_poses(frames)
    click.echo("| sensor | earlier | now | now / earlier | lowest, highest | values |")
    click.echo("|---|--:|--:|--:|---|---|")
    for sensor in sensors:
        first = {name: each.scan(sensor, packed)[1] for name, each in scanners.items()}
        found = [
            {name: frames / each.scan(sensor, packed)[0] for name, each in scanners.items()}
            for _ in range(turns)
        ]
        ratios = sorted(turn[NOW] / turn[EARLIER] for turn in found)
        rates = [f"{median(turn[name] for turn in found):,.0f}" for name in (EARLIER, NOW)]
        same = "equal" if first[EARLIER] == first[NOW] else "differ"
        spread = f"{ratios[0]:.2f}, {ratios[-1]:.2f}"
        click.echo(f"| {sensor} | {' | '.join(rates)} | {median(ratios):.2f} | {spread} | {same} |")
    for each in scanners.values():
        each.close()


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--quick", is_flag=True, help="A few frames, timed once: does everything run?")
def main(folder: Path, quick: bool) -> None:
    """Print the rates of exact scans of the checkout FOLDER, and of this one."""
    if quick:
        compare(folder, QUICK_FRAMES, 1, SENSORS[-1:])
    else:
        compare(folder, FRAMES, TURNS, SENSORS)


if __name__ == "__main__":
    if sys.argv[1:] == [SERVE]:
        serve()
    else:
        main()
