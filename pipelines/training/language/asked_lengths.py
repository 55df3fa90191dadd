"""Lengths that a language model chooses for the motion of a text, before it writes the motion."""

from collections.abc import Sequence

import torch

from pipelines.training.language.instructions import CaptionedMotion, read_tasks
from pipelines.training.language.motion_language import MotionLanguage

LENGTH = "caption_to_frames"
"""The task that asks for the number of frames of a caption."""


@torch.no_grad()
def ask_lengths(model: MotionLanguage, texts: Sequence[str], longest: int) -> list[int]:
    """Return the expected number of frames of the motion of each text, from 1 to `longest`.

    All numbers are answers of the model to one question, each with its probability. The answer that
    it writes digit by digit is not used: it need not be a number, and with 98 and 103 as likely
    answers, its first digit is 9 or 1, and the next one says nothing of the other length.
    """
    task, lengths = read_tasks()[LENGTH], range(1, longest + 1)
    answers = [task.answer.format(frames=length) for length in lengths]
    numbers = torch.tensor(lengths, dtype=torch.float64)
    found = []
    for text in texts:
        question = task.fixed(CaptionedMotion((), text, 0, 1.0).slots()).instruction
        likely = (-model.losses_of(question, answers)).double().cpu().softmax(0)
        found.append(round(float(likely @ numbers)))
    return found
