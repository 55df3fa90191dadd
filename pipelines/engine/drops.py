"""A drop is a row that yields no sample. It is stored and counted by its reason."""

from dataclasses import dataclass
from typing import Protocol

from motiondata.errors import DropReason, RecordingError

MESSAGE_LETTERS = 1000
"""The maximum length of a drop's message. A file can have thousands of keys to list."""


class DroppableRow(Protocol):
    """The description of a row that a drop records."""

    @property
    def number(self) -> int:
        """The number of the row in the build's input, from 0."""

    @property
    def name(self) -> str:
        """The key of the row's sample."""

    @property
    def source_path(self) -> str:
        """The source path of the row's recording."""

    @property
    def subset(self) -> str:
        """The archive subset of that recording, by HumanML3D's name."""


@dataclass(frozen=True, slots=True)
class Drop:
    """One row without a sample: one row of `drops.parquet`."""

    row: int
    """The row's number in the index, from 0."""
    key: str
    """The key that the row's sample would have."""
    source: str
    """The source path, as written in the index."""
    subset: str
    """The archive subset, by HumanML3D's name."""
    stage: str
    """`plan` or `build`: the stage that dropped the row."""
    reason: str
    """A `DropReason`."""
    message: str
    """What was expected and what was found, for users."""

    @classmethod
    def of(cls, row: DroppableRow, stage: str, error: RecordingError) -> "Drop":
        """Make the drop of a row from the error that it raised."""
        message = one_line(str(error))
        return cls(row.number, row.name, row.source_path, row.subset, stage, error.reason, message)

    @property
    def expected(self) -> bool:
        """Whether the drop is expected and does not count as a failure."""
        return DropReason(self.reason).expected


def one_line(text: str, letters: int = MESSAGE_LETTERS) -> str:
    """Return a text as one line of at most `letters` characters, safe for files and terminals.

    Unless all its characters are printable, the text is escaped.
    """
    line = text if text.isprintable() else text.encode("unicode_escape").decode()
    return line if len(line) <= letters else f"{line[: letters - 4]} ..."
