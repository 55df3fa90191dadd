"""`motiondata tokenize` and `detokenize`: motion features to tokens, and tokens to motion."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.bundled import bundled_body
from motiondata.errors import InputError
from motiondata.fitting.fit_joints import fit_joints
from pipelines.clips.members import DETAILS, POSE, TRANS
from pipelines.engine.build_report import BuildReport
from pipelines.engine.execution import Execution
from pipelines.engine.product import Values
from pipelines.products.derived.build import build_derived, expect_members
from pipelines.products.derived.product import Derivation
from pipelines.products.motion_features.members import JOINTS, VECTORS
from pipelines.products.tokens.arrays import motion_arrays, token_arrays
from pipelines.products.tokens.description import (
    DECODED_MOTION,
    STAGES,
    TOKENIZER,
    TOKENS,
    TOKENS_PRODUCT,
    TokenizedDescription,
)
from pipelines.training.motion_fields import MILLIMETERS, MotionFields
from pipelines.training.tokenizers.load_tokenizer import LoadedTokenizer, load_tokenizer
from shards.format.array_spec import ArraySpec
from shards.format.dataset import Dataset
from shards.format.places import Place

TOKENIZE_SECONDS = 1 / 9000
"""Seconds per frame of `motiondata tokenize` with a tokenizer of the default size, on one core."""
DETOKENIZE_SECONDS = 1 / 300
"""Seconds per token of `motiondata detokenize`, likewise; nearly all of it fits the body."""
BODY_UNIT = "m"


@dataclass(frozen=True)
class Checkpoint:
    """A checkpoint written by `motiondata train-tokenizer`, and what is made with it."""

    path: Path
    make: Callable[[LoadedTokenizer], "Tokenizing | Detokenizing"]

    def __call__(self) -> "Tokenizing | Detokenizing":
        """Load the tokenizer; raises `InputError` if the file is not its checkpoint."""
        return self.make(load_tokenizer(self.path))


@dataclass(frozen=True)
class Tokenizing:
    """Turns the features of samples into tokens."""

    tokenizer: LoadedTokenizer
    stages: int | None = None
    """Number of first stages whose codes are kept; None: all."""

    @property
    def id(self) -> str:
        """The tokenizer's id."""
        return self.tokenizer.id

    def derive(self, key: str, values: Values) -> Values:  # noqa: ARG002
        """Return the tokens of a sample; raises `InputError` as `LoadedTokenizer.tokenize` does."""
        features, details = values[VECTORS], values[DETAILS]
        fps = float(details["fps_out"])
        rates = {
            "fps_out": fps / self.tokenizer.frames_per_token,
            "motion_fps": fps,
            "motion_frames": len(features),
        }
        codes = first_stages(self.tokenizer.tokenize(features), self.stages)
        return {TOKENS: codes, DETAILS: {**details, **rates}}


@dataclass(frozen=True)
class Detokenizing:
    """Turns the tokens of samples into features, joints, and poses of a body."""

    tokenizer: LoadedTokenizer

    @property
    def id(self) -> str:
        """The tokenizer's id."""
        return self.tokenizer.id

    def derive(self, key: str, values: Values) -> Values:
        """Return the motion of a sample.

        Raises `RecordingError` if no body can be fitted, and `InputError` for tokens of another
        tokenizer.
        """
        details = values[DETAILS]
        fps = float(details["motion_fps"])
        features = self.tokenizer.detokenize(values[TOKENS], int(details["motion_frames"]))
        joints = self.tokenizer.fields.joints(features)
        body = bundled_body()
        fit = fit_joints(joints, up="y", fps=fps, unit=BODY_UNIT, body=body, where=key)
        described = {
            "fps_out": fps,
            "gender": "neutral",
            "body": body.id,
            "betas": fit.betas.tolist(),
            "fit_millimeters": round(float(np.nanmean(fit.errors)) * MILLIMETERS, 3),
        }
        return {
            VECTORS: features,
            JOINTS: joints.astype(np.float32),
            POSE: fit.pose.astype(np.float32),
            TRANS: fit.trans.astype(np.float32),
            DETAILS: {**details, **described},
        }


def tokenize(
    dataset: Place,
    checkpoint: Path,
    out: Path,
    execution: Execution,
    exclude: Collection[str] = (),
    stages: int | None = None,
) -> BuildReport:
    """Turn a dataset of motion features into one of tokens, or resume an earlier run.

    `exclude` is that of `build_derived`; `stages` is the number of first stages of a residual
    tokenizer whose codes are kept, by default all. Raises as `build_derived` does, and `InputError`
    for features that the tokenizer does not read, and for more stages than it has.
    """
    load = Checkpoint(checkpoint.absolute(), partial(Tokenizing, stages=stages))

    def make(source: Dataset) -> tuple[Derivation, Tokenizing]:
        transform = Tokenizing(load_tokenizer(load.path), stages)
        tokenizer, fields = transform.tokenizer, MotionFields.of(source)
        if fields != tokenizer.fields:
            raise InputError(
                f"{source.path}: expected {_described(tokenizer.fields)}, which the tokenizer was "
                f"trained on, found {_described(fields)}"
            )
        kept = _kept_stages(tokenizer, stages)
        arrays = token_arrays(kept)
        return _derivation(tokenizer, kept, TOKENS_PRODUCT, arrays, (VECTORS,), load), transform

    parameters = {} if stages is None else {STAGES: stages}
    return build_derived(make, dataset, out, execution, parameters, exclude)


def detokenize(
    dataset: Place,
    checkpoint: Path,
    out: Path,
    execution: Execution,
    exclude: Collection[str] = (),
) -> BuildReport:
    """Turn a dataset of tokens into motion, or resume an earlier run.

    `exclude` is that of `build_derived`. Raises as it does, and `InputError` for tokens of another
    tokenizer.
    """
    load = Checkpoint(checkpoint.absolute(), Detokenizing)

    def make(source: Dataset) -> tuple[Derivation, Detokenizing]:
        transform = Detokenizing(load_tokenizer(load.path))
        tokenizer = transform.tokenizer
        expect_members(source, (TOKENS,), "a dataset of tokens such as motiondata tokenize makes")
        recorded = source.description.provenance.get(TOKENIZER, {})
        made_by, stages = recorded.get("id"), recorded.get(STAGES, 1)
        if made_by != tokenizer.id:
            raise InputError(
                f"{source.path}: its tokens are of the tokenizer {made_by}, found {tokenizer.id}; "
                "choose the --checkpoint that made them"
            )
        arrays = motion_arrays(tokenizer.columns, tokenizer.fields.number_of_joints)
        return _derivation(tokenizer, stages, DECODED_MOTION, arrays, (TOKENS,), load), transform

    return build_derived(make, dataset, out, execution, exclude=exclude)


def tokenizer_facts(tokenizer: LoadedTokenizer, stages: int = 1) -> dict[str, Any]:
    """Return what `dataset.json` says of a tokenizer in addition to its id.

    `stages` is the number of codes per token, which is not named if it is 1.
    """
    return {
        "codes": tokenizer.codes,
        "frames_per_token": tokenizer.frames_per_token,
        "representation": tokenizer.fields.representation,
        **({STAGES: stages} if stages > 1 else {}),
    }


def first_stages(codes: NDArray[np.int32], stages: int | None) -> NDArray[np.int32]:
    """Return the codes of the first stages, or of all; those of one stage are shaped (tokens,)."""
    if stages is None or codes.ndim == 1:
        return codes
    return codes[:, 0] if stages == 1 else codes[:, :stages]


def _kept_stages(tokenizer: LoadedTokenizer, stages: int | None) -> int:
    """Return the number of codes per token; raise `InputError` unless it has as many stages."""
    if stages is not None and not 1 <= stages <= tokenizer.stages:
        expected = f"1 to {tokenizer.stages}" if tokenizer.stages > 1 else "1"
        raise InputError(
            f"stages: expected {expected}, the stages of the tokenizer, found {stages}"
        )
    return stages or tokenizer.stages


def _derivation(
    tokenizer: LoadedTokenizer,
    stages: int,
    description: TokenizedDescription,
    arrays: Mapping[str, ArraySpec],
    reads: tuple[str, ...],
    load: Checkpoint,
) -> Derivation:
    facts = tokenizer_facts(tokenizer, stages)
    is_tokenized = description is TOKENS_PRODUCT
    return Derivation(
        description,
        arrays,
        reads,
        TOKENIZER,
        load,
        TOKENIZE_SECONDS if is_tokenized else DETOKENIZE_SECONDS,
        facts,
        read_units="frames" if is_tokenized else TOKENS_PRODUCT.frame_units,
    )


def _described(fields: MotionFields) -> str:
    return f"{fields.representation}{' made with --corrected' if fields.corrected else ''}"
