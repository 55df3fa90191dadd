"""Copy a dataset to a folder or a URL, with every byte hashed, resumably, whole or absent.

`dataset.json` is written last, so that a copy that was stopped is no dataset. A
file that has arrived is not copied again: on this machine it is hashed, and at a URL a small note
next to the copy tells its hash, because reading it back would cost as much as copying it.
"""

import json
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from shards.errors import DatasetError, ShardError
from shards.format.dataset import Dataset
from shards.format.description import Description, FileEntry, ShardEntry
from shards.format.hashing import hash_of, new_hash
from shards.format.paths import DATASET, RECEIPTS
from shards.format.places import (
    Place,
    file_names,
    has_file,
    open_file,
    place_of,
    read_file,
)
from shards.format.publishing import TEMPORARY, publish, publishing, remove_temporaries
from shards.remote.folder import RemoteFolder

if TYPE_CHECKING:
    from shards.format.tables import TableEntry

AT_ONCE = 4
"""Files that are copied at the same time."""
BLOCK_BYTES = 2**22
NOTE = f"{RECEIPTS}/copied-"
"""The start of the name of a note at a URL. It belongs to the copying and not to the dataset."""


class DatasetFile(NamedTuple):
    """A file that `dataset.json` lists."""

    name: str
    bytes: int
    blake3: str


@dataclass(frozen=True)
class Copied:
    """What was copied."""

    files: int
    bytes: int
    present: int
    """The number of files that had been copied before."""


def dataset_files(description: Description) -> list[DatasetFile]:
    """Return all files of a dataset except `dataset.json`."""
    entries: list[ShardEntry | TableEntry | FileEntry] = [
        *description.shards,
        *description.tables,
        *(description.statistics or ()),
    ]
    return [DatasetFile(entry.name, entry.bytes, entry.blake3) for entry in entries]


def copy_dataset(
    source: str | Place, to: str | Place, on_file: Callable[[int], None] = lambda _: None
) -> Copied:
    """Copy a finished dataset, or finish a copy that was stopped.

    `on_file` is called with 1 after each file. Raises `ShardError` if there is something else, and
    `DatasetError` for a file of the source that is damaged; neither leaves a dataset.
    """
    dataset, target = Dataset.open(source), target_of(to)
    listed = read_file(dataset.place, DATASET)
    target.expect_free(listed, dataset.description)

    def copy(file: DatasetFile) -> bool:
        is_there = target.has(file)
        if not is_there:
            target.take(dataset.place, file)
        on_file(1)
        return is_there

    files = dataset_files(dataset.description)
    with ThreadPoolExecutor(AT_ONCE, "copy") as pool:
        there = _all_of(pool, copy, files)
    target.finish(listed, files)
    sizes = [0 if known else file.bytes for known, file in zip(there, files, strict=True)]
    return Copied(there.count(False), sum(sizes), there.count(True))


def _all_of(
    pool: ThreadPoolExecutor, copy: Callable[[DatasetFile], bool], files: list[DatasetFile]
) -> list[bool]:
    """Copy all files; the first error ends what has not begun."""
    try:
        return [*pool.map(copy, files)]
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        raise


def target_of(to: str | Place) -> "Target":
    """Return the target that a path or a URL names."""
    place = place_of(to)
    return RemoteTarget(place) if isinstance(place, RemoteFolder) else LocalTarget(place)


class Target(ABC):
    """A place that a dataset is copied to."""

    @abstractmethod
    def expect_free(self, listed: bytes, description: Description) -> None:
        """Raise `ShardError` if another dataset or other files are there.

        `listed` is the `dataset.json` that is to be copied.
        """

    @abstractmethod
    def has(self, file: DatasetFile) -> bool:
        """Tell whether a file has been copied before."""

    @abstractmethod
    def take(self, source: Place, file: DatasetFile) -> None:
        """Copy a file; raise `DatasetError` if its bytes are not those that were recorded."""

    @abstractmethod
    def finish(self, listed: bytes, files: list[DatasetFile]) -> None:
        """Write `dataset.json`, and remove what only the copying needed."""


@dataclass(frozen=True)
class LocalTarget(Target):
    """A folder of this machine."""

    path: Path

    def expect_free(self, listed: bytes, description: Description) -> None:
        """Raise `ShardError` for another dataset, and for files that are none of this one."""
        if (self.path / DATASET).exists():
            _expect_same(self.path, listed, read_file(self.path, DATASET))
        if self.path.exists() and not self.path.is_dir():
            raise ShardError(f"{self.path}: expected a folder to copy to, found a file")
        known = {file.name for file in dataset_files(description)}
        for name in file_names(self.path):
            if name not in known and name != DATASET and not name.endswith(TEMPORARY):
                raise ShardError(
                    f"{self.path}: expected a new or empty folder, or an earlier copy of this "
                    f"dataset, found {name}"
                )

    def has(self, file: DatasetFile) -> bool:
        """Hash the file, if there is one with its size."""
        path = self.path / file.name
        is_there = path.is_file() and path.stat().st_size == file.bytes
        return is_there and hash_of(self.path, file.name) == file.blake3

    def take(self, source: Place, file: DatasetFile) -> None:
        """Write the file under a temporary name, and rename it if its hash is right."""
        path = self.path / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        with publishing(path) as out:
            _copy_into(source, file, out)

    def finish(self, listed: bytes, files: list[DatasetFile]) -> None:  # noqa: ARG002
        """Write `dataset.json`, unless it is there."""
        remove_temporaries(self.path)
        if not (self.path / DATASET).exists():
            publish(self.path / DATASET, listed)


@dataclass(frozen=True)
class RemoteTarget(Target):
    """A folder at a URL, whose server writes a file whole or not at all."""

    folder: RemoteFolder

    def expect_free(self, listed: bytes, description: Description) -> None:  # noqa: ARG002
        """Raise `ShardError` for another dataset."""
        if has_file(self.folder, DATASET):
            _expect_same(self.folder, listed, read_file(self.folder, DATASET))

    def has(self, file: DatasetFile) -> bool:
        """Tell whether the file has its size and a note of its hash, or belongs to a whole copy."""
        state = self.folder.state(file.name)
        if state is None or state.bytes != file.bytes:
            return False
        return self._noted(file) == file.blake3 or has_file(self.folder, DATASET)

    def take(self, source: Place, file: DatasetFile) -> None:
        """Write the file, and then the note of its hash."""
        self.folder.remove(_note(file))
        with tempfile.NamedTemporaryFile(suffix=TEMPORARY) as checked:
            _copy_into(source, file, checked)
            checked.flush()
            self.folder.put(file.name, Path(checked.name))
        state = self.folder.state(file.name)
        if state is None or state.bytes != file.bytes:
            found = "nothing" if state is None else f"{state.bytes} bytes"
            raise DatasetError(
                file.name, f"expected {file.bytes} bytes in {self.folder}, found {found}"
            )
        self.folder.write(_note(file), json.dumps({"blake3": file.blake3}).encode())

    def finish(self, listed: bytes, files: list[DatasetFile]) -> None:
        """Write `dataset.json`, and remove the notes."""
        self.folder.write(DATASET, listed)
        with ThreadPoolExecutor(AT_ONCE, "copy") as pool:
            list(pool.map(lambda file: self.folder.remove(_note(file)), files))

    def _noted(self, file: DatasetFile) -> str | None:
        try:
            noted = json.loads(self.folder.read(_note(file)))
        except (FileNotFoundError, ValueError):
            return None
        return str(noted.get("blake3")) if isinstance(noted, dict) else None


def _note(file: DatasetFile) -> str:
    return f"{NOTE}{file.name.replace('/', '-')}.json"


def _expect_same(place: Place, ours: bytes, theirs: bytes) -> None:
    if ours != theirs:
        raise ShardError(f"{place}: there is another dataset; choose another place")


def _copy_into(source: Place, file: DatasetFile, out: IO[bytes]) -> None:
    """Copy a file and hash it; raise `DatasetError` if it is not the one that was recorded."""
    digest, size = new_hash(), 0
    for block in _blocks(source, file.name):
        digest.update(block)
        size += len(block)
        out.write(block)
    if (size, digest.hexdigest()) != (file.bytes, file.blake3):
        raise DatasetError(
            file.name, f"is damaged in {source}: it is not the file that {DATASET} records"
        )


def _blocks(source: Place, name: str) -> Iterator[bytes]:
    with open_file(source, name) as opened:
        while block := opened.read(BLOCK_BYTES):
            yield block
