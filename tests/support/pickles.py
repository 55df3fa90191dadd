"""Pickles as Python 2 wrote SMPL's, made for tests without Python 2, `chumpy` or a real body."""

import pickle
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

from numpy.typing import NDArray

NAMES_OF_OLD = {
    "builtins": "__builtin__",
    "copyreg": "copy_reg",
    "numpy._core.multiarray": "numpy.core.multiarray",
    "scipy.sparse._csc": "scipy.sparse.csc",
    "scipy.sparse._csr": "scipy.sparse.csr",
}
"""What modules were called when the official files were written."""


class Ch:
    """Looks like chumpy's in a pickle."""

    __module__ = "chumpy.ch"

    def __init__(self, x: NDArray[Any]) -> None:
        self.__dict__.update(x=x, _dirty_vars={"x"}, _itr=None, _depends_on_deps={})


class Select:
    """Looks like chumpy's in a pickle."""

    __module__ = "chumpy.reordering"

    def __init__(self, a: Ch, idxs: NDArray[Any], preferred_shape: tuple[int, ...]) -> None:
        self.__dict__.update(a=a, idxs=idxs, preferred_shape=preferred_shape, _itr=None)


class Python2Pickler(pickle._Pickler):
    """Writes old names of modules, and bytes and text as the one type that they were."""

    write: Callable[[bytes], int]
    memoize: Callable[[object], None]
    proto: int
    dispatch: ClassVar[dict[type, Any]] = dict(pickle._Pickler.dispatch)

    def save_global(self, obj: Any, name: str | None = None) -> None:
        module = NAMES_OF_OLD.get(obj.__module__, obj.__module__)
        self.write(f"c{module}\n{name or obj.__qualname__}\n".encode())
        self.memoize(obj)

    def save_type(self, obj: type) -> None:
        self.save_global(obj)

    def save_text(self, obj: str | bytes) -> None:
        data = obj.encode("latin1") if isinstance(obj, str) else obj
        if self.proto == 0:
            self.write(b"S" + repr(data)[1:].encode() + b"\n")
        else:
            self.write(b"T" + struct.pack("<i", len(data)) + data)
        self.memoize(obj)

    dispatch |= {bytes: save_text, str: save_text, type: save_type}


def write_as_python_2(path: Path, value: object, protocol: int) -> Path:
    """Pickle a value to a file as Python 2 would have; return the file's path."""
    with path.open("wb") as file:
        Python2Pickler(file, protocol).dump(value)
    return path
