"""Made recordings: acts of a subject one after the other, and the clips that an index cuts of them.

Everything is drawn from the recording's own generator, so that recording n of a seed is the same
whatever else is made.
"""

from dataclasses import dataclass
from math import pi

from motiondata.humanml3d.trimming import INDEX_FPS, frame_stride, lead_in_frames
from motiondata.synthesis.acts import Act, Done
from motiondata.synthesis.archive import Slot, draw_slot
from motiondata.synthesis.captions import Span
from motiondata.synthesis.choosing import draw_recording
from motiondata.synthesis.figure import SIDES
from motiondata.synthesis.generators import generator
from motiondata.synthesis.performing import perform, sway
from motiondata.synthesis.realising import Motion, realise
from motiondata.synthesis.score import Place, Score
from motiondata.synthesis.subjects import SUBJECTS, Subject, make_subject

SHORTEST_SECONDS, LONGEST_SECONDS = 2.1, 9.4
"""Of a clip: HumanML3D's have up to 200 frames, and its trainings leave out those below 40."""

STILL_SECONDS = (0.3, 0.5)
"""How long somebody stands before an act, at least and at most."""

T_POSE_SECONDS = 2.0
"""A lead-in at least this long is a T pose; a shorter one, standing still."""


@dataclass(frozen=True)
class ClipAct:
    """An act in a clip."""

    act: Act
    start_seconds: float
    """Frames of the clip over 20, whatever their true rate, as HumanML3D's captions count."""
    end_seconds: float
    distance_metres: float
    metres_a_second: float
    """The mean, by true seconds."""


@dataclass(frozen=True)
class MadeClip:
    """What a row of the index cuts out of a made recording."""

    start_frame: int
    """Counted as the index does, after stride and lead-in."""
    end_frame: int
    acts: tuple[ClipAct, ...]

    @property
    def spans(self) -> tuple[Span, ...]:
        """What there is to say: the whole clip, and each act where there are several."""
        whole = Span(tuple(done.act for done in self.acts))
        parts = (Span((done.act,), done.start_seconds, done.end_seconds) for done in self.acts)
        return (whole, *parts) if len(self.acts) > 1 else (whole,)


@dataclass(frozen=True)
class MadeRecording:
    """A recording and its clips."""

    number: int
    slot: Slot
    subject: Subject
    motion: Motion
    index_fps: float
    """The true rate of the frames that the index counts."""
    clips: tuple[MadeClip, ...]


def make_recording(seed: int, number: int) -> MadeRecording:
    """Return recording `number` of the corpora of a seed."""
    rng = generator(seed, "recording", number)
    planned = draw_recording(rng)
    subject = make_subject(seed, int(rng.integers(SUBJECTS)))
    slot = draw_slot(rng, number, subject.number, planned[0][0].kind)
    clock = _Clock(slot)
    place = Place(*(float(rng.uniform(-far, far)) for far in (1.5, 1.5, pi)))
    score = Score(subject.figure, subject.style, rng, place, now=clock.lead_in_seconds)
    _write_lead_in(score)
    takes = _write_takes(score, planned)
    end = score.now + float(rng.uniform(0.2, 0.8))
    sway(score, end)
    clips = tuple(clock.clip(take) for take in takes)
    motion = realise(score, end, slot.fps)
    return MadeRecording(number, slot, subject, motion, clock.index_fps, clips)


@dataclass
class _Take:
    """A clip to be: its seconds of the recording and its acts."""

    start: float
    end: float
    done: list[Done]


def _write_takes(score: Score, planned: list[list[Act]]) -> list[_Take]:
    """Perform the acts of each clip; an act that makes a clip too long begins one of its own."""
    takes: list[_Take] = []
    for acts in planned:
        takes.append(_Take(score.now, score.now, []))
        for act in acts:
            before = score.now
            score.now += float(score.rng.uniform(*STILL_SECONDS))
            done = perform(score, act)
            if score.now - takes[-1].start > LONGEST_SECONDS:
                takes.append(_Take(before, before, []))
            take = takes[-1]
            take.done.append(done)
            score.now = take.end = max(score.now + 0.1, take.start + SHORTEST_SECONDS)
    return [take for take in takes if take.done]


def _write_lead_in(score: Score) -> None:
    """Have the recording begin as its subset's do: in a T pose, or standing still."""
    end = score.now
    if end < T_POSE_SECONDS:
        return
    for side in SIDES:
        for channel, value in (("raise", 90.0 - score.style.arm_raise_deg),
                               ("elbow", -score.style.elbow_deg)):  # fmt: skip
            score.key(f"{side}_{channel}", (0.4 * end, value), (0.9 * end, 0.0))


@dataclass(frozen=True)
class _Clock:
    """Seconds of a recording and frames of its index."""

    slot: Slot

    @property
    def index_fps(self) -> float:
        """The true rate of the frames that an index counts."""
        return self.slot.fps / frame_stride(self.slot.fps)

    @property
    def lead_in_seconds(self) -> float:
        """How long the part is that HumanML3D drops."""
        return lead_in_frames(self.slot.subset) / self.index_fps

    def frame(self, seconds: float) -> int:
        """Return the index's frame at a time of the recording."""
        return round((seconds - self.lead_in_seconds) * self.index_fps)

    def clip(self, take: _Take) -> MadeClip:
        """Return the clip of a take."""
        start, end = self.frame(take.start), self.frame(take.end)
        return MadeClip(start, end, tuple(self._clip_act(done, start) for done in take.done))

    def _clip_act(self, done: Done, start_frame: int) -> ClipAct:
        first, last = self.frame(done.start_seconds), self.frame(done.end_seconds)
        return ClipAct(
            act=done.act,
            start_seconds=(first - start_frame) / INDEX_FPS,
            end_seconds=(last - start_frame) / INDEX_FPS,
            distance_metres=done.distance_metres,
            metres_a_second=done.distance_metres / (done.end_seconds - done.start_seconds),
        )
