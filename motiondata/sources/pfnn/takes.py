"""Takes of the PFNN data in their own skeleton, with the phase and gaits of their files."""

from pathlib import Path

import numpy as np

from motiondata.errors import DropReason, RecordingError
from motiondata.representations.pfnn.gaits import CROUCH, crouching, merge_gaits
from motiondata.representations.pfnn.layout import FPS
from motiondata.representations.pfnn.skeleton import HEAD, NAMES
from motiondata.representations.pfnn.take import Take
from motiondata.sources.bvh.kinematics import pose_file
from motiondata.sources.bvh.reader import BvhMotion, read_bvh
from motiondata.sources.pfnn.labels import Floats, read_labels

METERS = 0.056444
"""The unit of the files, 5.6444 cm in PFNN's script."""
FILE_FPS = 120.0
EVERY = round(FILE_FPS / FPS)
"""Each second frame of a file is used."""


def read_take(bvh: Path) -> Take:
    """Read a BVH file of the PFNN data with its phase, gait and footsteps.

    Raises `RecordingError` if a file is absent or faulty, or if the skeleton is another.
    """
    motion = read_bvh(bvh)
    _check(motion)
    labels = read_labels(bvh, len(motion.values))
    world = pose_file(motion)
    joints = METERS * world.places.transpose(1, 0, 2)[::EVERY]
    gait = merge_gaits(labels["gait"])[::EVERY]
    gait[:, CROUCH] = _crouching(joints)
    return Take(
        joints=joints,
        rotations=world.rotations.transpose(1, 0, 2, 3)[::EVERY],
        phase=labels["phase"][::EVERY],
        gait=gait,
        cycles=_cycles(labels["footsteps"]),
    )


def _check(motion: BvhMotion) -> None:
    if motion.names != NAMES or motion.fps != FILE_FPS:
        raise RecordingError(
            DropReason.INVALID,
            f"{motion.source}: found {len(motion.names)} joints at {motion.fps:g} Hz; expected the "
            f"{len(NAMES)} joints of PFNN's skeleton at {FILE_FPS:g} Hz",
        )


def _crouching(joints: Floats) -> Floats:
    """Return the gait crouch of a take on flat ground, by the height of the head, as the script.

    The last frame is as the one before.
    """
    crouched = crouching(joints[:, HEAD, 1])
    crouched[-1] = crouched[-2:][0]
    return crouched


def _cycles(footsteps: Floats) -> tuple[tuple[int, int], ...]:
    """Return the cycles between right footfalls that follow each other, in frames at 60 Hz.

    PFNN's script halves the numbers of its files, which count from 1.
    """
    first = footsteps[:, 0]
    known = np.isfinite(first[:-1]) & np.isfinite(first[1:]) & np.isfinite(footsteps[1:, 1])
    at = (np.nan_to_num(first).astype(np.intp) + 1) // EVERY
    return tuple((int(at[n]), int(at[n + 1])) for n in np.flatnonzero(known))
