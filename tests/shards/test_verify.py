"""Verification finds every changed bit, and mistakes in data with correct hashes."""

import dataclasses
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from shards.format.dataset import Dataset, write_dataset_json
from shards.format.description import ShardEntry
from shards.format.hashing import hash_bytes, hash_file
from shards.format.manifest import ManifestRow, manifest_table, table_to_rows
from shards.format.paths import MANIFEST
from shards.format.schema import Schema
from shards.format.tables import write_table
from shards.format.writing import Sample, ShardWriter, Span
from shards.stats.measure import measure_field
from shards.stats.statistics_files import StatisticsKey
from shards.verify import Fault, verify
from tests.support.dataset import COLUMNS, SCHEMA, make_dataset, write_statistics

FLIPS = 320
TRUNCATIONS = 80


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return make_dataset(tmp_path_factory.mktemp("whole"))


@pytest.fixture
def dataset(whole: Dataset, tmp_path: Path) -> Dataset:
    shutil.copytree(whole.path, tmp_path / "data")
    return Dataset.open(tmp_path / "data")


def faults(dataset: Dataset) -> list[str]:
    return [str(fault) for fault in verify(dataset.path)]


def files(dataset: Dataset) -> list[Path]:
    return sorted(path for path in dataset.path.rglob("*") if path.is_file())


def test_a_whole_dataset_has_no_faults(whole: Dataset) -> None:
    assert faults(whole) == []


def flipped(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def truncated(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def corruptions() -> Iterator[tuple[Callable[[bytes, random.Random], bytes], random.Random]]:
    for number in range(FLIPS):
        yield flipped, random.Random(number)  # noqa: S311
    for number in range(TRUNCATIONS):
        yield truncated, random.Random(number)  # noqa: S311


def test_every_flipped_bit_and_every_truncation_is_found(dataset: Dataset) -> None:
    missed = []
    for corrupt, chance in corruptions():
        path = chance.choice(files(dataset))
        data = path.read_bytes()
        path.write_bytes(corrupt(data, chance))
        if next(verify(dataset.path), None) is None:
            missed.append((path, corrupt))
        path.write_bytes(data)
    assert missed == []
    assert faults(dataset) == []


def test_a_shard_cut_at_any_block_is_found(dataset: Dataset) -> None:
    path = dataset.path / "val/000000.tar"
    data = path.read_bytes()
    for size in range(0, len(data), 512):
        path.write_bytes(data[:size])
        assert faults(dataset) == [
            f"val/000000.tar: has {size} bytes; expected {len(data)}; copy it again"
        ]


def test_a_fault_is_one_line_that_can_be_printed() -> None:
    fault = Fault("train/\udc80.tar", "two\nlines")
    assert str(fault) == "train/\\udc80.tar: two lines"


@pytest.mark.parametrize(
    "name", ["manifest.parquet", "drops.parquet", "train/000001.tar", "stats/train/points/std.npy"]
)
def test_a_missing_file_is_a_fault(dataset: Dataset, name: str) -> None:
    (dataset.path / name).unlink()
    assert f"{name}: expected a file, found nothing; build or copy it again" in faults(dataset)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("train/000002.tar", "does not belong"),
        ("notes.txt", "does not belong"),
        ("stats/train/points/max.npy", "does not belong"),
        (".hidden", "does not belong"),
        ("train/000000.tar.0123456789abcdef.tmp", "interrupted"),
        ("receipts/000000.json.0123456789abcdef.tmp", "interrupted"),
    ],
)
def test_a_file_that_no_one_asked_for_is_a_fault(dataset: Dataset, name: str, message: str) -> None:
    (dataset.path / name).parent.mkdir(exist_ok=True)
    (dataset.path / name).write_bytes(b"")
    assert len(faults(dataset)) == 1
    assert faults(dataset)[0].startswith(f"{name}: ")
    assert message in faults(dataset)[0]


def test_receipts_belong_to_a_dataset(dataset: Dataset) -> None:
    (dataset.path / "receipts").mkdir()
    (dataset.path / "receipts/train-000000.json").write_bytes(b"{}")
    assert faults(dataset) == []


def test_a_linked_folder_is_not_entered(dataset: Dataset, tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_bytes(b"")
    (dataset.path / "more").symlink_to(tmp_path / "outside")
    assert faults(dataset) == ["more: does not belong to the dataset; move it elsewhere"]


def test_statistics_of_another_dataset_are_a_fault(dataset: Dataset, tmp_path: Path) -> None:
    shutil.copytree(dataset.path / "stats/train", dataset.path / "stats/val")
    assert len(faults(dataset)) == 1
    assert "contains statistics of ('train', 'points'" in faults(dataset)[0]


@pytest.mark.parametrize("name", ["stats", "stats/train", "stats/train/points"])
def test_statistics_that_were_deleted_are_a_fault(dataset: Dataset, name: str) -> None:
    shutil.rmtree(dataset.path / name)
    assert faults(dataset) == [
        f"stats/train/points/{file}: is missing; run `motiondata stats` to write it again"
        for file in ("mean.npy", "std.npy", "stats.json")
    ]


def test_statistics_that_were_replaced_by_other_sound_ones_are_a_fault(dataset: Dataset) -> None:
    subject = StatisticsKey(dataset.content_hash, "train", "points")
    moments = measure_field(dataset, "train", "points", "clip").moments
    write_statistics(dataset.path, subject, moments)
    assert [fault.split(": ")[0] for fault in faults(dataset)] == [
        "stats/train/points/mean.npy",
        "stats/train/points/std.npy",
        "stats/train/points/stats.json",
    ]


def test_a_dataset_of_a_version_that_listed_no_statistics_is_sound(dataset: Dataset) -> None:
    older = dataclasses.replace(dataset.description, statistics=None)
    write_dataset_json(dataset.path, older)
    assert b"statistics" not in (dataset.path / "dataset.json").read_bytes()
    assert Dataset.open(dataset.path).description == older
    assert faults(dataset) == []


def rebuild(
    dataset: Dataset, samples: list[Sample], change: Callable[[ManifestRow], ManifestRow]
) -> None:
    """Write the only shard of `val` anew with fitting hashes, its rows in the manifest changed."""
    path = dataset.path / "val/000000.tar"
    with ShardWriter(path) as writer:
        written = [writer.write(sample) for sample in samples]
    rows = table_to_rows(SCHEMA, dataset.manifest)
    for number, places in enumerate(written, len(rows) - len(written)):
        rows[number] = change(dataclasses.replace(rows[number], members=places.members))
    table = write_table(dataset.path / MANIFEST, manifest_table(SCHEMA, rows, COLUMNS))
    *before, old = dataset.description.shards
    entry = ShardEntry(old.name, path.stat().st_size, hash_file(path), old.samples, old.frames)
    tables = (table, *dataset.description.tables[1:])
    write_dataset_json(
        dataset.path,
        dataclasses.replace(
            dataset.description, shards=(*before, entry), tables=tables, statistics=()
        ),
    )
    shutil.rmtree(dataset.path / "stats")


def val_samples(dataset: Dataset, **members: bytes) -> list[Sample]:
    """Return the samples of `val`, some members of the first replaced."""
    data = (dataset.path / "val/000000.tar").read_bytes()
    rows = dataset.rows_of(dataset.description.shards[-1])
    samples = [
        {suffix: data[offset : offset + size] for suffix, (offset, size) in row.members.items()}
        for row in rows
    ]
    samples[0] |= {suffix.replace("_", "."): value for suffix, value in members.items()}
    return [Sample(row.key, sample) for row, sample in zip(rows, samples, strict=True)]


def same(row: ManifestRow) -> ManifestRow:
    return row


def test_a_shard_written_anew_as_it_was_has_no_faults(dataset: Dataset) -> None:
    rebuild(dataset, val_samples(dataset), same)
    assert faults(dataset) == []


def test_a_member_that_the_schema_forbids_is_a_fault_though_its_hash_fits(dataset: Dataset) -> None:
    rebuild(dataset, val_samples(dataset, json=b"{", parts_npy=b"none"), same)
    found = faults(dataset)
    assert [fault.split(": ")[1] for fault in found] == ["val0_0.parts.npy", "val0_0.json"]


def test_frames_that_the_manifest_counts_otherwise_are_a_fault(dataset: Dataset) -> None:
    shift = {"val0_0": 1, "val0_1": -1}
    rebuild(
        dataset,
        val_samples(dataset),
        lambda row: dataclasses.replace(row, frames=row.frames + shift[row.key]),
    )
    assert len(faults(dataset)) == 8
    assert all("along frames, not" in fault for fault in faults(dataset))


MOVED = {"up": Span(1024, 140), "off the end": Span(10**15, 140), "before": Span(-512, 9)}
SIZED = {"too small": -1, "too large": 1, "negative": -(10**6), "huge": 10**15}


@pytest.mark.parametrize("place", MOVED.values(), ids=MOVED)
def test_a_member_elsewhere_than_the_manifest_says_is_a_fault(
    dataset: Dataset, place: Span
) -> None:
    rebuild(
        dataset,
        val_samples(dataset),
        lambda row: dataclasses.replace(row, members={**row.members, "hits.npy": place}),
    )
    assert len(faults(dataset)) == 1
    assert "val0_0.hits.npy begins at 1536" in faults(dataset)[0]


@pytest.mark.parametrize("change", SIZED.values(), ids=SIZED)
def test_a_member_of_another_size_than_the_manifest_says_is_a_fault(
    dataset: Dataset, change: int
) -> None:
    rebuild(
        dataset,
        val_samples(dataset),
        lambda row: dataclasses.replace(
            row, members={**row.members, "txt": Span(row.members["txt"].offset, change)}
        ),
    )
    assert len(faults(dataset)) == 1
    assert faults(dataset)[0].startswith("val/000000.tar: ")


def rehash(dataset: Dataset, data: bytes) -> None:
    """Put other bytes in the place of the shard of `val`, with a fitting hash."""
    (dataset.path / "val/000000.tar").write_bytes(data)
    *before, old = dataset.description.shards
    entry = dataclasses.replace(old, bytes=len(data), blake3=hash_bytes(data))
    changed = dataclasses.replace(dataset.description, shards=(*before, entry), statistics=())
    write_dataset_json(dataset.path, changed)
    shutil.rmtree(dataset.path / "stats")


TIME, PADDING, END = 136 + 10, 512 + 368, 13_000
"""Places in the shard: the time in its first header, the first padding, the ending's zeros."""


@pytest.mark.parametrize(
    ("place", "message"),
    [
        (TIME, "the tar header at byte 0 is not that of val0_0.points.npy with 368 bytes"),
        (PADDING, "val0_0.points.npy is followed by bytes other than zeros"),
        (END, "zeros from 12288 on, found other bytes"),
    ],
)
def test_what_stands_between_members_is_a_fault_though_its_hash_fits(
    dataset: Dataset, place: int, message: str
) -> None:
    data = bytearray((dataset.path / "val/000000.tar").read_bytes())
    data[place] = ord("1")
    rehash(dataset, bytes(data))
    assert len(faults(dataset)) == 1
    assert message in faults(dataset)[0]


def test_an_ending_of_another_length_is_a_fault_though_its_hash_fits(dataset: Dataset) -> None:
    data = (dataset.path / "val/000000.tar").read_bytes()
    rehash(dataset, data + bytes(512))
    assert "val/000000.tar: expected 8192 zeros from 12288 on" in faults(dataset)[0]


def test_a_schema_with_a_member_too_few_is_a_fault(dataset: Dataset) -> None:
    without = {suffix: spec for suffix, spec in SCHEMA.members.items() if suffix != "txt"}
    changed = dataclasses.replace(dataset.description, schema=Schema(without))
    write_dataset_json(dataset.path, changed)
    assert len(faults(dataset)) == 3
    assert "train0_1.points.npy begins at 5632; manifest" in faults(dataset)[0]


def test_a_row_of_another_sample_is_a_fault(dataset: Dataset) -> None:
    rebuild(dataset, val_samples(dataset), lambda row: dataclasses.replace(row, key=row.key + "x"))
    assert len(faults(dataset)) == 1
    assert "is not that of val0_0x.points.npy" in faults(dataset)[0]


def test_two_samples_of_one_name_are_a_fault(dataset: Dataset) -> None:
    rebuild(dataset, val_samples(dataset), lambda row: dataclasses.replace(row, key="TRAIN0_0"))
    assert faults(dataset) == ["manifest.parquet: contains the same key twice, ignoring case"]


def test_rows_of_another_shard_are_a_fault(dataset: Dataset) -> None:
    move = {"val0_0": "val/000000.tar", "val0_1": "train/000000.tar"}
    rebuild(
        dataset,
        val_samples(dataset),
        lambda row: dataclasses.replace(row, shard=move[row.key]),
    )
    assert faults(dataset) == ["manifest.parquet: the rows of val/000000.tar are not in order"]
