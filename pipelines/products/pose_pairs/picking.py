"""Pick the poses of a selection of clips, and write them to a file for an embedding of a user."""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.body import Body
from motiondata.bodies.posing import shape_body
from motiondata.counting import counted
from motiondata.jit import compiling_once
from motiondata.npz_writing import arrays_to_npz
from motiondata.recording import GENDERS
from motiondata.watching import Advance, Watch
from pipelines.clips.clip_source import ClipSource
from pipelines.clips.planned_clips import PlannedClip, PlannedClips
from pipelines.engine.drops import Drop
from pipelines.engine.plan import Plan
from pipelines.engine.product import PlannedBuild
from pipelines.engine.progress import watching
from pipelines.engine.reports import Report
from pipelines.engine.streams import say
from pipelines.products.pose_pairs.candidates import read_frames
from pipelines.products.pose_pairs.options import PosePairBuildOptions
from pipelines.products.pose_pairs.picked import PickedPoses, pick_poses
from pipelines.products.pose_pairs.splits import splits_of_recordings
from shards.format.publishing import publish


def watched(unit: str) -> Watch:
    """Return a watch that shows progress on standard error, after kernels are compiled."""
    watch = watching(sys.stderr, unit)

    @contextmanager
    def shown(steps: int) -> Iterator[Advance]:
        with compiling_once(say), watch(steps) as advance:
            yield advance

    return shown


@dataclass(frozen=True)
class Picking:
    """Picks poses that differ, of all frames of the clips of a selection."""

    source: ClipSource
    options: PosePairBuildOptions
    body: Body
    """The body whose mean shape is posed."""

    def plan_clips(self, contents: Mapping[str, str]) -> PlannedBuild:
        """Plan the clips. `contents` are hashes of small inputs, by name.

        Raises the errors of `ClipSource.plan` and of `ClipSource.stamp`.
        """
        plan = self.source.plan(1, _frames_of, {}, self.options.pairs.rate)
        return self.source.stamp(plan, self.options.parameters, contents)

    def pick(self, clips: Plan[PlannedClips]) -> tuple[PickedPoses, int, list[Drop]]:
        """Return the picked poses, the number of frames, and the clips that cannot be read."""
        pairs = self.options.pairs
        shaped = shape_body(self.body, np.zeros(0))
        bodies = dict.fromkeys(GENDERS, self.body)
        frames, drops = read_frames(
            self.source, clips, bodies, shaped, pairs.rate, watched("clips")
        )
        planned = (clip for clip in clips.clips if isinstance(clip, PlannedClip))
        splits = splits_of_recordings(planned, pairs.shares, pairs.seed)
        poses = pick_poses(frames, shaped, splits, pairs.poses, watched("poses"))
        return poses, len(frames), drops


def _frames_of(clips: PlannedClips) -> NDArray[np.int64]:
    """Return a size of each clip; the shards of this plan are not written."""
    return clips.frames


@dataclass(frozen=True)
class PickedReport(Report):
    """Picked poses that were written to a file."""

    file: Path
    poses: int
    frames: int
    """Number of frames that they were picked from."""
    least_distance: float
    """The least mean distance of joints between two of them, meters."""
    drops: int
    """Number of clips that cannot be read."""

    def lines(self) -> list[str]:
        """Return a line about the poses."""
        far = f"at least {self.least_distance * 1000:.1f} mm apart"
        drops = f"; {counted(self.drops, 'clip')} cannot be read" if self.drops else ""
        return [
            f"{self.file}: {counted(self.poses, 'pose')} of {counted(self.frames, 'frame')}, "
            f"{far}{drops}"
        ]


def write_picked(picking: Picking, out: Path) -> PickedReport:
    """Write the picked poses to an `.npz` file, in the order in which they were picked.

    Its arrays are `pose` and `joints` (poses, 22, 3) and `trans` (poses, 3), all without heading,
    `source`, `frame`, `seconds`, `split` and `mirrored` (poses,).
    """
    clips, _ = picking.plan_clips({})
    poses, frames, drops = picking.pick(clips)
    origins = [poses.origin(number) for number in range(len(poses))]
    postures = poses.postures
    arrays = {
        "pose": postures.pose,
        "trans": postures.trans,
        "joints": postures.joints,
        "source": np.array([each["source"] for each in origins], np.str_),
        "frame": poses.place,
        "seconds": poses.seconds,
        "split": np.array(poses.splits, np.str_),
        "mirrored": np.array([each["mirrored"] for each in origins], np.bool_),
    }
    out.parent.mkdir(parents=True, exist_ok=True)
    publish(out, arrays_to_npz(arrays))
    least = float(poses.distances[-1]) if len(poses) else 0.0
    return PickedReport(out, len(poses), frames, least, len(clips.drops) + len(drops))
