"""What the features product requires of an encoder, and how an encoder is loaded."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Encoder(Protocol):
    """Computes features from points, as `training.encoders.load_encoder.LoadedEncoder` does."""

    @property
    def width(self) -> int:
        """Number of features per frame."""

    @property
    def id(self) -> str:
        """Hash of everything that determines the features."""

    def encode(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return features shaped (frames, width) for points shaped (frames, points, 3)."""


LoadEncoder = Callable[[], Encoder]
"""Loads an encoder. It must be picklable and equal to its copies, such as a frozen dataclass."""


@dataclass(frozen=True)
class Checkpoint:
    """An encoder checkpoint written by `motiondata align`."""

    path: Path
    encoder: str = ""
    """`module:factory` of a custom encoder; empty for the built-in encoder."""

    def __call__(self) -> Encoder:
        """Load the encoder; raises `InputError` if the file is not an encoder checkpoint."""
        from pipelines.training.encoders.load_encoder import load_encoder

        return load_encoder(self.path, self.encoder)
