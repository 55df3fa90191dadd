"""The files that an export writes, in groups that are made one at a time."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, BinaryIO, ClassVar

from numpy.typing import NDArray

Line = tuple[str | int, ...]
"""A line of a list of files."""
Content = bytes | Callable[[BinaryIO], None]
"""The content of a file, or what writes it: a large file is never in memory as a whole."""


class FileGroups(ABC):
    """The files of a split, written one group at a time; by default, one group per clip."""

    columns: ClassVar[Line] = ()
    """Column names of the list of files."""
    split: str
    keys: Sequence[str]
    """The name of each clip."""
    lengths: NDArray[Any]
    """Number of frames of each clip, shaped (clips,)."""

    def __len__(self) -> int:
        """Return the number of groups."""
        return len(self.keys)

    def frames(self, group: int) -> int:
        """Return the total number of frames in a group's files."""
        return int(self.lengths[group])

    def lists(self) -> Mapping[str, Iterable[Line]]:
        """Return the lists of the split's files, by name; by default, one list."""
        return {f"{self.split}.csv": self._lines()}

    def remarks(self) -> Iterable[str]:
        """Return what a reader should know about the split's files; by default, nothing."""
        return ()

    @abstractmethod
    def names(self, group: int) -> Sequence[str]:
        """Return the names of a group's files: paths relative to the export's folder."""

    @abstractmethod
    def contents(self, group: int) -> Iterator[Content]:
        """Yield the contents of a group's files, in the order of `names`."""

    @abstractmethod
    def listed(self, group: int) -> Iterator[Line]:
        """Yield the lines of a group in the list of files."""

    def _lines(self) -> Iterator[Line]:
        yield self.columns
        for group in range(len(self)):
            yield from self.listed(group)
