"""The arrays of samples of tokens, and of motion that is decoded from tokens."""

import numpy as np
from numpy.typing import NDArray

from motiondata.skeletons import JOINTS as SKELETON_JOINTS
from pipelines.clips.members import POSE, TRANS
from pipelines.products.motion_features.members import JOINTS, VECTORS
from pipelines.products.tokens.description import TOKENS
from shards.format.array_spec import FRAMES, ArraySpec

Arrays = dict[str, ArraySpec]
Codes = NDArray[np.integer]
"""Codes of a clip, shaped (tokens,), or (tokens, stages) of a residual tokenizer."""

TOKEN_ARRAYS: Arrays = {TOKENS: ArraySpec("int32", (FRAMES,))}


def token_arrays(stages: int) -> Arrays:
    """Return the arrays of tokens with this number of codes each; one is no axis."""
    return TOKEN_ARRAYS if stages == 1 else {TOKENS: ArraySpec("int32", (FRAMES, stages))}


def motion_arrays(columns: int, joints: int) -> Arrays:
    """Return the arrays of decoded motion with these numbers of features and joints."""
    return {
        VECTORS: ArraySpec("float32", (FRAMES, columns)),
        JOINTS: ArraySpec("float32", (FRAMES, joints, 3)),
        POSE: ArraySpec("float32", (FRAMES, SKELETON_JOINTS, 3)),
        TRANS: ArraySpec("float32", (FRAMES, 3)),
    }


def in_one_range(sequence: Codes, codes: int) -> Codes:
    """Return codes that differ between stages: those of stage k, from 0, begin at k * `codes`."""
    if sequence.ndim == 1:
        return sequence
    return sequence + codes * np.arange(sequence.shape[1], dtype=sequence.dtype)
