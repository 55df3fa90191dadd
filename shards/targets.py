"""The places that a dataset is copied to: a folder of this machine, or one at a URL.

A file that has arrived is not copied again: on this machine it is hashed, and at a URL a small note
next to the copy tells its hash, because reading it back would cost as much as copying it. The
Hugging Face Hub tells by itself what it has.
"""

import json
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO, TYPE_CHECKING, NamedTuple

from shards.errors import DatasetError, ShardError
from shards.format.description import Description, FileEntry, ShardEntry
from shards.format.hashing import hash_of, new_hash
from shards.format.paths import DATASET, RECEIPTS
from shards.format.places import Place, file_names, has_file, open_file, place_of, read_file
from shards.format.publishing import TEMPORARY, publish, publishing, remove_temporaries
from shards.remote.folder import RemoteFolder
from shards.remote.hub import HubRepository

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


def dataset_files(description: Description) -> list[DatasetFile]:
    """Return all files of a dataset except `dataset.json`."""
    entries: list[ShardEntry | TableEntry | FileEntry] = [
        *description.shards,
        *description.tables,
        *(description.statistics or ()),
    ]
    return [DatasetFile(entry.name, entry.bytes, entry.blake3) for entry in entries]


def target_of(to: "str | Place | Target") -> "Target":
    """Return the target that a path or a URL names."""
    if isinstance(to, Target):
        return to
    place = place_of(to)
    if not isinstance(place, RemoteFolder):
        return LocalTarget(place)
    hub = place.hub()
    return RemoteTarget(place) if hub is None else HubTarget(place, hub)


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
        """Raise `ShardError` for another dataset, and for files without a dataset.

        A finished copy may have other files, such as those of a card.
        """
        if (self.path / DATASET).exists():
            _expect_same(self.path, listed, read_file(self.path, DATASET))
            return
        if self.path.is_symlink() and not self.path.exists():
            raise ShardError(f"{self.path}: expected a folder to copy to, found a link to nothing")
        if self.path.exists() and not self.path.is_dir():
            raise ShardError(f"{self.path}: expected a folder to copy to, found a file")
        _expect_only_copied(self.path, description, lambda name: name.endswith(TEMPORARY))

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

    def expect_free(self, listed: bytes, description: Description) -> None:
        """Raise `ShardError` for another dataset, and for files without a dataset."""
        if has_file(self.folder, DATASET):
            _expect_same(self.folder, listed, read_file(self.folder, DATASET))
        else:
            _expect_only_copied(self.folder, description, lambda name: name.startswith(NOTE))

    def has(self, file: DatasetFile) -> bool:
        """Tell whether the file has its size and a note of its hash, or belongs to a whole copy."""
        state = self.folder.state(file.name)
        if state is None or state.bytes != file.bytes:
            return False
        return self._noted(file) == file.blake3 or has_file(self.folder, DATASET)

    def take(self, source: Place, file: DatasetFile) -> None:
        """Write the file, and then the note of its hash."""
        self.folder.remove(_note(file))
        with _checked(source, file) as checked:
            self.folder.put(file.name, checked)
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


@dataclass(frozen=True)
class HubTarget(Target):
    """A folder in a repository of the Hugging Face Hub: one commit has all files."""

    folder: RemoteFolder
    repository: HubRepository
    _taken: set[DatasetFile] = field(default_factory=set)

    @cached_property
    def _is_whole(self) -> bool:
        """Whether `dataset.json` was there when it was asked for first."""
        return has_file(self.folder, DATASET)

    def expect_free(self, listed: bytes, description: Description) -> None:  # noqa: ARG002
        """Raise `ShardError` for another dataset."""
        if self._is_whole:
            _expect_same(self.folder, listed, read_file(self.folder, DATASET))

    def has(self, file: DatasetFile) -> bool:
        """Tell whether the file was taken, or belongs to a whole copy and has its size."""
        if file in self._taken:
            return True
        state = self.folder.state(file.name) if self._is_whole else None
        return state is not None and state.bytes == file.bytes

    def take(self, source: Place, file: DatasetFile) -> None:
        """Upload the file, unless the Hub has its content."""
        with _checked(source, file) as checked:
            self.repository.upload(file.name, checked)
        self._taken.add(file)

    def finish(self, listed: bytes, files: list[DatasetFile]) -> None:  # noqa: ARG002
        """Commit what was taken, with `dataset.json`, unless all is there."""
        if self.repository.has_additions or not self._is_whole:
            self.repository.commit("Add a dataset of motiondata", {DATASET: listed})


@contextmanager
def _checked(source: Place, file: DatasetFile) -> Iterator[Path]:
    """Yield a temporary copy of a file; raise `DatasetError` if it is not the recorded one."""
    with tempfile.NamedTemporaryFile(suffix=TEMPORARY) as copied:
        _copy_into(source, file, copied)
        copied.flush()
        yield Path(copied.name)


def _note(file: DatasetFile) -> str:
    return f"{NOTE}{file.name.replace('/', '-')}.json"


def _expect_same(place: Place, ours: bytes, theirs: bytes) -> None:
    if ours != theirs:
        raise ShardError(f"{place}: there is another dataset; choose another place")


def _expect_only_copied(
    place: Place, description: Description, is_of_copy: Callable[[str], bool]
) -> None:
    """Raise `ShardError` for a file that neither the dataset nor the copying of it has."""
    known = {DATASET, *(file.name for file in dataset_files(description))}
    for name in file_names(place):
        if name not in known and not is_of_copy(name):
            raise ShardError(
                f"{place}: expected a new or empty folder, or an earlier copy of this dataset, "
                f"found {name}"
            )


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
