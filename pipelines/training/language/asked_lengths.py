"""Lengths that a language model chooses for the motion of a text, before it writes the motion."""

import re
from collections.abc import Sequence

from motiondata.errors import InputError
from pipelines.training.language.instructions import read_tasks
from pipelines.training.language.motion_writer import MotionWriter

LENGTH = "caption_to_frames"
"""The task that asks for the number of frames of a caption."""


def ask_lengths(texts: Sequence[str], writer: MotionWriter) -> list[int]:
    """Return the most probable number of frames of the motion of each text.

    Raises `InputError` if the model answers no number.
    """
    task = read_tasks()[LENGTH]
    questions = [task.fixed(writer.captioned(text).slots()).instruction for text in texts]
    answers = zip(texts, writer.answer(questions), strict=True)
    return [read_length(text, answer, writer.longest) for text, answer in answers]


def read_length(text: str, answer: str, longest: int) -> int:
    """Return the number of frames in the model's answer, up to a maximum.

    Raises `InputError` if there is none.
    """
    found = re.search(r"\d+", answer)
    if found is None or not int(found[0]):
        raise InputError(
            f"{text}: expected a number of frames as the model's answer, found {answer!r}; choose "
            "a length, or train the model longer"
        )
    return min(int(found[0]), longest)
