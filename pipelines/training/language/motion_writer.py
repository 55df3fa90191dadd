"""A language model with its tokenizer, which write motion that was asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import ceil
from pathlib import Path
from typing import TextIO

import numpy as np
import torch
from numpy.typing import NDArray

from motiondata.errors import InputError
from pipelines.clips.members import DETAILS
from pipelines.engine.errors import os_errors_as_aborted
from pipelines.engine.output_path import expect_no_dataset
from pipelines.engine.progress import Progress
from pipelines.products.tokens.description import TOKENS
from pipelines.training.common.ranks import choose_device
from pipelines.training.language.asked_lengths import LENGTH, ask_lengths
from pipelines.training.language.choosing import (
    CAPTIONING,
    Judge,
    MatcherJudge,
    OwnJudge,
    choose_best,
    read_judges,
)
from pipelines.training.language.instructions import Asked, CaptionedMotion
from pipelines.training.language.load_language import LoadedLanguage, load_language
from pipelines.training.language.motion_files import (
    MotionReport,
    WrittenMotion,
    expect_no_other_motions,
    write_list,
    write_motion_files,
)
from pipelines.training.language.writing_options import MotionDecoding, WritingOptions
from pipelines.training.matching.load_matcher import LoadedMatcher
from pipelines.training.tokenizers.load_tokenizer import LoadedTokenizer
from pipelines.training.tokenizers.tokenize import Detokenizing


@dataclass(frozen=True)
class MotionRequest:
    """A motion to write: an instruction, and the codes before and after those of its answer."""

    name: str
    """Name of the files."""
    text: str
    """The caption that was given; empty if there was none."""
    asked: Asked
    tokens: int | None
    """Number of tokens of the answer; None: the model ends it. Likewise in all of a command."""
    frames: int | None
    """Number of frames of the motion; None: those of all tokens."""
    before: tuple[int, ...] = ()
    after: tuple[int, ...] = ()
    clauses: "tuple[MotionRequest, ...]" = ()
    """Requests of known lengths whose motions follow each other; () for one motion as a whole."""

    @property
    def parts(self) -> "tuple[MotionRequest, ...]":
        """The requests whose motions follow each other."""
        return self.clauses or (self,)

    def repeated(self, times: int) -> "list[MotionRequest]":
        """Return the request under as many names, as `motiondata evaluate-motion` reads them."""
        names = [f"{self.name}_v{number}" if number else self.name for number in range(times)]
        return [replace(self, name=name) for name in names]


@dataclass(frozen=True, eq=False)
class MotionWriter:
    """A language model, the tokenizer of its motion tokens, and how motion is decoded."""

    model: LoadedLanguage
    tokenizer: LoadedTokenizer
    options: WritingOptions
    stream: TextIO | None
    """Where progress is written."""
    matchers: tuple[LoadedMatcher, ...] = ()
    """The matchers that choose the best of several motions; without any, the model does."""

    @classmethod
    def open(
        cls, options: WritingOptions, stream: TextIO | None = None, *, asks_lengths: bool = False
    ) -> "MotionWriter":
        """Load the models, which choose lengths if it `asks_lengths`.

        Raises `InputError` for other files, a tokenizer that does not fit, and a model that was
        not trained for the options.
        """
        model = load_language(options.checkpoint)
        if asks_lengths:
            model.trained.expect_task(LENGTH, "--ask-length")
        if options.best_of > 1 and not options.matcher:
            model.trained.expect_task(CAPTIONING, "--best-of")
        if options.decoding.guidance != 1:
            model.trained.expect_dropped_captions()
        tokenizer = model.tokenizer(options.tokenizer)
        matchers = read_judges(options.matcher, tokenizer)
        model.module.to(choose_device(options.device))
        return cls(model, tokenizer, options, stream, matchers)

    @property
    def judge(self) -> Judge:
        """What chooses the best of several motions."""
        if not self.matchers:
            return OwnJudge(self.model.module)
        return MatcherJudge(self.matchers, self._features_of)

    @property
    def frames_per_token(self) -> int:
        """Number of frames per token."""
        return self.tokenizer.frames_per_token

    @property
    def longest(self) -> int:
        """Maximum number of frames of an answer."""
        return self.options.decoding.max_tokens * self.frames_per_token

    def frames_in(self, seconds: float) -> int:
        """Return the number of frames of a length, at least 1; raise `InputError` if too long."""
        frames, fps = max(1, round(seconds * self.tokenizer.fps)), self.tokenizer.fps
        if frames > self.longest:
            raise InputError(
                f"expected at most {self.longest / fps:g} seconds, the length of "
                f"{self.options.decoding.max_tokens} tokens, found {seconds:g}; choose more "
                "--max-tokens"
            )
        return frames

    def tokens_in(self, frames: int) -> int:
        """Return the number of tokens of a number of frames."""
        return ceil(frames / self.frames_per_token)

    def tokens_of(self, codes: Sequence[int]) -> NDArray[np.int32]:
        """Return the tokens of a sequence of codes that the model wrote."""
        return self.model.source.unflatten(codes)

    def is_cut(self, codes: Sequence[int]) -> bool:
        """Return whether codes have the maximum number of tokens."""
        return len(self.tokens_of(codes)) >= self.options.decoding.max_tokens

    def lengths_of(self, texts: Sequence[str]) -> list[int]:
        """Return the number of frames that the model chooses for the motion of each text."""
        return ask_lengths(self.model.module, texts, self.longest)

    def captioned(self, text: str, frames: int = 0) -> CaptionedMotion:
        """Return a motion without tokens, for instructions about a text."""
        return CaptionedMotion((), text, frames, self.tokenizer.fps)

    def write(self, requests: Sequence[MotionRequest], out: Path) -> MotionReport:
        """Write features, joints, recordings with captions, and a list of motions into a folder.

        Files of the same names are replaced. Raises `InputError` for the folder of a dataset or of
        other motions, and `RecordingError` if no body can be fitted.
        """
        expect_no_dataset(out)
        repeats = self.options.repeats
        repeated = [each for request in requests for each in request.repeated(repeats)]
        expect_no_other_motions([each.name for each in repeated], out)
        motions = self.move(repeated, self.options.decoding)
        progress = Progress(len(repeated), 0, self.stream, "motions")
        with os_errors_as_aborted(out), progress:
            written = []
            for request, motion in zip(repeated, motions, strict=True):
                written.append(self._write(request, motion, out))
                progress.advance(1)
            write_list(written, out)
        return MotionReport(out, tuple(written))

    @torch.no_grad()
    def move(
        self, requests: Sequence[MotionRequest], decoding: MotionDecoding
    ) -> list[CaptionedMotion]:
        """Return the motions that answer requests, each one and each clause the best of several.

        Raises `InputError` for several motions of a request without a text.
        """
        best_of = self.options.best_of
        if best_of > 1 and not all(each.text for each in requests):
            raise InputError("expected a --text, by which --best-of chooses, found none")
        parts = [part for request in requests for part in request.parts]
        drawn = [each for part in parts for each in [part] * best_of]
        lengths = [each.tokens for each in drawn if each.tokens is not None]
        module = self.model.module
        answers = module.move([each.asked for each in drawn], decoding, lengths or None)
        motions = [self._whole(*each) for each in zip(drawn, answers, strict=True)]
        chosen = iter(choose_best(self.judge, motions, best_of))
        return [self._one(each, [next(chosen) for _ in each.parts]) for each in requests]

    def _features_of(self, motion: CaptionedMotion) -> NDArray[np.float32]:
        """Return the features of a motion, (frames, columns)."""
        return self.tokenizer.detokenize(self.tokens_of(motion.codes), motion.frames)

    def _one(self, request: MotionRequest, parts: Sequence[CaptionedMotion]) -> CaptionedMotion:
        """Return the motions of the clauses of a request as one."""
        if not request.clauses:
            return parts[0]
        codes = tuple(code for part in parts for code in part.codes)
        frames = request.frames or 0
        return CaptionedMotion(codes, request.text, frames, parts[0].fps, parts[0].stages)

    def _whole(self, request: MotionRequest, answer: Sequence[int]) -> CaptionedMotion:
        """Return the motion of a request and its answer."""
        codes, stages = (*request.before, *answer, *request.after), self.model.source.stages
        frames = request.frames or len(codes) // stages * self.frames_per_token
        return CaptionedMotion(codes, request.text, frames, self.tokenizer.fps, stages)

    def _write(self, request: MotionRequest, motion: CaptionedMotion, out: Path) -> WrittenMotion:
        tokens, frames, fps = self.tokens_of(motion.codes), motion.frames, motion.fps
        given = len(request.before) + len(request.after)
        details = {"motion_fps": fps, "motion_frames": frames}
        values = {TOKENS: tokens, DETAILS: details}
        made = Detokenizing(self.tokenizer).derive(request.name, values)
        write_motion_files(request.name, request.text, made, out)
        return WrittenMotion(
            name=request.name,
            text=request.text,
            codes=tuple(tokens.tolist()),
            frames=frames,
            fps=fps,
            cut=request.tokens is None and self.is_cut(motion.codes[given:]),
            fit_millimeters=made[DETAILS]["fit_millimeters"],
        )
