"""Write samples to one tar file, atomically and with deterministic bytes.

One pass writes, counts and hashes the data, with the headers of `shards.format.ustar`.
`webdataset.TarWriter` is not used: it stores times and a user in the headers, completes a valid tar
file when an exception ends the block early, and does not report the locations of members.
"""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, NamedTuple, Self

from shards.errors import SampleError
from shards.format.hashing import new_hash
from shards.format.members import encode_member
from shards.format.paths import NAME
from shards.format.publishing import Permit, publishing
from shards.format.schema import Schema
from shards.format.ustar import archive_end, member_header, padding


class Span(NamedTuple):
    """The location of a member's bytes in its shard."""

    offset: int
    size: int


@dataclass(frozen=True)
class Sample:
    """A sample to write: its key, and the bytes of its members by suffix, in order."""

    key: str
    members: Mapping[str, bytes]


@dataclass(frozen=True)
class WrittenSample:
    """The locations of a sample's members in its shard, by suffix."""

    key: str
    members: Mapping[str, Span]


@dataclass(frozen=True)
class ShardFile:
    """A finished shard."""

    name: str
    """The file's name, without its folder."""
    bytes: int
    blake3: str
    """The hash of the whole file, from `shards.format.hashing`."""


def encode_sample(schema: Schema, key: str, values: Mapping[str, Any]) -> Sample:
    """Encode values by suffix as a sample, and check it against its schema.

    Raises `SampleError` where the values do not match the schema.
    """
    members = {
        suffix: encode_member(suffix, schema.packed(suffix, value))
        for suffix, value in values.items()
    }
    faults = schema.check(key, members)
    if faults:
        raise SampleError("; ".join(faults))
    return Sample(key, members)


class ShardWriter:
    """Write samples to a tar file that gets its final name only when it is complete.

    A block that raises or writes no sample leaves no file; `result` is then None.
    """

    def __init__(self, path: Path, permit: Permit = nullcontext) -> None:
        self.path = path
        self._permit = permit
        self.result: ShardFile | None = None
        self._stack = ExitStack()
        self._file: BinaryIO | None = None
        self._offset = 0
        self._hash = new_hash()
        self._suffixes: tuple[str, ...] = ()
        self._folded: set[str] = set()

    def __enter__(self) -> Self:
        return self

    def write(self, sample: Sample) -> WrittenSample:
        """Append a sample, and return the locations of its members.

        Raises `SampleError`, and writes nothing, for a sample that the shard cannot contain: an
        invalid or duplicate key, or members that differ from those of the previous samples.
        """
        self._check(sample)
        headers = {
            suffix: member_header(f"{sample.key}.{suffix}", len(data))
            for suffix, data in sample.members.items()
        }
        self._suffixes = tuple(sample.members)
        self._folded.add(sample.key.casefold())
        if self._file is None:
            self._file = self._stack.enter_context(self._archive())
        spans = {
            suffix: self._append(self._file, headers[suffix], data)
            for suffix, data in sample.members.items()
        }
        return WrittenSample(sample.key, spans)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, traceback)
        if kind is None and self._file is not None:
            self.result = ShardFile(self.path.name, self._offset, self._hash.hexdigest())

    @contextmanager
    def _archive(self) -> Iterator[BinaryIO]:
        with publishing(self.path, self._permit) as file:
            yield file
            self._put(file, archive_end(self._offset))

    def _append(self, file: BinaryIO, header: bytes, data: bytes) -> Span:
        self._put(file, header)
        span = Span(self._offset, len(data))
        self._put(file, data)
        self._put(file, padding(len(data)))
        return span

    def _put(self, file: BinaryIO, data: bytes) -> None:
        file.write(data)
        self._hash.update(data)
        self._offset += len(data)

    def _check(self, sample: Sample) -> None:
        if not NAME.fullmatch(sample.key):
            raise SampleError(
                f"the key is {sample.key!r}; expected ASCII letters, digits, - and _, "
                "beginning with a letter or digit"
            )
        if sample.key.casefold() in self._folded:
            raise SampleError(f"{sample.key}: the shard already has this key, ignoring case")
        if not sample.members or self._suffixes not in ((), tuple(sample.members)):
            raise SampleError(
                f"{sample.key}: has members {tuple(sample.members)}; expected at least one, and "
                f"the same ones as the samples before it: {self._suffixes}"
            )
