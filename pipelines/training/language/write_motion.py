"""`motiondata generate`, `predict` and `inbetween`: motion that a language model writes.

Decoding is constrained to motion tokens. What is given of a clip stays as it is: the model writes
the rest, or the gap.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TextIO

import numpy as np

from motiondata.errors import InputError
from pipelines.clips.members import DETAILS
from pipelines.products.tokens.description import TOKENS
from pipelines.training.language.clauses import split_clauses
from pipelines.training.language.instructions import MIN_CUT, CaptionedMotion, ask
from pipelines.training.language.motion_files import MotionReport
from pipelines.training.language.motion_writer import MotionRequest, MotionWriter
from pipelines.training.language.writing_options import (
    GapOptions,
    GenerateOptions,
    PredictOptions,
    WritingOptions,
)
from shards import open_dataset
from shards.format.members import field_of
from shards.format.places import Place


def generate(
    texts: Sequence[str],
    out: Path,
    writing: WritingOptions,
    options: GenerateOptions,
    stream: TextIO | None = None,
) -> MotionReport:
    """Write motions that texts describe. Progress is written to `stream`.

    Raises `InputError` for an empty text, for a length that is too long, and as
    `MotionWriter.open`.
    """
    if not texts or not all(text.strip() for text in texts):
        raise InputError("expected texts that describe a motion, found an empty one")
    writer = MotionWriter.open(writing, stream, asks_lengths=options.ask_length)
    named = [(f"{number:06d}", text) for number, text in enumerate(texts)]
    if options.clauses:
        return writer.write([request_of_clauses(*each, writer) for each in named], out)
    lengths = _lengths(texts, writer, options)
    requests = [
        request_of_text(name, text, frames, writer)
        for (name, text), frames in zip(named, lengths, strict=True)
    ]
    return writer.write(requests, out)


def predict(
    dataset: Place,
    key: str,
    out: Path,
    writing: WritingOptions,
    options: PredictOptions,
    stream: TextIO | None = None,
) -> MotionReport:
    """Continue the beginning of a clip of a dataset of tokens.

    Raises `InputError` or `ShardError` for an unknown clip, and as `generate`.
    """
    writer = MotionWriter.open(writing, stream)
    clip = _read_clip(dataset, key, writer, options.text)
    given = max(1, round(options.given * clip.tokens))
    frames = None if options.seconds is None else writer.frames_in(options.seconds)
    tokens = None if frames is None else writer.tokens_in(frames) - given
    if tokens is not None and tokens < 1:
        raise InputError(
            f"expected a motion that is longer than the {given * writer.frames_per_token} frames "
            f"that are given, found {frames}; choose more --seconds, or a smaller --given"
        )
    task = "prediction_with_caption" if options.text else "prediction"
    asked = ask(task, clip.slots(beginning=given / clip.tokens))
    request = MotionRequest(
        key, options.text or "", asked, tokens, frames, before=clip.part(0, given)
    )
    return writer.write([request], out)


def inbetween(
    dataset: Place,
    key: str,
    out: Path,
    writing: WritingOptions,
    options: GapOptions,
    stream: TextIO | None = None,
) -> MotionReport:
    """Fill a gap in a clip of a dataset of tokens; the length of the clip stays the same.

    Raises `InputError` or `ShardError` for an unknown clip, and as `generate`.
    """
    writer = MotionWriter.open(writing, stream)
    clip = _read_clip(dataset, key, writer, options.text)
    start, stop = (round(share * clip.tokens) for share in (options.start, options.stop))
    start = min(start, clip.tokens - 1)
    stop = max(stop, start + 1)
    task = "inbetween_with_caption" if options.text else "inbetween"
    gap = start / clip.tokens, stop / clip.tokens
    request = MotionRequest(
        key,
        options.text or "",
        ask(task, clip.slots(gap=gap)),
        stop - start,
        clip.frames,
        before=clip.part(0, start),
        after=clip.part(stop),
    )
    return writer.write([request], out)


def _lengths(
    texts: Sequence[str], writer: MotionWriter, options: GenerateOptions
) -> Sequence[int | None]:
    """Return the number of frames of the motion of each text; None: the model ends it."""
    if options.seconds is not None:
        return [writer.frames_in(options.seconds)] * len(texts)
    if not options.ask_length:
        return [None] * len(texts)
    return writer.lengths_of(texts)


def request_of_text(
    name: str, text: str, frames: int | None, writer: MotionWriter
) -> MotionRequest:
    """Return the request of a motion that a text describes; without frames, the model ends it."""
    task = "caption_to_motion" if frames is None else "caption_and_frames_to_motion"
    asked = ask(task, writer.captioned(text, frames or 0).slots())
    tokens = None if frames is None else writer.tokens_in(frames)
    return MotionRequest(name, text, asked, tokens, frames)


def request_of_clauses(name: str, text: str, writer: MotionWriter) -> MotionRequest:
    """Return the request of the motions of the clauses of a text, whose lengths the model chooses.

    All but the last have whole tokens.
    """
    clauses = split_clauses(text)
    lengths = writer.lengths_of(clauses)
    parts = [
        request_of_text(name, clause, frames, writer)
        for clause, frames in zip(clauses, lengths, strict=True)
    ]
    if len(parts) == 1:
        return parts[0]
    tokens = [writer.tokens_in(frames) for frames in lengths]
    frames = sum(tokens[:-1]) * writer.frames_per_token + lengths[-1]
    return replace(parts[0], text=text, tokens=sum(tokens), frames=frames, clauses=tuple(parts))


def _read_clip(dataset: Place, key: str, writer: MotionWriter, text: str | None) -> CaptionedMotion:
    """Return the tokens of a clip, long enough to be cut, with the text as their caption."""
    data = open_dataset(dataset)
    writer.model.expect_tokens_of(data.dataset)
    clip = data[key]
    tokens, details = np.asarray(clip[field_of(TOKENS)][:]), clip[field_of(DETAILS)]
    if len(tokens) < MIN_CUT:
        raise InputError(f"{key}: expected at least {MIN_CUT} tokens, found {len(tokens)}")
    frames, fps = details["motion_frames"], details["motion_fps"]
    source = writer.model.source
    return CaptionedMotion(source.flatten(tokens), text or "", frames, fps, source.stages)
