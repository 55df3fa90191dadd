"""What a derived dataset requires of the function that derives its samples."""

from collections.abc import Callable
from typing import Protocol

from pipelines.engine.product import Values


class Transform(Protocol):
    """Derives the arrays of a sample from the members of a source sample.

    The result must not depend on other samples.
    """

    @property
    def id(self) -> str:
        """Hash of everything that determines the result."""

    def derive(self, key: str, values: Values) -> Values:
        """Return the members of a sample that replace those that were read.

        `key` is the key of the sample; `values` are the members of the source sample
        that were read, by suffix. Raises `RecordingError` if the sample must be dropped, and
        `InputError` if the transform is unusable.
        """


LoadTransform = Callable[[], Transform]
"""Loads a transform. It must be picklable and equal to its copies, such as a frozen dataclass."""
