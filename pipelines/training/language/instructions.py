"""Tasks of instruction tuning, and samples of them: an instruction, and its answer.

The wordings are in `data/tasks.toml`. A sample is drawn by a generator that is keyed by seed, epoch
and clip, so that a resumed training sees the same samples.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from random import Random
from typing import NamedTuple

from motiondata.errors import InputError
from pipelines.training.language.motion_vocabulary import END, MASK, START, codes_text, motion_text

TASKS_FILE = Path(__file__).parent / "data/tasks.toml"
BEGINNING = 0.2
"""Share of a motion that is given in the fixed task of prediction, as in MotionGPT."""
GAP = 0.25, 0.75
"""Start and end of the part that is hidden in the fixed task of filling gaps, as in MotionGPT."""
MIN_CUT = 4
"""Minimum number of tokens of a motion that is cut into parts."""
DIGITS = "0 1 2 3 4 5 6 7 8 9 0.1 2.3 4.5 6.7 8.9"
CUT_SLOTS = ("{rest}", "{middle}")
"""Slots of answers that are a part of a motion."""
PLAIN = {
    "caption_to_motion": "any_motion",
    "caption_and_frames_to_motion": "frames_to_motion",
    "caption_and_seconds_to_motion": "seconds_to_motion",
    "prediction_with_caption": "prediction",
    "inbetween_with_caption": "inbetween",
}
"""Tasks that write motion of a caption, and the same ones without it."""
LENGTHS = "caption_to_frames", "caption_to_seconds"
"""Tasks that guess a length from a caption. Joined motions are longer than recordings of the same
acts, so these tasks have motions without others joined to them."""

_SLOT = re.compile(r"\{\w+\}")


class Sample(NamedTuple):
    """An instruction and its answer."""

    instruction: str
    answer: str


@dataclass(frozen=True)
class CaptionedMotion:
    """The tokens of a clip, or of a part of it, and a caption of them."""

    codes: tuple[int, ...]
    """Codes as one sequence, see `TokenSource.flatten`."""
    caption: str
    frames: int
    fps: float
    stages: int = 1
    """Number of codes per token."""

    @property
    def tokens(self) -> int:
        """The number of tokens."""
        return len(self.codes) // self.stages

    def part(self, start: int, stop: int | None = None) -> tuple[int, ...]:
        """Return the codes of the tokens from `start` to `stop`, or to the end."""
        return self.codes[start * self.stages : None if stop is None else stop * self.stages]

    def slots(self, beginning: float = BEGINNING, gap: tuple[float, float] = GAP) -> dict[str, str]:
        """Return the texts of the slots of templates, for the given cuts."""
        cut = min(max(1, round(beginning * self.tokens)), self.tokens)
        start, stop = (round(share * self.tokens) for share in gap)
        before, middle, after = self.part(0, start), self.part(start, stop), self.part(stop)
        return {
            "caption": self.caption.removesuffix("."),
            "frames": str(self.frames),
            "seconds": f"{self.frames / self.fps:.1f}",
            "motion": motion_text(self.codes),
            "beginning": f"{START}{codes_text(self.part(0, cut))}",
            "rest": motion_text(self.part(cut)),
            "masked": f"{START}{codes_text(before)}{MASK}{codes_text(after)}{END}",
            "middle": motion_text(middle),
        }

    def random_slots(self, random: Random) -> dict[str, str]:
        """Return the texts of the slots of templates, for random cuts."""
        start, stop = sorted(random.uniform(0.1, 0.9) for _ in range(2))
        return self.slots(random.uniform(0.1, 0.6), (start, max(stop, start + 0.1)))


@dataclass(frozen=True)
class Task:
    """A task of instruction tuning."""

    name: str
    weight: float
    """How often it is drawn, relative to other tasks."""
    answer: str
    templates: tuple[str, ...]
    """Wordings of the instruction; the first one is fixed in evaluations."""

    def fits(self, motion: CaptionedMotion) -> bool:
        """Return whether a motion is long enough for the task."""
        return motion.tokens >= MIN_CUT or self.answer not in CUT_SLOTS

    def fixed(self, slots: Mapping[str, str]) -> Sample:
        """Return the sample with the fixed wording."""
        return Sample(self.templates[0].format_map(slots), self.answer.format_map(slots))

    def draw(self, motion: CaptionedMotion, random: Random) -> Sample:
        """Return a sample with a random wording and random cuts."""
        slots = motion.random_slots(random)
        template = random.choice(self.templates)
        return Sample(template.format_map(slots), self.answer.format_map(slots))


class Asked(NamedTuple):
    """A fixed instruction to write motion, with its caption and without it."""

    instruction: str
    plain: str
    """The same as `instruction` for a task that reads no caption."""


@cache
def read_tasks() -> Mapping[str, Task]:
    """Return the tasks by name."""
    with TASKS_FILE.open("rb") as file:
        found = tomllib.load(file)
    return {
        name: Task(name, each["weight"], each["answer"], tuple(each["templates"]))
        for name, each in found.items()
    }


def ask(name: str, slots: Mapping[str, str]) -> Asked:
    """Return the instructions of a task that writes motion, in its fixed wording."""
    tasks = read_tasks()
    named, plain = (tasks[each].fixed(slots) for each in (name, PLAIN.get(name, name)))
    return Asked(named.instruction, plain.instruction)


def expect_tasks(names: Iterable[str]) -> None:
    """Raise `InputError` unless tasks of these names exist."""
    for name in names:
        if name not in read_tasks():
            raise InputError(f"focus: expected one of {', '.join(read_tasks())}, found {name}")


@dataclass(frozen=True)
class Drawing:
    """How instructions are drawn, with the fields of `LanguageOptions` of these names."""

    focus: tuple[str, ...] = ()
    focus_share: float = 0.5
    drop_captions: float = 0.0

    def draw(
        self, motion: CaptionedMotion, random: Random, alone: CaptionedMotion | None = None
    ) -> Sample:
        """Return a sample of a random task.

        `alone` is the motion before others were joined to it, if any were.
        """
        task = self._draw_task(motion, random)
        plain = PLAIN.get(task.name)
        if plain and self.drop_captions and random.random() < self.drop_captions:
            task = read_tasks()[plain]
        if alone is not None and task.name in LENGTHS:
            motion = alone
        return task.draw(motion, random)

    def _draw_task(self, motion: CaptionedMotion, random: Random) -> Task:
        tasks = [task for task in read_tasks().values() if task.fits(motion)]
        if self.focus and random.random() < self.focus_share:
            name = random.choice(self.focus) if len(self.focus) > 1 else self.focus[0]
            return read_tasks()[name]
        (task,) = random.choices(tasks, [task.weight for task in tasks])
        return task


def wordings() -> Sequence[str]:
    """Return all wordings without their slots, and all digits: what a tiny T5 must read."""
    texts = [text for task in read_tasks().values() for text in (*task.templates, task.answer)]
    return [*(_SLOT.sub(" ", text) for text in texts), DIGITS]
