"""Measure the fit of joint positions: frames per second and errors, beside a fit by L-BFGS.

Run `OMP_NUM_THREADS=1 python -m benchmarks.fitting.measure` from the project's root. Both fit the
bundled body to the joints of synthetic recordings, a clip at a time. Rates are frames per second of
processor time on one core.
"""

import click
import numpy as np
import torch
from numpy.typing import NDArray

from benchmarks.common.timing import QUICK_REPEATS, print_rates
from benchmarks.fitting.lbfgs import fit_by_lbfgs
from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.load_body import load_body
from motiondata.bodies.posing import pose_joints
from motiondata.fitting.fit_joints import fit_joints
from motiondata.synthesis.corpus.recordings import make_recording

Floats = NDArray[np.float64]

FPS = 20.0
FRAMES = 120
CLIPS = 2
TURNS = 5
"""Fits by L-BFGS take minutes, so they are timed less often than other benchmarks."""


@click.command()
@click.option("--quick", is_flag=True, help="One short clip, timed once: does everything run?")
def main(quick: bool) -> None:
    """Measure the fit of joints."""
    torch.set_num_threads(1)
    clips = [_clip(0, 20)] if quick else [_clip(number, FRAMES) for number in range(CLIPS)]
    body, outer = bundled_body(), 1 if quick else 10

    def ours() -> list[Floats]:
        return [fit_joints(clip, up="z", fps=FPS, unit="m").errors for clip in clips]

    def plain() -> list[Floats]:
        fitted = (fit_by_lbfgs(clip, body, outer) for clip in clips)
        return [
            np.linalg.norm(joints - clip, axis=-1)
            for joints, clip in zip(fitted, clips, strict=True)
        ]

    for name, errors in (("fit_joints", ours()), ("L-BFGS", plain())):
        millimeters = 1000.0 * np.concatenate(errors).ravel()
        mean, high = millimeters.mean(), np.percentile(millimeters, 99)
        print(f"{name}: {mean:.2f} mm in the mean, 99% below {high:.2f} mm")
    runs = {"fit_joints": ours, "L-BFGS on posed joints": plain}
    print_rates("fit of joints", sum(map(len, clips)), runs, QUICK_REPEATS if quick else TURNS)


def _clip(number: int, frames: int) -> Floats:
    """Return the joints of a synthetic recording of a random subject at about 20 fps.

    Shaped (frames, 22, 3), z up.
    """
    motion = make_recording(0, number).motion
    stride = round(motion.fps / FPS)
    betas = np.random.default_rng(number).normal(size=bundled_body().joint_shapes.shape[2])
    shaped = load_body(betas=betas)
    joints = pose_joints(shaped, motion.pose[::stride], motion.trans[::stride])
    return joints[np.arange(frames) % len(joints)]


if __name__ == "__main__":
    main()
