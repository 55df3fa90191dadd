"""Files of arrays and of plain pickles, which are written without being in memory as a whole.

The pickles name three things only, `numpy.ndarray`, `bytearray` and `list`: no function of NumPy
whose module has other names in other versions, and no code. Each array is a `bytearray` with a
shape and a type.
"""

import pickle
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO
from zipfile import ZIP_STORED, ZipFile, ZipInfo

import numpy as np
from numpy.typing import NDArray

from shards.format.npy import npy_header

PROTOCOL = 3
"""The newest protocol in which written objects can be forgotten: protocol 4 counts them."""

NO_DATE = (1980, 1, 1, 0, 0, 0)
"""The first date that zip files can have: the same arrays give the same bytes."""


@dataclass(frozen=True, eq=False)
class RowArray:
    """A float32 array, whose rows along the first axis are made one at a time."""

    shape: tuple[int, ...]
    rows: Iterable[NDArray[Any]]

    def write(self, file: Any) -> None:
        """Write the array as a `.npy` file."""
        file.write(npy_header("float32", self.shape))
        for row in self.rows:
            file.write(np.ascontiguousarray(row, "<f4").tobytes())


def write_npz(file: BinaryIO, arrays: Iterable[tuple[str, RowArray]]) -> None:
    """Write named arrays as an uncompressed `.npz` file."""
    with ZipFile(file, "w", ZIP_STORED) as archive:
        for name, array in arrays:
            with archive.open(ZipInfo(f"{name}.npy", NO_DATE), "w", force_zip64=True) as member:
                array.write(member)


@dataclass(frozen=True, eq=False)
class LazyList:
    """A list in a pickle, whose items are made one at a time and share no objects."""

    items: Iterable[Any]


def write_pickle(file: BinaryIO, value: dict[str, Any] | Sequence[Any]) -> None:
    """Write containers, lazy lists, texts, numbers and arrays as a pickle."""
    _PlainPickler(file, PROTOCOL).dump(value)


class _PlainPickler(pickle.Pickler):
    def reducer_override(self, value: Any) -> Any:
        if isinstance(value, np.ndarray):
            data = bytearray(np.ascontiguousarray(value).tobytes())
            return np.ndarray, (value.shape, value.dtype.str, data)
        if isinstance(value, LazyList):
            return list, (), None, self._one_at_a_time(value.items)
        return NotImplemented

    def _one_at_a_time(self, items: Iterable[Any]) -> Iterator[Any]:
        """Yield items, and forget those that were written: a pickler keeps all that it wrote."""
        for item in items:
            yield item
            self.clear_memo()
