"""A plan's fingerprint: what the plan was made from. It decides whether a run may be resumed."""

import json
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from motiondata import __version__
from pipelines.engine.file_stats import changed_files, files_about, hash_files
from pipelines.engine.plan import Plan
from pipelines.engine.settings import changed_names, changed_settings
from shards.format.description import FORMAT_VERSION
from shards.format.hashing import hash_bytes

SHARDS = "plan of samples and shards"
NAMED_FILES = 3
"""The number of changed files that an error message names."""


class KeptShard(NamedTuple):
    """A shard of an earlier plan that is kept unchanged."""

    plan: str
    """The hash of that plan. The shard's receipt repeats it."""
    keys: list[str]
    """The keys of its samples."""


def json_to_kept_shards(document: Mapping[str, Any]) -> dict[str, KeptShard]:
    """Return kept shards by name, from their JSON form."""
    return {name: KeptShard(*shard) for name, shard in document.items()}


@dataclass(frozen=True)
class Fingerprint:
    """Everything that decides a dataset's bytes. Equal fingerprints give equal datasets."""

    format: int
    """The version of the dataset's format."""
    software: str
    """The version of this program. The arithmetic of another version may differ in the last bit."""
    parameters: dict[str, Any]
    """Every parameter of the build."""
    contents: dict[str, str]
    """The hash of the content of each small input, and the hash of which samples go to which
    shards, by name."""
    files: pa.Table
    """The size and time of last change of each of the many input files, with the columns
    `pipelines.engine.file_stats.COLUMNS`."""
    kept: dict[str, KeptShard] = field(default_factory=dict)
    """The shards of earlier plans, by name, that a retry of dropped rows has kept."""

    @classmethod
    def from_json(cls, document: dict[str, Any], files: pa.Table) -> "Fingerprint":
        """Read the output of `to_json`. Raises `ValueError` if `files` is another plan's list."""
        kept = json_to_kept_shards(document.pop("kept"))
        digest = document.pop("files")
        found = cls(**document, files=files, kept=kept)
        if found.hash_of_files != digest:
            raise ValueError("the list of input files is another plan's")
        return found

    def to_json(self) -> dict[str, Any]:
        """Return the fingerprint as JSON, with the hash of the files instead of the table."""
        whole = asdict(replace(self, files=None))
        return {**whole, "files": self.hash_of_files}

    @cached_property
    def hash(self) -> str:
        """The hash of the whole fingerprint. Receipts repeat it."""
        return digest_json(self.to_json())

    @cached_property
    def hash_of_files(self) -> str:
        """The hash of the table of files."""
        return hash_files(self.files)

    @property
    def hash_of_contents(self) -> str:
        """The hash without file times: the same inputs give the same hash on another machine."""
        return digest_json([self.format, self.parameters, self.contents])

    def answer(self, shard: str) -> str:
        """Return the plan hash that a shard's receipt must have."""
        return self.kept[shard].plan if shard in self.kept else self.hash

    def about(self, files: Mapping[str, Set[str]]) -> "Fingerprint":
        """Return the part about these files, given by kind, without the plan of shards."""
        contents = {name: value for name, value in self.contents.items() if name != SHARDS}
        return replace(self, contents=contents, files=files_about(self.files, files), kept={})

    def differences(self, now: "Fingerprint") -> Iterator[str]:
        """Yield descriptions of what has changed since this fingerprint was taken."""
        if self.format != now.format:
            yield f"format version: {self.format} -> {now.format}"
        if self.software != now.software:
            yield f"motiondata: {self.software} -> {now.software}"
        yield from changed_settings(self.parameters, now.parameters)
        yield from (f"the {name} changed" for name in changed_names(self.contents, now.contents))
        for kind, names in changed_files(self.files, now.files):
            more = len(names) - NAMED_FILES
            named = ", ".join(names[:NAMED_FILES]) + (f" and {more} more" if more > 0 else "")
            yield f"the {kind} changed: {named}"


def fingerprint(
    plan: Plan[Any],
    parameters: dict[str, Any],
    contents: dict[str, str],
    files: pa.Table,
    kept: dict[str, KeptShard],
) -> Fingerprint:
    """Take the fingerprint of a plan that this program made from these inputs."""
    shards = [
        (shard.name, digest_json([clip.identity for clip in shard.clips])) for shard in plan.shards
    ]
    contents = {**contents, SHARDS: digest_json(shards)}
    return Fingerprint(FORMAT_VERSION, __version__, parameters, contents, files, kept)


def digest_json(value: object) -> str:
    """Return the hash of a JSON value, independent of the order of its keys."""
    return hash_bytes(json.dumps(value, sort_keys=True, separators=(",", ":")).encode())


def digest_files(paths: Iterable[Path]) -> str:
    """Return one hash of the contents of small files, in the given order."""
    return digest_json([hash_bytes(path.read_bytes()) for path in paths])
