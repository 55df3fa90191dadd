"""Measure posing in frames per second against `smplx`, on a synthetic body of SMPL's size.

Run from the project's root, on one core: `OMP_NUM_THREADS=1 python -m benchmarks.kernels.posing`.
"""

import contextlib
import io
from collections.abc import Callable

import click
import numpy as np
import smplx
import torch
from smplx.utils import Struct
from smplx.vertex_ids import vertex_ids

from benchmarks.common.timing import QUICK_REPEATS, REPEATS, print_rates
from motiondata.bodies.posing import pose_body, pose_joints, shape_body
from motiondata.bodies.smpl_format import arrays_to_body
from motiondata.skeletons import JOINTS
from tests.support.small_body import made_body

VERTICES, FRAMES = 6890, 199
"""The number of SMPL's vertices, and the frames of HumanML3D's longest clip."""
QUICK_FRAMES = 8


@click.command()
@click.option("--quick", is_flag=True, help="Few frames, timed once: does everything run?")
def main(quick: bool) -> None:
    """Print how fast a body is posed."""
    compare(quick)


def compare(quick: bool) -> None:
    """Print a table of frames per second."""
    frames = QUICK_FRAMES if quick else FRAMES
    arrays = made_body(vertices=VERTICES)
    generator = np.random.default_rng(0)
    pose = generator.normal(scale=0.5, size=(frames, JOINTS, 3))
    trans = generator.normal(size=(frames, 3))
    body = arrays_to_body(arrays, "made", "made")
    rigid = arrays_to_body({k: a for k, a in arrays.items() if k != "posedirs"}, "made", "made")
    shaped, plain = (shape_body(each, np.zeros(10)) for each in (body, rigid))
    runs: dict[str, Callable[[], object]] = {
        "smplx (single precision)": _smplx_run(arrays, pose, trans),
        "pose_body": lambda: pose_body(shaped, pose, trans),
        "pose_body, no pose blend shapes": lambda: pose_body(plain, pose, trans),
        "pose_joints": lambda: pose_joints(shaped, pose, trans),
    }
    title = f"{VERTICES} vertices, 24 joints, a clip of {frames} frames"
    print_rates(title, frames, runs, QUICK_REPEATS if quick else REPEATS)


def _smplx_run(
    arrays: dict[str, np.ndarray], pose: np.ndarray, trans: np.ndarray
) -> Callable[[], object]:
    torch.set_num_threads(1)
    with contextlib.redirect_stdout(io.StringIO()):
        model = smplx.SMPL("", data_struct=Struct(**arrays), vertex_ids=vertex_ids["smplh"])
    hands = np.zeros((len(pose), 2, 3))
    inputs = {
        "betas": np.zeros((len(pose), 10)),
        "global_orient": pose[:, 0],
        "body_pose": np.concatenate([pose[:, 1:], hands], axis=1).reshape(len(pose), -1),
        "transl": trans,
    }
    tensors = {name: torch.tensor(value, dtype=torch.float32) for name, value in inputs.items()}
    return torch.inference_mode()(lambda: model(**tensors))


if __name__ == "__main__":
    main()
