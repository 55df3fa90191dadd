"""Synthetic recordings: sequences of acts of a subject, and the clips that an index cuts from them.

All random values come from the generators of the recording and its subject, so recording n of a
seed does not depend on the other recordings.
"""

from dataclasses import dataclass
from math import pi

from motiondata.sources.humanml3d.trimming import INDEX_FPS, frame_stride, lead_in_frames
from motiondata.synthesis.act_sampling import draw_recording
from motiondata.synthesis.acts import SIDES, Act, PerformedAct
from motiondata.synthesis.corpus.archive_slots import ArchiveSlot, draw_slot
from motiondata.synthesis.corpus.subjects import SUBJECT_COUNT, SyntheticSubject, make_subject
from motiondata.synthesis.generators import generator
from motiondata.synthesis.language.captions import CaptionSpan
from motiondata.synthesis.motion.perform import perform, sway
from motiondata.synthesis.motion.timeline import GroundPose, Timeline
from motiondata.synthesis.motion.timeline_to_motion import Motion, timeline_to_motion
from motiondata.synthesis.repertoires import BASIC, REPERTOIRES

SHORTEST_SECONDS, LONGEST_SECONDS = 2.1, 9.4
"""Minimum and maximum length of a clip.

HumanML3D's clips have up to 200 frames, and models trained on it skip clips below 40 frames.
"""

STILL_SECONDS = (0.3, 0.5)
"""Minimum and maximum time of standing still before an act."""

T_POSE_SECONDS = 2.0
"""A lead-in of at least this length is a T pose; during a shorter one, the subject stands still."""


@dataclass(frozen=True)
class ClipAct:
    """An act in a clip."""

    act: Act
    start_seconds: float
    """Frame of the clip divided by 20, for any true frame rate, as in HumanML3D's captions."""
    end_seconds: float
    """End of the act, in the unit of `start_seconds`."""
    distance_meters: float
    meters_per_second: float
    """Mean speed, in true seconds."""


@dataclass(frozen=True)
class SyntheticClip:
    """The part of a synthetic recording that a row of the index selects."""

    start_frame: int
    """First frame, counted after stride and lead-in, as in the index."""
    end_frame: int
    acts: tuple[ClipAct, ...]

    @property
    def spans(self) -> tuple[CaptionSpan, ...]:
        """Parts of the clip with captions: the whole clip and, if it has several acts, each act."""
        whole = CaptionSpan(tuple(done.act for done in self.acts))
        parts = (
            CaptionSpan((done.act,), done.start_seconds, done.end_seconds) for done in self.acts
        )
        return (whole, *parts) if len(self.acts) > 1 else (whole,)


@dataclass(frozen=True)
class SyntheticRecording:
    """A synthetic recording and its clips."""

    number: int
    slot: ArchiveSlot
    subject: SyntheticSubject
    motion: Motion
    index_fps: float
    """True rate of the frames that the index counts, Hz."""
    clips: tuple[SyntheticClip, ...]


def make_recording(seed: int, number: int, repertoire: str = BASIC) -> SyntheticRecording:
    """Generate recording `number` for a seed; `repertoire` is a key of `REPERTOIRES`."""
    rng = generator(seed, "recording", number)
    planned = draw_recording(rng, REPERTOIRES[repertoire])
    subject = make_subject(seed, int(rng.integers(SUBJECT_COUNT)))
    slot = draw_slot(rng, number, subject.number, planned[0][0].kind)
    clock = _Clock(slot)
    place = GroundPose(*(float(rng.uniform(-far, far)) for far in (1.5, 1.5, pi)))
    timeline = Timeline(subject.skeleton, subject.style, rng, place, now=clock.lead_in_seconds)
    _write_lead_in(timeline)
    takes = _write_takes(timeline, planned)
    end = timeline.now + float(rng.uniform(0.2, 0.8))
    sway(timeline, end)
    clips = tuple(clock.clip(take) for take in takes)
    motion = timeline_to_motion(timeline, end, slot.fps)
    return SyntheticRecording(number, slot, subject, motion, clock.index_fps, clips)


@dataclass
class _Take:
    """A future clip: its time span in the recording, seconds, and its acts."""

    start: float
    end: float
    done: list[PerformedAct]


def _write_takes(timeline: Timeline, planned: list[list[Act]]) -> list[_Take]:
    """Perform the acts of each clip; an act that makes a clip too long starts a new clip."""
    takes: list[_Take] = []
    for acts in planned:
        takes.append(_Take(timeline.now, timeline.now, []))
        for act in acts:
            before = timeline.now
            timeline.now += float(timeline.rng.uniform(*STILL_SECONDS))
            done = perform(timeline, act)
            if timeline.now - takes[-1].start > LONGEST_SECONDS:
                takes.append(_Take(before, before, []))
            take = takes[-1]
            take.done.append(done)
            timeline.now = take.end = max(timeline.now + 0.1, take.start + SHORTEST_SECONDS)
    return [take for take in takes if take.done]


def _write_lead_in(timeline: Timeline) -> None:
    """Write the lead-in of the subset: a T pose, or standing still if it is short."""
    end = timeline.now
    if end < T_POSE_SECONDS:
        return
    for side in SIDES:
        for channel, value in (("raise", 90.0 - timeline.style.arm_raise_deg),
                               ("elbow", -timeline.style.elbow_deg)):  # fmt: skip
            timeline.key(f"{side}_{channel}", (0.4 * end, value), (0.9 * end, 0.0))


@dataclass(frozen=True)
class _Clock:
    """Converts times of a recording, seconds, to frames of the index."""

    slot: ArchiveSlot

    @property
    def index_fps(self) -> float:
        """True rate of the frames that the index counts, Hz."""
        return self.slot.fps / frame_stride(self.slot.fps)

    @property
    def lead_in_seconds(self) -> float:
        """True duration of the lead-in that HumanML3D drops."""
        return lead_in_frames(self.slot.subset) / self.index_fps

    def frame(self, seconds: float) -> int:
        """Return the frame of the index at a time of the recording."""
        return round((seconds - self.lead_in_seconds) * self.index_fps)

    def clip(self, take: _Take) -> SyntheticClip:
        """Return the clip of a take."""
        start, end = self.frame(take.start), self.frame(take.end)
        return SyntheticClip(start, end, tuple(self._clip_act(done, start) for done in take.done))

    def _clip_act(self, done: PerformedAct, start_frame: int) -> ClipAct:
        first, last = self.frame(done.start_seconds), self.frame(done.end_seconds)
        return ClipAct(
            act=done.act,
            start_seconds=(first - start_frame) / INDEX_FPS,
            end_seconds=(last - start_frame) / INDEX_FPS,
            distance_meters=done.distance_meters,
            meters_per_second=done.distance_meters / (done.end_seconds - done.start_seconds),
        )
