"""The frames that poses are picked from: all frames of the clips of a selection, in plan order."""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.body import Body
from motiondata.bodies.posing import ShapedBody, pose_joints
from motiondata.clip import Clip
from motiondata.errors import RecordingError
from motiondata.mirroring import mirror_clip
from motiondata.pose_pairs.postures import Headings
from motiondata.watching import Watch
from pipelines.clips.clip_source import ClipSource
from pipelines.clips.members import SYNTHETIC
from pipelines.clips.planned_clips import PlannedClip, PlannedClips
from pipelines.engine.drops import Drop
from pipelines.engine.plan import Plan

Integers = NDArray[np.int64]
Singles = NDArray[np.float32]


@dataclass(frozen=True)
class Track:
    """A clip or its mirrored version, of which some frames are poses of pairs."""

    name: str
    recording: str
    """The path of the recording in the archive, or the escaped path if it is not UTF-8."""
    subset: str
    fps: float
    """The frame rate of the recording, Hz."""
    facts: Mapping[str, Any]
    """What a sample's `json` says of it."""


Part = tuple[Track, NDArray[np.float64], Singles, Singles]
"""A track, and the places, rotations and joints of its frames."""


@dataclass(frozen=True, eq=False)
class Frames:
    """Frames of tracks. About 540 bytes each."""

    tracks: tuple[Track, ...]
    track: Integers
    """The number of each frame's track, shaped (frames,)."""
    place: NDArray[np.float64]
    """Where each frame is in its recording, in frames from 0, shaped (frames,)."""
    pose: Singles
    """Axis-angle rotations, with the heading, shaped (frames, 22, 3)."""
    joints: Singles
    """Joints without heading, relative to the pelvis, shaped (frames, 22, 3)."""

    def __len__(self) -> int:
        return len(self.track)

    @property
    def seconds(self) -> NDArray[np.float64]:
        """When each frame is, within its recording."""
        fps = np.array([track.fps for track in self.tracks], np.float64)
        seconds: NDArray[np.float64] = self.place / fps[self.track]
        return seconds


def read_frames(
    source: ClipSource,
    plan: Plan[PlannedClips],
    bodies: Mapping[str, Body],
    shaped: ShapedBody,
    rate: float | None,
    watch: Watch,
) -> tuple[Frames, list[Drop]]:
    """Read the frames of all clips of a plan, and pose one body by them.

    Returns the frames, and the drops of the clips that cannot be read.
    """
    parts: list[Part] = []
    drops: list[Drop] = []
    with watch(len(plan.shards.columns)) as advance:
        for planned in plan.clips:
            assert isinstance(planned, PlannedClip)  # noqa: S101 (of the type of the plan)
            try:
                clip, _ = source.read(planned, bodies, rate)
                parts += _tracks_of(clip, planned, shaped)
            except RecordingError as error:
                drops.append(Drop.of(planned.row, "plan", error))
            advance(1)
    return _joined(parts), drops


def _tracks_of(clip: Clip, planned: PlannedClip, shaped: ShapedBody) -> Iterator[Part]:
    recording = os.fsencode(planned.recording).decode(errors="backslashreplace")
    for variant in planned.variants:
        of = mirror_clip(clip) if variant.mirrored else clip
        facts = {
            "clip": variant.name,
            "source": clip.recording.source,
            "subset": clip.subset,
            "mirrored": variant.mirrored,
            "licence": clip.recording.licence,
            **({SYNTHETIC: True} if clip.recording.synthetic else {}),
        }
        track = Track(variant.name, recording, clip.subset, clip.recording.fps, facts)
        pose = of.pose.astype(np.float32)
        yield track, clip.places, pose, _joints(pose, shaped)


def _joints(pose: Singles, shaped: ShapedBody) -> Singles:
    turned = pose.astype(np.float64)
    turned[:, 0] = Headings.of(turned[:, 0]).remove_from_roots(turned[:, 0])
    joints = pose_joints(shaped, turned, np.zeros((len(pose), 3)))
    return (joints - joints[:, :1]).astype(np.float32)


def _joined(parts: list[Part]) -> Frames:
    if not parts:
        none = np.zeros((0, 22, 3), np.float32)
        return Frames((), np.zeros(0, np.int64), np.zeros(0), none, none)
    tracks, places, poses, joints = zip(*parts, strict=True)
    numbers = np.repeat(np.arange(len(tracks)), [len(each) for each in places])
    arrays = (np.concatenate(each) for each in (places, poses, joints))
    return Frames(tracks, numbers, *arrays)
