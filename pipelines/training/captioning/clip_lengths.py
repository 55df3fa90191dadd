"""The lengths of clips in seconds, and prompts that say them."""

from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch import Tensor

from motiondata.errors import InputError
from pipelines.clips.members import DETAILS
from pipelines.training.common.options import TINY
from pipelines.training.common.text_model import TextModel
from pipelines.training.language.instructions import DIGITS
from pipelines.training.language.token_clips import TokenSource
from shards.format.dataset import Dataset
from shards.stream.batching import Batch

LENGTH_PROMPT = "describe the motion of {seconds:.1f} seconds:"
"""Rounded to a tenth, as in the tasks of language models."""
PROMPT_WORDS = (LENGTH_PROMPT.format(seconds=0), DIGITS)
"""What a tiny T5 must read in addition to the words of captions."""
TRIED = 12345.6
"""A length in seconds that a tokenizer must read."""


def length_prompts(seconds: Iterable[float]) -> list[str]:
    """Return the prompts of clips of the given lengths.

    >>> length_prompts([4.2, 11])
    ['describe the motion of 4.2 seconds:', 'describe the motion of 11.0 seconds:']
    """
    return [LENGTH_PROMPT.format(seconds=each) for each in seconds]


def frame_seconds(batch: Batch, keys: Sequence[str]) -> Tensor:
    """Return the lengths of the clips of a batch of frames in seconds, (clips,), float64.

    `keys` are those of the clips, which a joined view has apart. A part of a clip that a caption
    describes has the length of the part. Raises `InputError` if a clip has no frame rate.
    """
    frames = torch.as_tensor(batch["mask"]).sum(1).tolist()
    clips = zip(keys, frames, batch[DETAILS], strict=True)
    found = [count / _rate(key, details) for key, count, details in clips]
    return torch.tensor(found, dtype=torch.float64)


def token_seconds(batch: Batch, source: TokenSource) -> Tensor:
    """Return the lengths of the clips of a batch of tokens in seconds, (clips,), float64.

    They are those of the motion, whose last frames may fill a token in part.
    """
    found = [motion.frames / motion.fps for motion in source.motions(batch)]
    return torch.tensor(found, dtype=torch.float64)


def expect_lengths(dataset: Dataset) -> None:
    """Raise `InputError` if the clips of a dataset have no description with their frame rate."""
    if DETAILS not in dataset.schema.suffixes:
        raise InputError(
            f"{dataset.place}: expected {DETAILS} with the frame rate of each clip, whose length "
            f"the prompt says, found {', '.join(dataset.schema.suffixes)}"
        )


def expect_digits(text: TextModel) -> None:
    """Raise `InputError` if the tokenizer of a loaded T5 cannot read the lengths of prompts."""
    [prompt] = length_prompts([TRIED])
    [found] = text.decode(text.encode([prompt])[0])
    if text.name != TINY and _digits(found) != _digits(prompt):
        raise InputError(
            f"{text.name}: expected a tokenizer with digits, which --length-prompt needs, found "
            f"one that reads {prompt!r} as {found!r}; omit --length-prompt, or choose another T5"
        )


def _digits(text: str) -> str:
    return "".join(filter(str.isdecimal, text))


def _rate(key: str, details: dict[str, Any]) -> float:
    """Return the frames per second of a clip; raise `InputError` if there are none above 0."""
    found = details.get("fps_out")
    if not isinstance(found, int | float) or not found > 0:
        raise InputError(
            f"{key}.{DETAILS}: expected frames per second above 0 in fps_out, as the prompt says "
            f"the length of a clip, found {found!r}"
        )
    return float(found)
