"""The cache of compiled kernels: one file per kernel, named by its sources, with a final digest.

Numba's own cache has one index file per function, does not check the files it loads, and passes on
errors of reading and writing. In this cache, a file that is absent, damaged or not loadable is a
miss, and a cache that cannot be written only costs time. Numba chooses the folder: next to the
sources, else the user's cache folder, or `NUMBA_CACHE_DIR`.
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
    """Compiled versions of one function; the key includes a digest of the sources.

    Raises `RuntimeError` if no cache folder is writable.
    """

    def __init__(self, function: Callable[..., object]) -> None:
        super().__init__(function)  # type: ignore[no-untyped-call]
        stamp = self._impl.locator.get_source_stamp()
        self._cache_file = _Files(  # type: ignore[no-untyped-call]
            self._cache_path, self._impl.filename_base, stamp
        )

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return the compiled version for a signature, or None."""
        try:
            return super().load_overload(sig, target_context)  # type: ignore[no-untyped-call]
        except Exception:  # noqa: BLE001 (such as another version's: it is compiled again)
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        """Save a compiled version; errors of the disk are ignored."""
        with suppress(OSError):
            super().save_overload(sig, data)  # type: ignore[no-untyped-call]

    def _index_key(self, sig: Any, codegen: Any) -> tuple[object, ...]:
        file = Path(self._py_func.__code__.co_filename)
        key: tuple[object, ...] = super()._index_key(sig, codegen)  # type: ignore[no-untyped-call]
        return (*key, sources_digest(file))


class _Files(IndexDataCacheFile):
    """One file per key: Numba's content followed by its digest."""

    def load(self, key: tuple[object, ...]) -> Any:
        """Return the saved data, or None if the digest does not match."""
        name = self._name_of(key)
        stored = Path(self._data_path(name)).read_bytes()  # type: ignore[no-untyped-call]
        data, digest = stored[:-DIGEST_BYTES], stored[-DIGEST_BYTES:]
        return self._load_data(name) if digest == _digest(data) else None  # type: ignore[no-untyped-call]

    def save(self, key: tuple[object, ...], data: Any) -> None:
        """Save under a temporary name, then rename."""
        self._save_data(self._name_of(key), data)  # type: ignore[no-untyped-call]

    def _name_of(self, key: tuple[object, ...]) -> str:
        named = _digest(repr((self._version, self._source_stamp, key)).encode()).hex()
        return f"{self._index_name.removesuffix('.nbi')}.{named}.nbc"

    def _dump(self, obj: Any) -> bytes:
        data: bytes = super()._dump(obj)  # type: ignore[no-untyped-call]
        return data + _digest(data)  # loading stops at the end of the pickle


def _digest(data: bytes) -> bytes:
    return blake2b(data, digest_size=DIGEST_BYTES).digest()


@cache
def sources_digest(file: Path) -> bytes:
    """Return a digest of a module and of all modules that it imports, directly or indirectly.

    The digest includes modules in this package, in the outermost package of the importing module,
    or, if that module is in no package, in its folder.
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
    """Yield the files of the imported modules that the digest includes."""
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
    """Return the path at which a module's import of `name` is included in the digest."""
    folder = file.parent
    while (folder / "__init__.py").is_file():
        if folder.name == name and not (folder.parent / "__init__.py").is_file():
            return folder
        folder = folder.parent
    return file.parent / name
