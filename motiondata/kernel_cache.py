"""The cache of compiled kernels: a file for each, named by its sources, with a digest at its end.

Numba's own cache has an index file per function, trusts whatever it finds, and raises what reading
or writing raises. Here a file that is absent, damaged or cannot be loaded is a miss, and a cache
that cannot be written costs time only. Numba chooses the folder: beside the sources, else in the
user's own cache folder, or in `NUMBA_CACHE_DIR`.
"""

import ast
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from numba.core.caching import FunctionCache, IndexDataCacheFile

DIGEST_BYTES = 16
PACKAGE = Path(__file__).parent


class KernelCache(FunctionCache):
    """Compiled forms of one function, found by the sources that they were made of as well.

    Raises `RuntimeError` where no folder for caches can be written.
    """

    def __init__(self, function: Callable[..., object]) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        stamp = self._impl.locator.get_source_stamp()
        self._cache_file = _Files(  # type: ignore[no-untyped-call]
            self._cache_path, self._impl.filename_base, stamp
        )

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return what was compiled for a signature, or None."""
        try:
            return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        except Exception:  # noqa: BLE001 (such as another version's: it is compiled again)
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what was compiled, unless the disk refuses."""
        with suppress(OSError):
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]

    def _index_key(self, sig: Any, codegen: Any) -> tuple[object, ...]:
        file = Path(self._py_func.__code__.co_filename)
        key: tuple[object, ...] = super()._index_key(sig, codegen)  # type: ignore[no-untyped-call]
        return (*key, sources_digest(file))


class _Files(IndexDataCacheFile):
    """A file for each key, which begins as Numba writes it and ends with a digest of that."""

    def load(self, key: tuple[object, ...]) -> Any:
        """Return what was saved, or None where it is not there or not as it was written."""
        name = self._name_of(key)
        stored = Path(self._data_path(name)).read_bytes()  # type: ignore[no-untyped-call]
        data, digest = stored[:-DIGEST_BYTES], stored[-DIGEST_BYTES:]
        return self._load_data(name) if digest == _digest(data) else None  # type: ignore[no-untyped-call]

    def save(self, key: tuple[object, ...], data: Any) -> None:
        """Save under a temporary name, and rename."""
        self._save_data(self._name_of(key), data)  # type: ignore[no-untyped-call]

    def _name_of(self, key: tuple[object, ...]) -> str:
        named = _digest(repr((self._version, self._source_stamp, key)).encode()).hex()
        return f"{self._index_name.removesuffix('.nbi')}.{named}.nbc"

    def _dump(self, obj: Any) -> bytes:
        data: bytes = super()._dump(obj)  # type: ignore[no-untyped-call]
        return data + _digest(data)  # loading stops where the pickle ends


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=DIGEST_BYTES).digest()


@cache
def sources_digest(file: Path) -> bytes:
    """Return a digest of a module and of all modules that it imports, directly or indirectly.

    Modules count if they are in this package, in the outermost package of the importing module, or,
    where that is in no package, in its folder.
    """
    found, waiting = set[Path](), [file]
    while waiting:
        module = waiting.pop()
        if module not in found:
            found.add(module)
            waiting += _imported_files(module)
    digest = blake2b()
    for path in sorted(found):
        digest.update(blake2b(path.read_bytes()).digest())
    return digest.digest()


def _imported_files(file: Path) -> Iterator[Path]:
    """Yield the files of the modules that count, of all that a module imports."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        for name in names:
            first, *rest = name.split(".")
            root = PACKAGE if first == PACKAGE.name else _outermost(file, first)
            for path in (root.joinpath(*rest, "__init__.py"), Path(f"{root.joinpath(*rest)}.py")):
                if path.is_file():
                    yield path


def _outermost(file: Path, name: str) -> Path:
    """Return where a module finds the package or module `name`, if it counts."""
    folder = file.parent
    while (folder / "__init__.py").is_file():
        if folder.name == name and not (folder.parent / "__init__.py").is_file():
            return folder
        folder = folder.parent
    return file.parent / name
