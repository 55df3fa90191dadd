"""A drop: a row that yields no sample, kept as data and counted by its reason."""

from dataclasses import dataclass
from typing import Protocol

from motiondata.errors import DropReason, RecordingError

MESSAGE_LETTERS = 1000
"""Where a drop's message is cut off; the keys of a file alone can be thousands."""


class DroppableRow(Protocol):
    """What is told of a row that yields no sample."""

    @property
    def number(self) -> int:
        """The row's number in what the build was made from, from 0."""

    @property
    def name(self) -> str:
        """Its key."""

    @property
    def source_path(self) -> str:
        """From which recording it is."""

    @property
    def subset(self) -> str:
        """Of which of the archive's subsets that is, by HumanML3D's name."""


@dataclass(frozen=True, slots=True)
class Drop:
    """One row without a sample: a line of `drops.parquet`."""

    row: int
    """The row's number in the index, from 0."""
    key: str
    """The sample's key, had there been one."""
    source: str
    """The source path, as the index writes it."""
    subset: str
    """The archive's subset, by HumanML3D's name."""
    stage: str
    """`plan` or `build`: what the build was at when the row was given up."""
    reason: str
    """A `DropReason`."""
    message: str
    """What was expected and what was found, for a person."""

    @classmethod
    def of(cls, row: DroppableRow, stage: str, error: RecordingError) -> "Drop":
        """Make the drop of a row out of the error that it met."""
        message = one_line(str(error))
        return cls(row.number, row.name, row.source_path, row.subset, stage, error.reason, message)

    @property
    def expected(self) -> bool:
        """Tell whether the drop says nothing about the recording's health."""
        return DropReason(self.reason).expected


def one_line(text: str, letters: int = MESSAGE_LETTERS) -> str:
    """Return a text that any file and terminal takes, whatever the names and values in it."""
    line = text if text.isprintable() else text.encode("unicode_escape").decode()
    return line if len(line) <= letters else f"{line[: letters - 4]} ..."
