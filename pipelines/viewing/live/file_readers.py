"""Files of motion as clips that are drawn: recordings, poses, BVH, joints, features, meshes."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from motiondata.bodies.body import Body
from motiondata.bodies.posing import pose_joints
from motiondata.bodies.templates import place_on_body
from motiondata.captions import Caption
from motiondata.errors import DropReason, InputError, RecordingError
from motiondata.fitting.joint_clip import read_clip
from motiondata.guards import check_pose_is_rotations, plausible_frames
from motiondata.recording import Recording
from motiondata.skeletons import PARENTS
from motiondata.sources.amass.reader import read_recording
from motiondata.sources.bvh.convert import convert_bvh
from motiondata.sources.cmu.convert import cmu_kind
from motiondata.sources.joints.convert import JointOptions, convert_motion
from motiondata.sources.joints.read_motions import JointMotion, read_motions
from motiondata.sources.smpl.convert import SmplOptions, convert_smpl
from pipelines.clips.read_clip import shape_recorded_body
from pipelines.products.lidar.mesh_reading import MeshReading, has_animation
from pipelines.viewing.skeletons import PosedSkeleton
from pipelines.viewing.viewed_clip import UNKNOWN_FPS, Meshes, ViewedClip

Bodies = Mapping[str, Body]
Read = Callable[[Path, Bodies], Iterator[ViewedClip]]
"""Yields the clips of a file. Raises `RecordingError`."""

MOST_VERTICES = 20_000_000
"""The largest number of vertices of the meshes of a clip: they take 120 MB in the page."""


def recording_to_clip(
    name: str, recording: Recording, bodies: Bodies, notes: Sequence[str] = ()
) -> ViewedClip:
    """Return a whole recording as a clip; raise `RecordingError` if its poses are none."""
    check_pose_is_rotations(recording)
    usable = plausible_frames(recording.pose, recording.trans)
    if not usable.all():
        raise RecordingError(
            DropReason.NOT_FINITE,
            f"{name}: frame {int(usable.argmin())} is not a pose; expected finite rotations in "
            "radians and positions in meters",
        )
    body = bodies[recording.gender]
    recording = place_on_body(recording, body)
    shaped = shape_recorded_body(recording, body, mean_shape=False)
    joints = pose_joints(shaped, recording.pose, recording.trans)
    details = {
        "gender": recording.gender,
        "betas": recording.betas.tolist(),
        "body": body.id if recording.shape_space == body.shape_space else None,
        "notes": list(notes),
    }
    return ViewedClip(
        name, recording.frames, recording.fps, (), None, PosedSkeleton(joints, PARENTS),
        recording.pose.astype(np.float32), recording.trans.astype(np.float32), details,
    )  # fmt: skip


def _read_npz(path: Path, bodies: Bodies) -> Iterator[ViewedClip]:
    """Yield AMASS's recording, or else poses in another layout."""
    try:
        recording = read_recording(path, path.name)
    except RecordingError as error:
        yield _read_other_npz(path, bodies, error)
    else:
        yield recording_to_clip(path.stem, recording, bodies)


def _read_other_npz(path: Path, bodies: Bodies, error: RecordingError) -> ViewedClip:
    """Return the poses of a file in another layout; raise the error of AMASS's if it has none."""
    try:
        return next(_read_smpl(path, bodies))
    except RecordingError:
        raise error from None


def _read_smpl(path: Path, bodies: Bodies) -> Iterator[ViewedClip]:
    for made in convert_smpl(path, SmplOptions()):
        yield recording_to_clip(made.name, made.recording, bodies, made.found)


def _read_bvh(path: Path, bodies: Bodies) -> Iterator[ViewedClip]:
    converted = convert_bvh(path, None, bodies["neutral"])
    yield recording_to_clip(path.stem, converted.recording, bodies, converted.notes)


def _read_amc(path: Path, bodies: Bodies) -> Iterator[ViewedClip]:
    for made in cmu_kind(path.parent, bodies["neutral"]).convert(path):
        yield recording_to_clip(made.name, made.recording, bodies, made.found)


def _read_joints(path: Path, bodies: Bodies) -> Iterator[ViewedClip]:
    """Yield the joints of a file as they are. A body is fitted to them by `fit_body`."""
    for motion in read_motions(path):
        yield _joints_to_clip(motion, bodies["neutral"])


def _joints_to_clip(motion: JointMotion, body: Body) -> ViewedClip:
    up, rest = motion.up or JointOptions.up, body.joints_template
    clip = read_clip(motion.joints, up, motion.unit, rest, motion.name)
    skeleton = PosedSkeleton(clip.joints, PARENTS)
    captions = tuple(Caption(text, (), 0.0, 0.0) for text in motion.captions)
    note = f"{motion.what}; {motion.fps:g} frames a second, as is usual for them"
    return ViewedClip(
        motion.name, len(clip.joints), motion.fps, captions, None, skeleton, None, None,
        {"notes": [note]},
    )  # fmt: skip


def fit_body(path: Path, clip: ViewedClip, bodies: Bodies) -> ViewedClip:
    """Return the clip of a file of joints with the poses of a body that follows them."""
    motion = next(motion for motion in read_motions(path) if motion.name == clip.key)
    recording, _ = convert_motion(motion, JointOptions(), bodies["neutral"])
    posed = recording_to_clip(clip.key, recording, bodies)
    return replace(clip, pose=posed.pose, trans=posed.trans, details=posed.details)


def read_meshes(name: str, paths: Sequence[Path], scale: float | None = None) -> ViewedClip:
    """Return files of meshes as one clip; raise `InputError` for a file that is not a mesh.

    `scale` are meters per unit; None is 1, and too large meshes are refused.
    """
    reading, vertices, faces, total = MeshReading(scale=scale), [], [], 0
    for path in paths:
        surface = reading.read(path)
        vertices.append(surface[0])
        faces.append(surface[1])
        total += len(surface[0])
        if total > MOST_VERTICES:
            raise InputError(
                f"{name}: more than {MOST_VERTICES:,} vertices in its {len(paths)} meshes; show "
                "fewer of them"
            )
    notes = [f"{UNKNOWN_FPS:g} frames a second are assumed"] if len(paths) > 1 else []
    if any(map(has_animation, paths)):
        notes.append("the rest pose of an animation, as a file is one frame")
    return ViewedClip(
        name, len(paths), UNKNOWN_FPS, (), None, None, None, None, {"notes": notes},
        Meshes(tuple(vertices), tuple(faces)),
    )  # fmt: skip


JOINTS_SUFFIX = ".npy"
READERS: Mapping[str, Read] = {
    ".npz": _read_npz,
    ".pkl": _read_smpl,
    ".bvh": _read_bvh,
    ".amc": _read_amc,
    JOINTS_SUFFIX: _read_joints,
}
"""How the files of each suffix become clips. Meshes are read by `read_meshes`."""
