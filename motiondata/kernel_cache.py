"""The cache of compiled kernels: a file for each, named by its sources, with a digest at its end.

Numba's own cache has an index file per function, trusts whatever it finds, and raises what reading
or writing raises. Here a file that is absent, damaged or cannot be loaded is a miss, and a cache
that cannot be written costs time only. Numba chooses the folder: beside the sources, else in the
user's own cache folder, or in `NUMBA_CACHE_DIR`.
"""

from collections.abc import Callable
from contextlib import suppress
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any

from numba.core.caching import FunctionCache, IndexDataCacheFile

DIGEST_BYTES = 16


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
        folder = Path(self._py_func.__code__.co_filename).parent
        key: tuple[object, ...] = super()._index_key(sig, codegen)  # type: ignore[no-untyped-call]
        return (*key, sources_digest(folder))


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
def sources_digest(folder: Path) -> bytes:
    """Return a digest of all modules of a folder of kernels, and of this one."""
    digest = blake2b()
    for files in (folder, Path(__file__).parent):
        for file in sorted(files.glob("*.py")):
            digest.update(blake2b(file.read_bytes()).digest())
    return digest.digest()
