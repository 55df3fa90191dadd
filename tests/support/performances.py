"""A stage: acts performed by one of the subjects, and what the joints then do.

Joints come from the posing that scans use, so a foot that stands here stands in the data.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import ShapedBody, pose_joints, shape_body
from motiondata.skeletons import JOINT
from motiondata.synthesis.acts import Act, PerformedAct
from motiondata.synthesis.corpus.recordings import SyntheticRecording, make_recording
from motiondata.synthesis.corpus.subjects import SyntheticSubject, make_subject
from motiondata.synthesis.motion.perform import perform, sway
from motiondata.synthesis.motion.rest_skeleton import RestSkeleton
from motiondata.synthesis.motion.style import Style
from motiondata.synthesis.motion.timeline import Timeline
from motiondata.synthesis.motion.timeline_to_motion import Motion, timeline_to_motion
from motiondata.synthesis.repertoires import ActChoice

Floats = NDArray[np.float64]

RECORDINGS = 60
"""How many recordings the tests of quality look at: every kind of act several times."""


BETWEEN_ACTS_SECONDS = 0.4
"""Time of standing still before, between and after acts in `make_motion`."""


@dataclass(frozen=True)
class Scene:
    """A motion with its joints, world frame, z up."""

    subject: SyntheticSubject
    motion: Motion
    done: tuple[PerformedAct, ...]
    joints: Floats
    """Shaped (frames, 22, 3)."""

    @property
    def fps(self) -> float:
        return self.motion.fps

    def path(self, name: str) -> Floats:
        """Return a joint's places, shaped (frames, 3)."""
        places: Floats = self.joints[:, JOINT[name]]
        return places

    def rise(self, name: str) -> Floats:
        """Return how far a joint of a foot is over where it is when the foot is flat, (frames,)."""
        heights: Floats = self.path(name)[:, 2] - self.subject.skeleton.height_over_sole(name)
        return heights


def shaped(subject: SyntheticSubject) -> ShapedBody:
    return shape_body(bundled_body(), subject.betas)


def act_out(*acts: Act, subject: int = 0, seed: int = 0, fps: float = 100.0) -> Scene:
    """Have a subject perform acts, facing -y with the left at +x."""
    person = make_subject(0, subject)
    rng = np.random.default_rng(seed)
    motion, done = make_motion(acts, person.skeleton, person.style, fps, rng)
    return Scene(person, motion, done, pose_joints(shaped(person), motion.pose, motion.trans))


def make_motion(
    acts: Sequence[Act], skeleton: RestSkeleton, style: Style, fps: float, rng: np.random.Generator
) -> tuple[Motion, tuple[PerformedAct, ...]]:
    """Return the motion of a sequence of acts, which begins and ends standing, and their times."""
    timeline = Timeline(skeleton, style, rng)
    done = []
    for act in acts:
        timeline.now += BETWEEN_ACTS_SECONDS
        done.append(perform(timeline, act))
    end = timeline.now + BETWEEN_ACTS_SECONDS
    sway(timeline, end)
    return timeline_to_motion(timeline, end, fps), tuple(done)


def act_of(choice: ActChoice) -> Act:
    """Return one act that a line of the table allows: its largest count, its first variants."""
    turn = choice.turns_deg[0]
    right = choice.directions[0] in ("right", "clockwise")
    return Act(
        kind=choice.kind,
        side=choice.sides[0],
        direction=choice.directions[0],
        count=max(choice.counts),
        turn_deg=-turn if right else turn,
    )


@lru_cache(maxsize=1)
def recorded_scenes() -> tuple[Scene, ...]:
    """Return the first recordings of a corpus."""
    return tuple(_scene(make_recording(0, number)) for number in range(RECORDINGS))


def _scene(recording: SyntheticRecording) -> Scene:
    motion, person = recording.motion, recording.subject
    return Scene(person, motion, (), pose_joints(shaped(person), motion.pose, motion.trans))


def runs(holds: NDArray[np.bool_]) -> list[slice]:
    """Return the stretches of frames in which something holds."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], holds, [False]])))
    return [slice(*pair) for pair in edges.reshape(-1, 2).tolist()]


def swings(scene: Scene, side: str, clear: float = 0.012) -> list[slice]:
    """Return when a foot is off the floor, by the height of its ball alone."""
    return runs(scene.rise(f"{side}_foot") > clear)
