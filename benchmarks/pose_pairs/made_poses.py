"""Millions of poses, made of the recordings of a small archive; they are not an archive's own.

Each take is eight seconds at 120 Hz: the legs of one recording, and the trunk and arms of a mixture
of two others, whose weights change smoothly. All parts are interpolated along real motion, so that
frames after each other are nearly equal, and postures have the joint limits of people. The first
takes are the recordings themselves.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import pose_joints, shape_body
from motiondata.errors import InputError
from motiondata.pose_pairs.postures import Headings
from motiondata.rotations import quaternion_to_rotvec, rotvec_to_quaternion
from motiondata.skeletons import JOINT, JOINTS

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]

HERTZ = 120.0
TAKE_SECONDS = 8.0
LEAST_FRAMES = 60
LEGS = [JOINT["pelvis"]] + [
    JOINT[f"{side}_{part}"]
    for side in ("left", "right")
    for part in ("hip", "knee", "ankle", "foot")
]
REST = [joint for joint in range(JOINTS) if joint not in LEGS]


def made_joints(archive: Path, count: int, seed: int = 0) -> Singles:
    """Return joints without heading, relative to the pelvis, shaped (count, 22, 3), meters.

    Raises `InputError` if the archive has no recording of 60 frames in AMASS's layout.
    """
    joints = np.empty((count, JOINTS, 3), np.float32)
    done = 0
    for take in _takes(_recordings(archive), np.random.default_rng(seed)):
        part = _joints(take)[: count - done]
        joints[done : done + len(part)] = part
        done += len(part)
        if done == count:
            return joints
    raise AssertionError


def _recordings(archive: Path) -> list[tuple[Floats, float]]:
    """Return the quaternions, shaped (frames, 22, 4), and the frame rates of all recordings."""
    found = []
    for path in sorted(archive.rglob("*.npz")):
        with np.load(path) as file:
            if "poses" not in file or len(file["poses"]) < LEAST_FRAMES:
                continue
            poses = file["poses"][:, : JOINTS * 3].reshape(-1, JOINTS, 3).astype(np.float64)
            rate = next(file[key] for key in ("mocap_framerate", "mocap_frame_rate") if key in file)
        poses[:, 0] = Headings.of(poses[:, 0]).remove_from_roots(poses[:, 0])
        found.append((rotvec_to_quaternion(poses), float(rate)))
    if not found:
        raise InputError(f"{archive}: expected recordings of {LEAST_FRAMES} frames, found none")
    return found


def _takes(recordings: list[tuple[Floats, float]], random: np.random.Generator) -> Iterator[Floats]:
    for quaternions, rate in recordings:
        frames = int((len(quaternions) - 1) * HERTZ / rate)
        yield _at(quaternions, np.arange(frames, dtype=np.float64) * (rate / HERTZ))
    while True:
        legs, trunk, other = (_stretch(recordings, random) for _ in range(3))
        phase = np.arange(len(legs)) / HERTZ * random.uniform(0.2, 1.5) + random.uniform(0, 6)
        weight = (0.5 + 0.5 * np.sin(phase))[:, None, None]
        take = _mixed(trunk, other, weight)
        take[:, LEGS] = legs[:, LEGS]
        yield take


def _stretch(recordings: list[tuple[Floats, float]], random: np.random.Generator) -> Floats:
    """Return a piece of a recording, which runs back from its end where it is too short."""
    quaternions, rate = recordings[random.integers(len(recordings))]
    last = len(quaternions) - 1
    places = np.arange(int(TAKE_SECONDS * HERTZ)) * rate / HERTZ * random.uniform(0.7, 1.3)
    places = (places + random.uniform(0, last)) % (2 * last)
    return _at(quaternions, np.minimum(places, 2 * last - places))


def _at(quaternions: Floats, places: Floats) -> Floats:
    before = np.minimum(places.astype(np.int64), len(quaternions) - 2)
    weight = (places - before)[:, None, None]
    return _mixed(quaternions[before], quaternions[before + 1], weight)


def _mixed(first: Floats, second: Floats, weight: Floats) -> Floats:
    same = np.where((first * second).sum(axis=-1, keepdims=True) < 0, -1.0, 1.0)
    mixed = first * (1 - weight) + second * (same * weight)
    result: Floats = mixed / np.linalg.norm(mixed, axis=-1, keepdims=True)
    return result


def _joints(quaternions: Floats) -> Singles:
    poses = quaternion_to_rotvec(np.roll(quaternions, 1, axis=-1))
    shaped = shape_body(bundled_body(), np.zeros(0))
    joints = pose_joints(shaped, poses, np.zeros((len(poses), 3)))
    return (joints - joints[:, :1]).astype(np.float32)
