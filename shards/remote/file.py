"""A remote file as an open file, for readers of whole shards and of single members.

Reads in a row fetch more and more in advance; a jump fetches little. So one clip costs little more
than its bytes, and a shard is read in a few large requests.
"""

import io
from typing import TYPE_CHECKING, Any

from shards.errors import DatasetError

if TYPE_CHECKING:
    from shards.remote.folder import RemoteFolder

SMALL_JUMP = 2**19
"""Bytes that reads in a row may leave out, as readers of one member of each sample do."""
LEAST_AHEAD = 2**16
MOST_AHEAD = 2**23
"""Bytes that a read fetches at least, after a jump and after many reads in a row."""


class RemoteFile(io.RawIOBase):
    """A file of a remote folder, opened for reading.

    Raises `DatasetError` if the file is replaced while it is open, as far as its server tells.
    """

    def __init__(self, folder: "RemoteFolder", name: str) -> None:
        state = folder.state(name)
        if state is None:
            raise DatasetError(name, f"expected a file in {folder}, found nothing; copy it again")
        self._folder, self._name, self.state = folder, name, state
        self._position, self._start, self._data, self._ahead = 0, 0, b"", LEAST_AHEAD

    def readable(self) -> bool:
        """Tell that the file can be read."""
        return True

    def seekable(self) -> bool:
        """Tell that the file can be read at any place."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a place, and return it."""
        origin = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self.state.bytes}
        self._position = origin[whence] + offset
        return self._position

    def tell(self) -> int:
        """Return the place of the next read."""
        return self._position

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes: `size`, or fewer at the end of the file."""
        left = max(self.state.bytes - self._position, 0)
        size = left if size < 0 else min(size, left)
        begin = self._position - self._start
        if begin < 0 or begin + size > len(self._data):
            self._fetch(size)
            begin = 0
        self._position += size
        return self._data[begin : begin + size]

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with the next bytes, and return their number."""
        target = memoryview(buffer).cast("B")
        data = self.read(len(target))
        target[: len(data)] = data
        return len(data)

    def _fetch(self, size: int) -> None:
        """Fetch at least `size` bytes from the position on."""
        in_a_row = 0 < self._position - self._start <= len(self._data) + SMALL_JUMP
        self._ahead = min(2 * self._ahead, MOST_AHEAD) if in_a_row else LEAST_AHEAD
        size = min(max(size, self._ahead), self.state.bytes - self._position)
        self._data = self._folder.read_range(self._name, self._position, size)
        self._start = self._position
        if self._folder.state(self._name) != self.state:
            raise DatasetError(self._name, "was replaced while it was read; open it again")
