"""Measure frames per second of motion features, compared with the notebook's path.

Run `OMP_NUM_THREADS=1 python -m benchmarks.representations.measure` from the project's root. The
peer is `tests/support/reference/humanml3d_features.py`: the steps of HumanML3D's notebook, a clip
at a time, in NumPy. Both make the same 263 features of the same synthetic clips, whose lengths are
those of HumanML3D. Rates are frames per second of processor time on one core. Whole builds of such
clips follow, by processor time and by the clock.
"""

from collections.abc import Callable

import click
import numpy as np
from numpy.typing import NDArray

from benchmarks.builds.clips import HUMANML3D_FRAMES
from benchmarks.common.timing import QUICK_REPEATS, REPEATS, print_rates, spread, take_turns
from benchmarks.representations.whole_builds import print_builds
from motiondata.bodies.load_body import load_body
from motiondata.bodies.posing import ShapedBody, pose_joints
from motiondata.representations.humanml3d import make_features
from motiondata.representations.humanml3d_recovery import recover_joints
from motiondata.representations.joint_sets import amass_to_y_up
from motiondata.representations.repr272 import amass_to_posed, make_repr272, recover_repr272
from motiondata.representations.skeleton import T2M
from motiondata.synthesis.corpus.recordings import make_recording
from tests.support.reference.humanml3d_features import features as plain_features

Floats = NDArray[np.float64]

HUMANML3D_CLIPS, MIRRORED = 14_616, 2
"""The rows of HumanML3D's index; each is also mirrored."""
CORES = 2
SAME = 1e-6
"""The two must agree, but for the last bit of an arc sine."""


@click.command()
@click.option("--quick", is_flag=True, help="Few clips, timed once: does everything run?")
def main(quick: bool) -> None:
    """Measure the making and the recovery of features."""
    body = load_body()
    motions = [_motion(number, frames) for number, frames in enumerate(HUMANML3D_FRAMES)]
    motions = motions[:2] if quick else motions
    turns = QUICK_REPEATS if quick else REPEATS
    _print_263(body, motions, turns)
    _print_272(body, motions, turns)
    print_builds(quick)


def _motion(number: int, frames: int) -> tuple[Floats, Floats]:
    """Return pose and trans of a synthetic recording at about 20 fps, repeated to its length."""
    motion = make_recording(0, number).motion
    stride = round(motion.fps / 20)
    pose, trans = motion.pose[::stride], motion.trans[::stride]
    places = np.arange(frames) % len(trans)
    return pose[places], trans[places]


def _print_263(body: ShapedBody, motions: list[tuple[Floats, Floats]], turns: int) -> None:
    lengths = T2M.bone_lengths(body.joints)
    clips = [amass_to_y_up(pose_joints(body, *motion)) for motion in motions]
    frames = sum(map(len, clips))
    made = [make_features(joints, T2M, lengths).vectors for joints in clips]
    largest = max(
        np.abs(ours - plain_features(joints, T2M, lengths)).max()
        for ours, joints in zip(made, clips, strict=True)
    )
    if largest > SAME:
        raise click.ClickException(f"the features differ by {largest:.2g}; expected {SAME:g}")

    def each(make: Callable[[Floats], object]) -> Callable[[], object]:
        return lambda: [make(joints) for joints in clips]

    ours = each(lambda joints: make_features(joints, T2M, lengths))
    print_rates(
        f"263 features; the two differ by {largest:.1e}",
        frames,
        {"ours": ours, "notebook's path": each(lambda j: plain_features(j, T2M, lengths))},
        turns,
    )
    print_rates(
        "263: other steps",
        frames,
        {
            "pose the joints": lambda: [pose_joints(body, *motion) for motion in motions],
            "recover joints": lambda: [recover_joints(vectors, T2M) for vectors in made],
        },
        turns,
    )
    _print_humanml3d(ours, len(clips), turns)


def _print_humanml3d(ours: Callable[[], object], clips: int, turns: int) -> None:
    seconds = spread(each.cpu for each in take_turns({"ours": ours}, turns)["ours"])
    whole = HUMANML3D_CLIPS * MIRRORED / clips / CORES
    print(
        f"\nall of HumanML3D and its mirror, {CORES} cores: {seconds.median * whole:.0f} s "
        f"({seconds.lowest * whole:.0f} to {seconds.highest * whole:.0f}), without reading"
    )


def _print_272(body: ShapedBody, motions: list[tuple[Floats, Floats]], turns: int) -> None:
    clips = [(pose_joints(body, *motion), motion[0]) for motion in motions]
    made = [make_repr272(amass_to_posed(*clip)) for clip in clips]
    print_rates(
        "272 features",
        sum(len(joints) for joints, _ in clips),
        {
            "make": lambda: [make_repr272(amass_to_posed(*clip)) for clip in clips],
            "recover": lambda: [recover_repr272(vectors) for vectors in made],
        },
        turns,
    )


if __name__ == "__main__":
    main()
