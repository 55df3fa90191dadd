"""The published matcher of HumanML3D, from files that users have; none is shipped.

A folder has `finest.tar`, the weights; `mean.npy` and `std.npy`, the evaluator's statistics of
features; and the word vectors of `word_vectors`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from motiondata.errors import InputError
from pipelines.training.common.checkpoints import MALFORMED
from pipelines.training.common.inference import hash_model, one_thread
from pipelines.training.matching.matcher import Embeddings
from pipelines.training.matching.published_encoders import (
    FRAMES_PER_MOVEMENT,
    MOTION,
    MOVEMENT,
    TEXT,
    PublishedEncoders,
)
from pipelines.training.matching.word_vectors import PARTS, WordVectors, read_word_vectors
from pipelines.training.motion_fields import MotionFields

WEIGHTS, MEAN, STD = "finest.tar", "mean.npy", "std.npy"
REPRESENTATIONS = {263: "humanml3d-263", 251: "kit-251"}
"""The features by their number."""


@dataclass(frozen=True, eq=False)
class PublishedMatcher:
    """The published matcher, on the CPU; a `Matcher`."""

    module: PublishedEncoders
    """In evaluation mode."""
    words: WordVectors
    mean: NDArray[np.float32]
    std: NDArray[np.float32]
    fields: MotionFields
    id: str
    reads_tags = True

    @property
    def columns(self) -> int:
        """Number of motion features per frame."""
        return self.module.columns

    def embed_motions(self, clips: Iterable[NDArray[np.float32]]) -> Embeddings:
        """Return the vectors of clips, each shaped (frames, columns), of at least 4 frames.

        Frames after the last multiple of 4 are not read. Raises `InputError` for other shapes.
        """
        with one_thread(), torch.inference_mode():
            return np.concatenate([self._embed(clip) for clip in clips])

    def embed_texts(self, texts: Sequence[str]) -> Embeddings:
        """Return the vectors of texts: words with parts of speech, such as `walk/VERB`."""
        with one_thread(), torch.inference_mode():
            return np.concatenate([self._embed_text(text) for text in texts])

    def _embed(self, clip: NDArray[np.float32]) -> Embeddings:
        if clip.ndim != 2 or clip.shape[1] != self.columns or len(clip) < FRAMES_PER_MOVEMENT:
            raise InputError(
                f"expected {self.fields.representation} shaped (frames, {self.columns}) with at "
                f"least {FRAMES_PER_MOVEMENT} frames, found {clip.shape}"
            )
        values = torch.from_numpy((np.asarray(clip, np.float32) - self.mean) / self.std)
        return self.module.embed_motion(values[None]).numpy().astype(np.float64)

    def _embed_text(self, text: str) -> Embeddings:
        words, parts = map(torch.from_numpy, self.words.read(text))
        found = self.module.text_encoder.read(words[None], parts[None])
        return found.numpy().astype(np.float64)


def load_published_matcher(folder: Path) -> PublishedMatcher:
    """Return the matcher of a folder; raise `InputError` for a folder without its files."""
    states = _read_weights(folder / WEIGHTS)
    words = read_word_vectors(folder)
    mean, std = (_read_statistics(folder / name) for name in (MEAN, STD))
    try:
        module = PublishedEncoders(states)
        fields = MotionFields(REPRESENTATIONS[module.columns])
    except MALFORMED as error:
        raise InputError(
            f"{folder / WEIGHTS}: expected weights of HumanML3D's evaluator, found {error!s:.200}"
        ) from error
    _expect_sizes(folder, module, words, mean, std)
    parts = {f"{name}.{key}": value for name in states for key, value in states[name].items()}
    parts |= {name: torch.from_numpy(array) for name, array in (("mean", mean), ("std", std))}
    parts["words"] = torch.from_numpy(words.vectors)
    known = {"words": dict(words.numbers)}
    module.eval().requires_grad_(False)
    return PublishedMatcher(module, words, mean, std, fields, hash_model(known, parts))


def _read_weights(path: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return the three state dicts of a file; only tensors and containers are unpickled."""
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
        return {name: state[name] for name in (MOVEMENT, MOTION, TEXT)}
    except (OSError, UnpicklingError, *MALFORMED) as error:
        first = str(error).strip().partition("\n")[0]
        raise InputError(
            f"{path}: expected the weights {MOVEMENT}, {MOTION} and {TEXT}, found {first:.200}"
        ) from error


def _read_statistics(path: Path) -> NDArray[np.float32]:
    try:
        return np.load(path, allow_pickle=False).astype(np.float32)  # type: ignore[no-any-return]
    except (OSError, *MALFORMED) as error:
        raise InputError(f"{path}: expected statistics of features, found {error}") from error


def _expect_sizes(
    folder: Path, module: PublishedEncoders, words: WordVectors, *statistics: NDArray[np.float32]
) -> None:
    """Raise `InputError` unless the files of a folder belong together."""
    text = module.text_encoder
    expected = (module.columns,), (module.columns,), (text.input_emb.in_features, len(PARTS))
    found = (
        *(each.shape for each in statistics),
        (words.vectors.shape[1], text.pos_emb.in_features),
    )
    if expected != found:
        raise InputError(
            f"{folder}: expected statistics, word vectors and parts of speech shaped {expected}, "
            f"as the weights have them, found {found}"
        )
