"""`motiondata generate-split`: a dataset of motion that a language model writes of captions.

Each motion has the key of the clip whose first caption was read, so that `motiondata
evaluate-motion` compares the two. Draws depend on the seed and the key only.
"""

import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from motiondata.captions import captions_to_details, details_to_captions
from motiondata.errors import DropReason, RecordingError
from pipelines.clips.members import DETAILS, TEXT
from pipelines.engine.build_report import BuildReport
from pipelines.engine.execution import Execution
from pipelines.engine.product import Values
from pipelines.products.derived.build import build_derived, expect_members
from pipelines.products.derived.plan import Scope
from pipelines.products.derived.product import Derivation
from pipelines.products.tokens.arrays import motion_arrays
from pipelines.products.tokens.description import (
    GENERATED_MOTION,
    JUDGES,
    LANGUAGE_MODEL,
    TOKENIZER,
    TOKENS,
    TOKENS_PRODUCT,
)
from pipelines.training.common.inference import one_thread
from pipelines.training.language.motion_files import LICENSE
from pipelines.training.language.motion_writer import MotionRequest, MotionWriter
from pipelines.training.language.write_motion import request_of_clauses, request_of_text
from pipelines.training.language.writing_options import SplitOptions, WritingOptions
from pipelines.training.tokenizers.tokenize import Detokenizing, tokenizer_facts
from shards.format.dataset import Dataset
from shards.format.hashing import hash_values
from shards.format.places import Place

SECONDS_PER_TOKEN = 1 / 50
"""Seconds per token of a tiny model, on one core; a third of it fits the body."""
SEED_BYTES = 7
"""PyTorch's seeds have 64 bits with a sign."""
KEPT = ("source", "subset", "mirrored", LANGUAGE_MODEL, "dataset")
"""What the written motion and the clip of its caption share."""


@dataclass(frozen=True)
class Writing:
    """Writes motion of the captions of samples."""

    writer: MotionWriter
    options: SplitOptions

    @property
    def id(self) -> str:
        """Hash of the model, its tokenizer, and how they write."""
        writing, options = self.writer.options, self.options
        lengths = options.keep_lengths, options.ask_length, options.clauses
        how = asdict(writing.decoding), lengths, writing.best_of
        judges = [matcher.id for matcher in self.writer.matchers]
        parts = self.writer.model.id, self.writer.tokenizer.id, json.dumps(how), *judges
        return hash_values(*(part.encode() for part in parts))

    def derive(self, key: str, values: Values) -> Values:
        """Return the motion of a sample's first caption of the whole clip.

        Raises `RecordingError` (INVALID) if there is none, or if no body can be fitted.
        """
        details = values[DETAILS]
        caption = next((each for each in details_to_captions(details) if each.is_whole_clip), None)
        if caption is None:
            raise RecordingError(DropReason.INVALID, f"{key} has no caption of the whole clip")
        request = self._request(key, caption.text, details)
        codes, frames = self._write(request), request.frames
        tokens, fps = self.writer.tokens_of(codes), self.writer.tokenizer.fps
        written = {
            **{name: details[name] for name in KEPT if name in details},
            **self.writer.tokenizer.fields.to_json(),
            "synthetic": True,
            "licence": LICENSE,
            "captions": captions_to_details([caption]),
            "codes": tokens.tolist(),
            "cut": frames is None and self.writer.is_cut(codes),
            "motion_fps": fps,
            "motion_frames": frames or len(tokens) * self.writer.frames_per_token,
        }
        motion = {TOKENS: tokens, DETAILS: written}
        made = Detokenizing(self.writer.tokenizer).derive(key, motion)
        return {**made, TEXT: f"{caption.text}\n"}

    def _request(self, key: str, text: str, details: Values) -> MotionRequest:
        """Return the request of the motion of a clip; without frames, the model ends it."""
        writer = self.writer
        with one_thread():
            if self.options.clauses:
                return request_of_clauses(key, text, writer)
            frames = None
            if self.options.keep_lengths:
                frames = int(details["motion_frames"])
            elif self.options.ask_length:
                (frames,) = writer.lengths_of([text])
            return request_of_text(key, text, frames, writer)

    def _write(self, request: MotionRequest) -> tuple[int, ...]:
        """Return the codes of a motion, drawn with a seed that depends on the key."""
        decoding = self.writer.options.decoding
        digest = hash_values(f"{decoding.seed} {request.name}".encode())
        seeded = replace(decoding, seed=int(digest[: 2 * SEED_BYTES], 16))
        with one_thread():
            (motion,) = self.writer.move([request], seeded)
        return motion.codes


@dataclass(frozen=True)
class LoadWriting:
    """Loads a language model as a transform."""

    writing: WritingOptions
    options: SplitOptions

    def __call__(self) -> Writing:
        """Load the model; raises as `MotionWriter.open` does."""
        asks = self.options.ask_length
        return Writing(MotionWriter.open(self.writing, asks_lengths=asks), self.options)


def generate_split(
    dataset: Place,
    out: Path,
    writing: WritingOptions,
    options: SplitOptions,
    execution: Execution,
) -> BuildReport:
    """Write motion of the captions of a split of a dataset of tokens, or resume an earlier run.

    The models compute on the CPU. Raises as `build_derived` does, and `InputError` for tokens of
    another tokenizer, for an unknown split, and as `MotionWriter.open` does.
    """
    load = LoadWriting(_absolute(writing), options)
    scope = Scope(options.split, writing.repeats)

    def make(source: Dataset) -> tuple[Derivation, Writing]:
        transform = load()
        expect_members(source, (TOKENS,), "a dataset of tokens such as motiondata tokenize makes")
        transform.writer.model.expect_tokens_of(source)
        return _derivation(transform, load, scope), transform

    parameters: dict[str, Any] = {
        "split": options.split,
        "repeats": writing.repeats,
        "keep_lengths": options.keep_lengths,
        "ask_length": options.ask_length,
        "clauses": options.clauses,
        "best_of": writing.best_of,
        **asdict(writing.decoding),
    }
    return build_derived(make, dataset, out, execution, parameters)


def _derivation(transform: Writing, load: LoadWriting, scope: Scope) -> Derivation:
    tokenizer, stages = transform.writer.tokenizer, transform.writer.model.source.stages
    judges = [matcher.id for matcher in transform.writer.matchers]
    return Derivation(
        GENERATED_MOTION,
        motion_arrays(tokenizer.columns, tokenizer.fields.number_of_joints),
        (),
        LANGUAGE_MODEL,
        load,
        SECONDS_PER_TOKEN,
        {"model": transform.writer.model.id},
        {
            TOKENIZER: {"id": tokenizer.id, **tokenizer_facts(tokenizer, stages)},
            **({JUDGES: judges} if judges else {}),
        },
        scope,
        TOKENS_PRODUCT.frame_units,
    )


def _absolute(writing: WritingOptions) -> WritingOptions:
    """Return the options with paths that workers in other folders can read, on the CPU."""
    return replace(
        writing,
        checkpoint=writing.checkpoint.absolute(),
        tokenizer=writing.tokenizer and writing.tokenizer.absolute(),
        matcher=tuple(each.absolute() for each in writing.matcher),
        device="cpu",
    )
