"""The contents of `dataset.json`: schema, shards with hashes, tables, parameters, and provenance.

It is written last, so a folder without it is an unfinished build. Totals are derived from the list
of shards. The file repeats them for human readers, and `json_to_description` checks that they
agree.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from shards.errors import DatasetError, ShardError
from shards.format.hashing import check_entry, hash_bytes
from shards.format.paths import DATASET, DROPS, MANIFEST, STATISTICS_FILE, split_of
from shards.format.schema import Schema
from shards.format.self_hashed_json import from_self_hashed_json, to_self_hashed_json
from shards.format.tables import TableEntry
from shards.format.unknown_names import near

FORMAT = "motiondata-shards"
FORMAT_VERSION = 1


@dataclass(frozen=True)
class ShardEntry:
    """A shard of a finished dataset."""

    name: str
    """Path relative to the dataset's folder, such as `train/000000.tar`."""
    bytes: int
    blake3: str
    samples: int
    frames: int

    def __post_init__(self) -> None:
        split_of(self.name)
        check_entry(self.blake3, self.bytes, self.samples, self.frames)

    @property
    def split(self) -> str:
        """The split that the shard belongs to."""
        return split_of(self.name)


@dataclass(frozen=True)
class FileEntry:
    """A statistics file that a build has written."""

    name: str
    """Path relative to the dataset's folder, such as `stats/train/points/mean.npy`."""
    bytes: int
    blake3: str

    def __post_init__(self) -> None:
        if not STATISTICS_FILE.fullmatch(self.name):
            raise ShardError(f"{self.name!r} is not the name of a statistics file")
        check_entry(self.blake3, self.bytes)


def file_entries(files: Mapping[str, bytes]) -> tuple[FileEntry, ...]:
    """Return the entries of statistics files, given as bytes by name."""
    return tuple(FileEntry(name, len(data), hash_bytes(data)) for name, data in files.items())


@dataclass(frozen=True)
class Description:
    """The contents of `dataset.json`."""

    schema: Schema
    shards: tuple[ShardEntry, ...]
    """Grouped by split, in order of their numbers."""
    tables: tuple[TableEntry, ...]
    """The manifest and the drops."""
    parameters: Mapping[str, Any]
    """Build parameters that affect the bytes of the dataset."""
    provenance: Mapping[str, Any]
    """The inputs, the version that built the dataset, and how to rebuild it."""
    statistics: tuple[FileEntry, ...] | None = None
    """Statistics files that the build wrote; None where an older version did not list them."""

    def __post_init__(self) -> None:
        names = [shard.name for shard in self.shards]
        order = {split: number for number, split in enumerate(self.splits)}
        if names != sorted(set(names), key=lambda name: (order[split_of(name)], name)):
            raise ShardError("the shards are not grouped by split in ascending order, each once")
        if not all(shard.samples for shard in self.shards):
            raise ShardError("a shard has no samples; expected only shards with samples")
        tables = [table.name for table in self.tables]
        if tables != [MANIFEST, DROPS]:
            raise ShardError(f"the tables are {tables}; expected {MANIFEST} and {DROPS}")
        listed = [file.name for file in self.statistics or ()]
        if len(set(listed)) != len(listed):
            raise ShardError("a statistics file is listed twice")
        if self.tables[0].rows != sum(shard.samples for shard in self.shards):
            raise ShardError(f"{MANIFEST} has {self.tables[0].rows} rows, not one per sample")

    @property
    def splits(self) -> list[str]:
        """The splits in order of their first shard."""
        return list(dict.fromkeys(shard.split for shard in self.shards))

    @property
    def content_hash(self) -> str:
        """The hash of all shards, which identifies the dataset."""
        return content_hash(self.shards)

    def shards_of(self, split: str) -> tuple[ShardEntry, ...]:
        """Return a split's shards in order; raise `ShardError` with the available splits."""
        if split not in self.splits:
            choice = (
                f"choose one of {', '.join(self.splits)}" if self.splits else "there are no samples"
            )
            raise ShardError(f"there is no split {split!r}{near(split, self.splits)}; {choice}")
        return tuple(shard for shard in self.shards if shard.split == split)


def content_hash(shards: Sequence[ShardEntry]) -> str:
    """Return the hash of the names and hashes of shards, in order."""
    return hash_bytes("".join(f"{shard.name} {shard.blake3}\n" for shard in shards).encode())


def description_to_json(description: Description) -> bytes:
    """Return the bytes of `dataset.json`; equal descriptions give equal bytes."""
    return to_self_hashed_json(_to_document(description))


def json_to_description(data: bytes) -> Description:
    """Parse the bytes of `dataset.json`, or raise `DatasetError`."""
    document = from_self_hashed_json(data, DATASET)
    _check_version(document)
    try:
        description = _from_document(document)
        contradictions = [
            key for key, value in _to_document(description).items() if document.get(key) != value
        ]
    except (ShardError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise DatasetError(DATASET, f"does not describe a dataset: {error!r}") from error
    if contradictions:
        raise DatasetError(DATASET, f"contradicts itself in {', '.join(contradictions)}")
    return description


def brace_pattern(names: Sequence[str]) -> str:
    """Return a split's shard names as a brace pattern that `webdataset` expands.

    A number is missing where all samples of a shard were dropped. The pattern then lists every
    number instead of a range.
    """
    numbers = [name.split("/")[1].removesuffix(".tar") for name in names]
    if len(numbers) == 1:
        return names[0]
    whole = int(numbers[-1]) - int(numbers[0]) == len(numbers) - 1
    inner = f"{numbers[0]}..{numbers[-1]}" if whole else ",".join(numbers)
    return f"{split_of(names[0])}/{{{inner}}}.tar"


def _to_document(description: Description) -> dict[str, Any]:
    shards = description.shards
    return {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "content_hash": description.content_hash,
        "counts": {**_counts(shards), "drops": description.tables[1].rows},
        "splits": {split: _split(description.shards_of(split)) for split in description.splits},
        "members": description.schema.to_json(),
        "parameters": dict(description.parameters),
        "provenance": dict(description.provenance),
        "tables": [asdict(table) for table in description.tables],
        **_listed(description.statistics),
        "shards": [asdict(shard) for shard in shards],
    }


def _listed(statistics: Sequence[FileEntry] | None) -> dict[str, Any]:
    return {} if statistics is None else {"statistics": [asdict(file) for file in statistics]}


def _counts(shards: Sequence[ShardEntry]) -> dict[str, int]:
    return {
        "shards": len(shards),
        "samples": sum(shard.samples for shard in shards),
        "frames": sum(shard.frames for shard in shards),
        "bytes": sum(shard.bytes for shard in shards),
    }


def _split(shards: Sequence[ShardEntry]) -> dict[str, Any]:
    return {**_counts(shards), "pattern": brace_pattern([shard.name for shard in shards])}


def _from_document(document: Mapping[str, Any]) -> Description:
    return Description(
        Schema.from_json(document["members"]),
        tuple(ShardEntry(**entry) for entry in document["shards"]),
        tuple(TableEntry(**entry) for entry in document["tables"]),
        dict(document["parameters"]),
        dict(document["provenance"]),
        tuple(FileEntry(**entry) for entry in document["statistics"])
        if "statistics" in document
        else None,
    )


def _check_version(document: Mapping[str, Any]) -> None:
    found = document.get("format"), document.get("format_version")
    if found != (FORMAT, FORMAT_VERSION):
        raise DatasetError(
            DATASET,
            f"is {found[0]!r}, version {found[1]!r}; this program reads {FORMAT!r}, "
            f"version {FORMAT_VERSION}",
        )
