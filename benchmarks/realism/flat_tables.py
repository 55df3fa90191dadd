"""Tables of FlatBuffers, without a schema compiler: the place in the schema names a field.

Source: the FlatBuffers internals (flatbuffers.dev). All offsets are checked, so that a broken file
gives a `ValueError`.
"""

import struct
from dataclasses import dataclass


@dataclass(frozen=True)
class FlatTable:
    """A table of a buffer."""

    data: bytes
    at: int

    def number(self, field: int, kind: str, default: int = 0) -> int:
        """Return an integer; `kind` is its format in `struct`, such as `Q`."""
        at = self._place(field)
        return int(self._read(kind, at)) if at else default

    def text(self, field: int) -> str:
        """Return a string; empty if the table has none."""
        return self.raw(field).decode("utf-8")

    def raw(self, field: int, width: int = 1) -> bytes:
        """Return the bytes of a vector whose entries have `width` bytes; empty without it."""
        first, count = self._vector(field)
        end = first + count * width
        if end > len(self.data):
            raise ValueError(f"a vector ends at byte {end} of {len(self.data)}")
        return self.data[first:end]

    def tables(self, field: int) -> list["FlatTable"]:
        """Return the tables of a vector; empty without it."""
        first, count = self._vector(field)
        if first + 4 * count > len(self.data):
            raise ValueError(f"{count} tables do not fit into {len(self.data)} bytes")
        places = range(first, first + 4 * count, 4)
        return [FlatTable(self.data, at + self._read("I", at)) for at in places]

    def _vector(self, field: int) -> tuple[int, int]:
        """Return where the entries begin, and how many there are."""
        at = self._place(field)
        if not at:
            return 0, 0
        at += self._read("I", at)
        return at + 4, self._read("I", at)

    def _place(self, field: int) -> int:
        """Return where a field is; 0 if the table lacks it."""
        fields = self.at - self._read("i", self.at)
        if 4 + 2 * field >= self._read("H", fields):
            return 0
        offset = self._read("H", fields + 4 + 2 * field)
        return self.at + offset if offset else 0

    def _read(self, kind: str, at: int) -> int:
        if not 0 <= at <= len(self.data) - struct.calcsize(f"<{kind}"):
            raise ValueError(f"an offset leads to byte {at} of {len(self.data)}")
        return int(struct.unpack_from(f"<{kind}", self.data, at)[0])


def root_table(sized: bytes) -> FlatTable:
    """Return the root of a buffer that begins with its size, 4 bytes."""
    if len(sized) < 8:
        raise ValueError(f"a buffer has {len(sized)} bytes")
    return FlatTable(sized, 4 + int.from_bytes(sized[4:8], "little"))
