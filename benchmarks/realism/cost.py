"""Measure the cost of realism: frames per second of posing, scanning and sampling on one core.

Run `python -m benchmarks.realism.cost` from the project's root. A synthetic person walks 8 m from
the sensor, and 384 points are kept. The exact scan and the one with realism are timed in turns in
one run.
"""

import click
import numpy as np

from benchmarks.common.timing import QUICK_REPEATS, REPEATS, print_rates
from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import pose_joints, shape_body
from motiondata.lidar.cpu.observer import CpuObserver
from motiondata.lidar.observer import RangeNoise, Request
from motiondata.lidar.placement import first_heading, invert_rigid, place_sensor
from motiondata.lidar.presets import sensor_preset
from motiondata.lidar.realism.dressing import dress, undressed
from motiondata.lidar.realism.observer import RealisticObserver
from motiondata.lidar.realism.settings import NO_REALISM, find_realism
from motiondata.synthesis.corpus.recordings import make_recording

SENSORS = ("os1-128-1024", "os1-128-2048", "hdl-64e", "vlp-16")
FRAMES, QUICK_FRAMES, POINTS = 192, 4, 384
METERS = 8.0


@click.command()
@click.option("--quick", is_flag=True, help="A few frames, timed once: does everything run?")
def main(quick: bool) -> None:
    """Print the rates of exact scans and of scans with realism."""
    frames, turns = (QUICK_FRAMES, QUICK_REPEATS) if quick else (FRAMES, REPEATS)
    for name in SENSORS[:1] if quick else SENSORS:
        sensor = sensor_preset(name)
        exact, settings = _request(NO_REALISM, frames), find_realism("sensor")
        real = _request("sensor", frames)
        plain = CpuObserver(sensor, POINTS)
        realistic = RealisticObserver(sensor, POINTS, settings)
        hits = [
            one.begin(request)().hits.mean() for one, request in ((plain, exact), (realistic, real))
        ]
        runs = {
            "exact": lambda plain=plain, exact=exact: plain.begin(exact)(),
            "sensor": lambda realistic=realistic, real=real: realistic.begin(real)(),
        }
        print_rates(
            f"{name} at {METERS:g} m: {hits[0]:.0f} and {hits[1]:.0f} hits", frames, runs, turns
        )


def _request(realism: str, frames: int) -> Request:
    motion, settings = make_recording(0, 0).motion, find_realism(realism)
    stride = max(1, len(motion.pose) // frames)
    pose, trans = motion.pose[::stride][:frames], motion.trans[::stride][:frames]
    shaped = shape_body(bundled_body(), np.zeros(0))
    joints = pose_joints(shaped, pose, trans)
    placed = place_sensor(joints[:, 0], first_heading(joints), distance=METERS, height=1.0)[0]
    person = undressed(shaped) if settings.is_exact else dress(shaped, settings, 0, "walk")
    noise = RangeNoise(0.0, 0, "walk")
    return Request(person.shaped, pose, trans, invert_rigid(placed), noise, person.appearance)


if __name__ == "__main__":
    main()
