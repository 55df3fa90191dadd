"""What the features product requires of an encoder."""

from collections.abc import Callable
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class Encoder(Protocol):
    """Computes features from points, as a trained encoder or a fixed function does."""

    @property
    def width(self) -> int:
        """Number of features per frame."""

    @property
    def id(self) -> str:
        """Hash of everything that determines the features."""

    @property
    def reads(self) -> str:
        """Member of a dataset that it encodes, such as `points.npy`."""

    def encode(self, points: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return features shaped (frames, width) for points shaped (frames, points, 3)."""


LoadEncoder = Callable[[], Encoder]
"""Loads an encoder. It must be picklable and equal to its copies, such as a frozen dataclass."""
