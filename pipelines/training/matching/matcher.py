"""What measures generated motion: a matcher of motion and text, trained here or published."""

from collections.abc import Iterable, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from pipelines.training.motion_fields import MotionFields

Embeddings = NDArray[np.float64]
"""Vectors of motions or texts, shaped (items, width)."""


class Matcher(Protocol):
    """Embeds motions and texts.

    The smaller the Euclidean distance of two embeddings, the better a text describes a motion. An
    embedding does not depend on other items.
    """

    @property
    def fields(self) -> MotionFields:
        """The motion features that it embeds."""

    @property
    def id(self) -> str:
        """Hash of everything that determines the embeddings."""

    @property
    def reads_tags(self) -> bool:
        """Whether texts are lemmatized words with parts of speech, not captions as written."""

    @property
    def columns(self) -> int:
        """Number of motion features per frame."""

    @property
    def mean(self) -> NDArray[np.float32]:
        """Mean of the training features, shaped (columns,)."""

    def embed_motions(self, clips: Iterable[NDArray[np.float32]]) -> Embeddings:
        """Return the vectors of clips, each shaped (frames, columns)."""

    def embed_texts(self, texts: Sequence[str]) -> Embeddings:
        """Return the vectors of texts."""
