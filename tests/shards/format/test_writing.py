"""Shards as tar files: their bytes, the offsets of members, valid keys, and other readers."""

import io
import tarfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import webdataset
from hypothesis import given, settings
from hypothesis import strategies as st

from shards.errors import SampleError
from shards.format.hashing import hash_bytes, hash_file
from shards.format.writing import Sample, ShardFile, ShardWriter, WrittenSample, encode_sample
from tests.support.dataset import SCHEMA, made_values

KEYS = ["000001", "M000001", "000002_v1"]
SAMPLES = [encode_sample(SCHEMA, key, made_values(key)) for key in KEYS]


def write(path: Path, samples: list[Sample]) -> tuple[list[WrittenSample], ShardFile | None]:
    with ShardWriter(path) as writer:
        written = [writer.write(sample) for sample in samples]
    return written, writer.result


def tarfile_bytes(samples: list[Sample]) -> bytes:
    """Return the archive that the standard library writes: the reference."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for sample in samples:
            for suffix, data in sample.members.items():
                info = tarfile.TarInfo(f"{sample.key}.{suffix}")
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
    return stream.getvalue()


MEMBERS = st.lists(st.binary(max_size=2000), min_size=2, max_size=2)


@settings(max_examples=40)
@given(parts=st.lists(MEMBERS, min_size=1, max_size=8))
def test_the_bytes_are_those_that_tarfile_writes(
    tmp_path_factory: pytest.TempPathFactory, parts: list[list[bytes]]
) -> None:
    samples = [
        Sample(f"k{number}", {"json": first, "txt": second})
        for number, (first, second) in enumerate(parts)
    ]
    path = tmp_path_factory.mktemp("tar") / "000000.tar"
    write(path, samples)
    assert path.read_bytes() == tarfile_bytes(samples)


def test_the_same_samples_give_the_same_bytes_for_good(tmp_path: Path) -> None:
    write(tmp_path / "000000.tar", [Sample("000001", {"json": b"{}", "txt": b"walks"})])
    assert (
        hash_file(tmp_path / "000000.tar")
        == "da675df56550864985f3b65d4bdbff883dcc82db82ff88d4d93cf0cb477e26ac"
    )


def test_members_lie_where_the_writer_says(tmp_path: Path) -> None:
    written, _ = write(tmp_path / "000000.tar", SAMPLES)
    data = (tmp_path / "000000.tar").read_bytes()
    for sample, place in zip(SAMPLES, written, strict=True):
        assert place.key == sample.key
        assert list(place.members) == list(sample.members)
        for suffix, (offset, size) in place.members.items():
            assert data[offset : offset + size] == sample.members[suffix]


def test_the_result_is_of_the_file_as_it_lies_there(tmp_path: Path) -> None:
    _, result = write(tmp_path / "000000.tar", SAMPLES)
    data = (tmp_path / "000000.tar").read_bytes()
    assert result == ShardFile("000000.tar", len(data), hash_bytes(data))


def test_a_shard_without_samples_is_no_file(tmp_path: Path) -> None:
    assert write(tmp_path / "000000.tar", []) == ([], None)
    assert not list(tmp_path.iterdir())


def fail_midway(path: Path) -> None:
    with ShardWriter(path) as writer:
        writer.write(SAMPLES[0])
        raise RuntimeError("the next clip fails")


def test_a_writer_that_fails_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError):
        fail_midway(tmp_path / "000000.tar")
    assert not list(tmp_path.iterdir())


def test_a_refused_sample_leaves_the_shard_as_it_was(tmp_path: Path) -> None:
    with ShardWriter(tmp_path / "a.tar") as writer:
        writer.write(SAMPLES[0])
        for bad in (SAMPLES[0], Sample("other", {"txt": b""}), Sample("k" * 95, {"json": b""})):
            with pytest.raises(SampleError):
                writer.write(bad)
        writer.write(SAMPLES[1])
    assert (tmp_path / "a.tar").read_bytes() == tarfile_bytes(SAMPLES[:2])


REFUSED_KEYS = ["", "a.b", "a/b", "../a", "a b", "café", "__a__", "_a", "-a", "a\n", "k" * 97]


@pytest.mark.parametrize("key", REFUSED_KEYS)
def test_a_key_that_a_reader_would_misread_is_refused(tmp_path: Path, key: str) -> None:
    with ShardWriter(tmp_path / "a.tar") as writer, pytest.raises(SampleError):
        writer.write(Sample(key, {"txt": b""}))


def test_the_longest_key_that_fits_is_taken(tmp_path: Path) -> None:
    write(tmp_path / "a.tar", [Sample("k" * 96, {"txt": b"fits"})])
    with tarfile.open(tmp_path / "a.tar") as archive:
        assert archive.getnames() == ["k" * 96 + ".txt"]


@pytest.mark.parametrize("second", ["m000001", "M000001"])
def test_keys_that_differ_in_case_alone_are_one_key(tmp_path: Path, second: str) -> None:
    with ShardWriter(tmp_path / "a.tar") as writer:
        writer.write(Sample("M000001", {"txt": b""}))
        with pytest.raises(SampleError, match="ignoring case"):
            writer.write(Sample(second, {"txt": b""}))


def test_members_other_than_the_samples_before_it_are_refused(tmp_path: Path) -> None:
    with ShardWriter(tmp_path / "a.tar") as writer:
        writer.write(Sample("a", {"json": b"{}", "txt": b""}))
        for members in ({"txt": b"", "json": b"{}"}, {"json": b"{}"}, {}):
            with pytest.raises(SampleError, match="expected at least one"):
                writer.write(Sample("b", members))


# webdataset leaves its file to the garbage collector.
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
def test_webdataset_reads_a_shard(tmp_path: Path) -> None:
    write(tmp_path / "000000.tar", SAMPLES)
    url = str(tmp_path / "000000.tar")
    read = list(webdataset.WebDataset(url, shardshuffle=False).decode())
    assert [sample["__key__"] for sample in read] == KEYS
    for sample in read:
        for suffix, value in made_values(sample["__key__"]).items():
            np.testing.assert_array_equal(sample[suffix], value)


def test_datasets_reads_a_shard(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    datasets = pytest.importorskip("datasets")
    write(tmp_path / "000000.tar", SAMPLES)
    read: Any = datasets.load_dataset(
        "webdataset",
        data_files={"train": str(tmp_path / "000000.tar")},
        split="train",
        cache_dir=str(tmp_path / "cache"),
    )
    assert [sample["__key__"] for sample in read] == KEYS
    for sample in read:
        for suffix, value in made_values(sample["__key__"]).items():
            np.testing.assert_array_equal(sample[suffix], value)
