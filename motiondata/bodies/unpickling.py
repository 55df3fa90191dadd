"""A restricted reader of SMPL's pickles that can create only arrays.

A pickle is a program that calls the functions it names. This reader looks up every name in a short
table of stand-ins. It uses the standard library's unpickler in Python: the C version hashes nested
tuples recursively, which can crash the process, and allocates any claimed size. Steps, keys and
memory are limited. Source: the `pickle` documentation, "Restricting Globals".
"""

import io
import pickle
import struct
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, ClassVar

from motiondata.bodies.pickle_standins import ALLOWED, JoblibArray, Standin
from motiondata.errors import InputError

MAX_STEPS = 2**17
"""The maximum number of opcodes. An official file has a few thousand, because every array is one
object. Every step creates at most one small object."""

MEMORY_FACTOR, SPARE_BYTES = 8, 2**26
"""The memory limit: MEMORY_FACTOR times the size of the pickle, plus 64 MiB for sparse matrices.
One array can exist as text, as bytes, as a chumpy object, and as a selection of its values."""

SCALARS = (str, bytes, int, float, bool, type(None))
"""The allowed types of dictionary keys."""

MALFORMED = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    BufferError,
    EOFError,
    LookupError,
    MemoryError,
    RecursionError,
    TypeError,
    ValueError,
    pickle.UnpicklingError,
    struct.error,
)
"""The exceptions that a malformed pickle raises, in the unpickler or in the stand-ins."""

SHOWN = 100
"""The maximum number of characters of a text from the pickle in an error."""


class _Content(io.BytesIO):
    """The bytes of a pickle; raises `EOFError` instead of returning fewer bytes than requested."""

    def read(self, size: int | None = -1) -> bytes:
        found = super().read(size)
        if size is not None and len(found) < size:
            raise EOFError("bytes beyond its end")
        return found

    def readline(self, size: int | None = -1) -> bytes:
        found = super().readline(size)
        if not found.endswith(b"\n"):
            raise EOFError("a line without an end")
        return found


class _Steps(dict[int, Callable[[Any], None]]):
    """The opcode handlers; raises `UnpicklingError` after `left` opcodes."""

    left = MAX_STEPS

    def __getitem__(self, code: int) -> Callable[[Any], None]:
        self.left -= 1
        if self.left < 0:
            raise pickle.UnpicklingError("more steps than such a file has")
        return super().__getitem__(code)


class _Unpickler(pickle._Unpickler):
    """Runs a pickle's program; all opcodes that create objects are overridden and checked."""

    stack: list[Any]
    append: Callable[[Any], None]
    read: Callable[[int], bytes]
    readline: Callable[[], bytes]
    pop_mark: Callable[[], list[Any]]
    dispatch: ClassVar[dict[int, Any]] = dict(pickle._Unpickler.dispatch)

    def __init__(self, content: bytes, where: str, steps: int) -> None:
        super().__init__(_Content(content), encoding="latin1")
        self.where = where
        self.bytes_left = MEMORY_FACTOR * len(content) + SPARE_BYTES
        self.__dict__["dispatch"] = _Steps(self.dispatch)
        self.__dict__["dispatch"].left = steps

    def find_class(self, module: str, name: str) -> Any:
        """Return the stand-in for a name, or raise `InputError`."""
        if (module, name) not in ALLOWED:
            raise InputError(
                f"{self.where}: the pickle asks for {_printable(f'{module}.{name}')}; expected "
                "only arrays, chumpy's Ch and Select, and scipy's csc_matrix and csr_matrix. No "
                "code was run. If you trust the file, load it elsewhere and save its arrays as .npz"
            )
        return ALLOWED[module, name]

    def get_extension(self, code: int) -> None:
        """Reject extension codes, which refer to registered names."""
        raise pickle.UnpicklingError(f"the extension {code}")

    def make(self, made: Any, arguments: Any) -> None:
        """Push an instance of a stand-in, or the bytes that it returns."""
        if made not in ALLOWED.values() or type(arguments) not in (tuple, list):
            raise pickle.UnpicklingError("an instance of something that is not a class")
        self.append(self.charged(made(*arguments)))

    def charged(self, value: Any) -> Any:
        """Subtract the size of a value from the memory limit and return the value."""
        array = getattr(value, "array", None)
        self.bytes_left -= len(value) if isinstance(value, bytes) else getattr(array, "nbytes", 0)
        if self.bytes_left < 0:
            raise pickle.UnpicklingError("arrays that take much more memory than the file")
        return value

    def load_reduce(self) -> None:
        arguments, made = self.stack.pop(), self.stack.pop()
        self.make(made, arguments)

    def load_obj(self) -> None:
        made, *arguments = self.pop_mark()
        self.make(made, arguments)

    def load_inst(self) -> None:
        module, name = (self.readline()[:-1].decode("ascii") for _ in range(2))
        self.make(self.find_class(module, name), self.pop_mark())

    def load_newobj_ex(self) -> None:
        raise pickle.UnpicklingError("an instance made with named arguments")

    def load_build(self) -> None:
        state, instance = self.stack.pop(), self.stack[-1]
        if not isinstance(instance, Standin):
            raise pickle.UnpicklingError("attributes of something that is not an instance")
        instance.__setstate__(state)
        if isinstance(instance, JoblibArray):
            instance.read(self.read)
        self.charged(instance)

    def load_bytearray8(self) -> None:
        size = int.from_bytes(self.read(8), "little")
        self.append(self.read(size))

    def load_append(self) -> None:
        value = self.stack.pop()
        self.extend([value])

    def load_appends(self) -> None:
        self.extend(self.pop_mark())

    def extend(self, items: Iterable[Any]) -> None:
        """Extend the list on top of the stack."""
        if type(self.stack[-1]) is not list:
            raise pickle.UnpicklingError("items of something that is not a list")
        self.stack[-1].extend(items)

    def load_dict(self) -> None:
        items = self.pop_mark()
        self.append({})
        self.update(items)

    def load_setitem(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self.update([key, value])

    def load_setitems(self) -> None:
        self.update(self.pop_mark())

    def update(self, items: list[Any]) -> None:
        """Update the dictionary on top of the stack; keys and values alternate in `items`."""
        target = self.stack[-1]
        if type(target) is not dict:
            raise pickle.UnpicklingError("keys of something that is not a dictionary")
        for key, value in zip(items[::2], items[1::2], strict=True):
            if type(key) not in SCALARS:
                raise pickle.UnpicklingError(f"a key of the type {type(key).__name__}")
            target[key] = value

    def load_empty_set(self) -> None:
        self.append(Standin())

    def load_frozenset(self) -> None:
        self.pop_mark()
        self.append(Standin())

    def load_additems(self) -> None:
        self.pop_mark()


_OVERRIDDEN = {
    pickle.REDUCE: _Unpickler.load_reduce,
    pickle.OBJ: _Unpickler.load_obj,
    pickle.INST: _Unpickler.load_inst,
    pickle.NEWOBJ: _Unpickler.load_reduce,
    pickle.NEWOBJ_EX: _Unpickler.load_newobj_ex,
    pickle.BUILD: _Unpickler.load_build,
    pickle.BYTEARRAY8: _Unpickler.load_bytearray8,
    pickle.APPEND: _Unpickler.load_append,
    pickle.APPENDS: _Unpickler.load_appends,
    pickle.DICT: _Unpickler.load_dict,
    pickle.SETITEM: _Unpickler.load_setitem,
    pickle.SETITEMS: _Unpickler.load_setitems,
    pickle.EMPTY_SET: _Unpickler.load_empty_set,
    pickle.FROZENSET: _Unpickler.load_frozenset,
    pickle.ADDITEMS: _Unpickler.load_additems,
}
_Unpickler.dispatch.update({code[0]: handler for code, handler in _OVERRIDDEN.items()})


def read_pickle(path: Path) -> dict[str, object]:
    """Read the arrays, texts and numbers of a pickled dict without running the code it names.

    Values that are not arrays of numbers are returned as they are, or as stand-ins without an
    array. Raises `InputError` if a pickle uses other names, is malformed, needs too much memory or
    too many steps, or does not contain a dict.
    """
    found = unpickle(path.read_bytes(), str(path), "a body file in SMPL's format")
    if not isinstance(found, dict):
        raise InputError(f"{path}: the pickle holds no dict of arrays; is this a body file?")
    return arrays_of(found)


def arrays_of(found: dict[Any, Any]) -> dict[str, object]:
    """Return a dict with arrays in place of their stand-ins."""
    return {
        key: value.array if isinstance(value, Standin) and value.array is not None else value
        for key, value in found.items()
    }


def unpickle(content: bytes, where: str, expected: str, steps: int = MAX_STEPS) -> Any:
    """Return what a pickle or a file of joblib holds, with stand-ins for instances.

    `where` names the file and `expected` its kind in errors. Raises `InputError` as `read_pickle`.
    """
    try:
        return _Unpickler(content, where, steps).load()
    except MALFORMED as error:
        # Messages of other errors may include content of the pickle, with any depth.
        known = isinstance(error, pickle.UnpicklingError)
        reason = _printable(str(error)) if known else type(error).__name__
        raise InputError(
            f"{where}: not a readable pickle ({reason}); expected {expected}. Is it complete?"
        ) from error


def _printable(text: str) -> str:
    """Return the beginning of a text, with control characters escaped."""
    cut = text[:SHOWN]
    return cut if cut.isprintable() else cut.encode("unicode_escape").decode("ascii")
