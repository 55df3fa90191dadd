"""Opening a dataset: valid and invalid contents of `dataset.json`, and where files may be."""

import dataclasses
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import braceexpand
import pytest

from shards import open_dataset
from shards.errors import DatasetError, ShardError
from shards.format.dataset import Dataset, write_dataset_json
from shards.format.description import (
    ShardEntry,
    brace_pattern,
    content_hash,
    description_to_json,
    json_to_description,
)
from shards.format.hashing import hash_bytes
from shards.format.paths import existing, inside, shard_name
from shards.format.reading import read_member
from shards.format.self_hashed_json import from_self_hashed_json, to_self_hashed_json
from shards.verify import verify
from tests.support.dataset import SCHEMA, finish_dataset, made_values, make_dataset
from tests.support.samples import iter_samples

Edit = Callable[[dict[str, Any]], Any]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return make_dataset(tmp_path_factory.mktemp("whole"))


@pytest.fixture
def dataset(whole: Dataset, tmp_path: Path) -> Dataset:
    """Return a copy that a test may damage."""
    shutil.copytree(whole.path, tmp_path / "data")
    return Dataset.open(tmp_path / "data")


def edit(dataset: Dataset, change: Edit) -> None:
    """Change `dataset.json` as a forger would: with a fitting hash."""
    path = dataset.path / "dataset.json"
    document = from_self_hashed_json(path.read_bytes(), path.name)
    change(document)
    path.write_bytes(to_self_hashed_json(document))


def rename(document: dict[str, Any], name: str) -> None:
    document["shards"][0]["name"] = name


def test_two_builds_give_the_same_bytes_in_every_file(whole: Dataset, tmp_path: Path) -> None:
    make_dataset(tmp_path)
    files = [path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 9
    for file in files:
        assert (tmp_path / file).read_bytes() == (whole.path / file).read_bytes()


def test_every_sample_reads_as_it_was_made(whole: Dataset) -> None:
    for split, keys in (
        ("train", ["train0_0", "train0_1", "train0_2", "train1_0", "train1_1"]),
        ("val", ["val0_0", "val0_1"]),
    ):
        samples = list(iter_samples(whole, split))
        assert [key for key, _ in samples] == keys
        for key, members in samples:
            assert SCHEMA.check(key, members, len(made_values(key)["hits.npy"])) == []
            assert members["txt"].decode() == made_values(key)["txt"]


def test_any_member_reads_by_its_key(whole: Dataset) -> None:
    assert read_member(whole, "val0_1", "txt").decode() == made_values("val0_1")["txt"]
    assert whole.row("val0_1").frames == len(made_values("val0_1")["hits.npy"])
    with pytest.raises(ShardError, match="no sample 'val9'; did you mean 'val0_1'\\?"):
        read_member(whole, "val9", "txt")


def test_an_unknown_split_names_those_there_are(whole: Dataset) -> None:
    with pytest.raises(ShardError, match="no split 'tests'; choose one of train, val"):
        list(iter_samples(whole, "tests"))


def test_a_folder_without_its_description_is_not_a_finished_dataset(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="not a finished dataset"):
        Dataset.open(tmp_path)
    with pytest.raises(DatasetError, match="not a finished dataset"):
        Dataset.open(tmp_path / "nowhere")


def test_a_dataset_of_no_samples_opens(tmp_path: Path) -> None:
    finish_dataset(tmp_path, [])
    assert Dataset.open(tmp_path).manifest.num_rows == 0
    assert list(verify(tmp_path)) == []


def test_the_description_survives_the_round_trip(whole: Dataset) -> None:
    data = description_to_json(whole.description)
    assert json_to_description(data) == whole.description
    assert data.endswith(b"}\n")


def test_the_content_hash_is_of_names_and_hashes_in_order(whole: Dataset) -> None:
    shards = whole.description.shards
    text = "".join(f"{shard.name} {shard.blake3}\n" for shard in shards)
    assert whole.content_hash == hash_bytes(text.encode())
    assert content_hash(shards[::-1]) != whole.content_hash


@pytest.mark.parametrize("numbers", [[0], [0, 1, 2], list(range(13)), [0, 2, 3], [4]])
def test_the_pattern_expands_to_the_shards(numbers: list[int]) -> None:
    names = [shard_name("train", number) for number in numbers]
    assert list(braceexpand.braceexpand(brace_pattern(names))) == names


def test_the_pattern_of_whole_numbers_is_a_range() -> None:
    names = [shard_name("train", number) for number in range(13)]
    assert brace_pattern(names) == "train/{000000..000012}.tar"


@pytest.mark.parametrize("split", ["", "..", "a/b", "stats", "receipts", ".hidden", "café"])
def test_a_split_that_is_no_folder_of_its_own_is_refused(split: str) -> None:
    with pytest.raises(ShardError):
        shard_name(split, 0)


FORGERIES: dict[str, tuple[Edit, str]] = {
    "another format": (lambda d: d.update(format="parquet"), "is 'parquet', version 1"),
    "a later version": (lambda d: d.update(format_version=2), "version 2; this program reads"),
    "no shards": (lambda d: d.pop("shards"), "does not describe a dataset"),
    "shards of no list": (lambda d: d.update(shards=5), "does not describe a dataset"),
    "a key too many": (lambda d: d["shards"][0].update(evil=1), "does not describe a dataset"),
    "a size that is text": (lambda d: d["shards"][0].update(bytes="9"), "whole numbers"),
    "a negative count": (lambda d: d["shards"][0].update(samples=-1), "whole numbers"),
    "a fraction of a sample": (lambda d: d["shards"][0].update(samples=3.0), "whole numbers"),
    "no hash": (lambda d: d["shards"][0].update(blake3="0"), "hexadecimal digits"),
    "shards in another order": (lambda d: d["shards"].reverse(), "does not describe a dataset"),
    "a shard twice": (lambda d: d["shards"].append(d["shards"][-1]), "each once"),
    "other totals": (lambda d: d["counts"].update(frames=1), "contradicts itself in counts"),
    "another identity": (
        lambda d: d.update(content_hash="0"),
        "contradicts itself in content",
    ),
    "no drops": (lambda d: d["tables"].pop(), "expected manifest.parquet and drops.parquet"),
    "a table elsewhere": (lambda d: d["tables"][1].update(name="../drops.parquet"), "expected"),
    "statistics elsewhere": (
        lambda d: d["statistics"][0].update(name="../../mean.npy"),
        "not the name of a statistics file",
    ),
    "statistics twice": (
        lambda d: d["statistics"].append(d["statistics"][0]),
        "a statistics file is listed twice",
    ),
    "no list of statistics": (lambda d: d.update(statistics=None), "does not describe a dataset"),
    "a shard above": (lambda d: rename(d, "../000000.tar"), "not the name of a shard"),
    "a shard far away": (lambda d: rename(d, "/etc/passwd"), "not the name of a shard"),
    "a shard deeper": (
        lambda d: rename(d, "a/b/000000.tar"),
        "not the name of a shard",
    ),
    "a shard among receipts": (
        lambda d: rename(d, "receipts/000000.tar"),
        "not the name of a shard",
    ),
}


@pytest.mark.parametrize(("change", "message"), FORGERIES.values(), ids=FORGERIES)
def test_a_forged_description_is_refused(dataset: Dataset, change: Edit, message: str) -> None:
    edit(dataset, change)
    with pytest.raises(DatasetError, match=message):
        Dataset.open(dataset.path)
    assert len(list(verify(dataset.path))) == 1


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Yield every list or object within a document, with each of its indices or keys."""
    children = value.items() if isinstance(value, dict) else enumerate(value)
    for index, child in list(children):
        yield value, index
        if isinstance(child, (dict, list)):
            yield from places(child)


VALUES: list[Any] = [None, True, -1, 2**70, 1.5, "", "../x", "frames", [], {}, [[]], {"a": 1}]


def test_no_value_anywhere_in_a_forged_description_raises_anything_else(whole: Dataset) -> None:
    document = from_self_hashed_json((whole.path / "dataset.json").read_bytes(), "dataset.json")
    for container, index in places(document):
        kept = container[index]
        for value in VALUES:
            container[index] = value
            with suppress(DatasetError):
                json_to_description(to_self_hashed_json(document))
        container[index] = kept
    assert json_to_description(to_self_hashed_json(document)) == whole.description


NOT_JSON = [
    b"",
    b"{}",
    b"[]",
    b"null",
    b'"dataset"',
    b"\xff\xfe",
    b"[" * 200_000,
    b'{"blake3": 1}',
]


@pytest.mark.parametrize("data", NOT_JSON, ids=range(len(NOT_JSON)))
def test_a_description_that_is_none_is_refused(dataset: Dataset, data: bytes) -> None:
    (dataset.path / "dataset.json").write_bytes(data)
    with pytest.raises(DatasetError, match=r"^dataset\.json: "):
        Dataset.open(dataset.path)


@pytest.mark.parametrize("change", [b" ", b"\n", b"\t"])
def test_not_even_a_blank_may_be_added(dataset: Dataset, change: bytes) -> None:
    path = dataset.path / "dataset.json"
    path.write_bytes(path.read_bytes() + change)
    with pytest.raises(DatasetError, match="changed or damaged"):
        Dataset.open(dataset.path)


@pytest.mark.parametrize("name", ["../a", "/etc/passwd", "a/../b", "a//b", ".a", "", "a\0b", "a/"])
def test_a_name_that_leads_out_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(DatasetError, match="not a valid name of a file"):
        inside(tmp_path, name)


def link_files(folder: Path, blobs: Path) -> None:
    """Replace every file by a relative link to it in `blobs`, as Hugging Face's cache stores it."""
    blobs.mkdir()
    for number, path in enumerate(sorted(folder.rglob("*.*"))):
        if path.is_file():
            blob = blobs / str(number)
            path.rename(blob)
            path.symlink_to(os.path.relpath(blob, path.parent))


def test_a_dataset_of_links_to_its_files_reads_as_any_other(
    dataset: Dataset, whole: Dataset, tmp_path: Path
) -> None:
    link_files(dataset.path, tmp_path / "blobs")
    assert list(verify(dataset.path)) == []
    linked = open_dataset(dataset.path)
    assert list(iter_samples(linked.dataset, "train")) == list(iter_samples(whole, "train"))
    assert linked.standardizer("points").mean.shape == (3,)
    keys = [key for batch in linked.frames("train", "points", 4) for key in batch["keys"]]
    assert len(keys) == sum(shard.frames for shard in whole.shards_of("train"))


def test_what_hosts_of_datasets_add_to_a_folder_is_no_fault(dataset: Dataset) -> None:
    for name in ("README.md", ".gitattributes", ".git/config", ".cache/huggingface/download/x"):
        (dataset.path / name).parent.mkdir(parents=True, exist_ok=True)
        (dataset.path / name).write_bytes(b"")
    assert list(verify(dataset.path)) == []


@pytest.mark.parametrize("name", ["dataset.json", "manifest.parquet", "train/000000.tar"])
def test_a_link_to_another_file_is_refused(dataset: Dataset, tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_bytes(b"root:x:0:0")
    (dataset.path / name).unlink()
    (dataset.path / name).symlink_to(tmp_path / "secret")
    faults = [str(fault) for fault in verify(dataset.path)]
    assert faults
    assert not any("root" in fault for fault in faults)


def test_a_link_whose_file_was_not_downloaded_says_so(dataset: Dataset) -> None:
    path = dataset.path / "train/000000.tar"
    path.unlink()
    path.symlink_to("../.git/annex/objects/x")
    assert [str(fault) for fault in verify(dataset.path)] == [
        "train/000000.tar: expected a file, found a link to '../.git/annex/objects/x', which does "
        "not exist; download the file's content"
    ]


def test_a_linked_folder_out_of_the_dataset_is_refused(dataset: Dataset, tmp_path: Path) -> None:
    (dataset.path / "train").rename(tmp_path / "elsewhere")
    (dataset.path / "train").symlink_to(tmp_path / "elsewhere")
    faults = [str(fault) for fault in verify(dataset.path)]
    assert any("a link leads out of the dataset's folder" in fault for fault in faults)


@pytest.mark.parametrize("name", ["manifest.parquet", "train/000000.tar"])
def test_a_link_out_of_the_folder_is_not_written_through(
    dataset: Dataset, tmp_path: Path, name: str
) -> None:
    (dataset.path / name).unlink()
    (dataset.path / name).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(DatasetError, match="a link leads out of the dataset's folder"):
        inside(dataset.path, name)


def test_a_dataset_opened_by_a_relative_path_reads_after_a_change_of_folder(
    dataset: Dataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(dataset.path.parent)
    data = open_dataset(dataset.path.name)
    monkeypatch.chdir("/")
    assert len(list(data.frames("train", "points", 4))) > 0
    assert data.standardizer("points").mean.shape == (3,)


def test_a_file_that_is_none_is_refused(dataset: Dataset) -> None:
    (dataset.path / "folder").mkdir()
    os.mkfifo(dataset.path / "pipe")
    for name in ("folder", "pipe"):
        with pytest.raises(DatasetError, match="found something other than a file"):
            existing(dataset.path, name)
    with pytest.raises(DatasetError, match="found nothing"):
        existing(dataset.path, "absent")


def test_a_shard_of_another_size_is_not_read(dataset: Dataset) -> None:
    path = dataset.path / "train/000000.tar"
    path.write_bytes(path.read_bytes()[:-512])
    with pytest.raises(DatasetError, match=r"train/000000\.tar: has 19968 bytes; expected 20480"):
        next(iter_samples(dataset, "train"))


def test_a_member_that_is_not_where_the_manifest_says_is_not_read(dataset: Dataset) -> None:
    path = dataset.path / "train/000000.tar"
    data = path.read_bytes()
    path.write_bytes(data[512:] + data[:512])
    with pytest.raises(DatasetError, match=r"is not that of train0_0\.points\.npy with 308 bytes"):
        next(iter_samples(dataset, "train"))


def test_shards_that_changed_places_are_not_read(dataset: Dataset) -> None:
    first, second = (dataset.path / shard_name("train", number) for number in (0, 1))
    data = first.read_bytes()
    first.write_bytes(second.read_bytes())
    second.write_bytes(data)
    with pytest.raises(DatasetError, match="is not that of train0_0"):
        next(iter_samples(dataset, "train"))


def test_a_description_of_other_rows_than_the_manifests_is_refused(dataset: Dataset) -> None:
    first, *others = dataset.description.shards
    with pytest.raises(ShardError, match="counts other frames"):
        write_changed(dataset, (dataclasses.replace(first, frames=99), *others))
    with pytest.raises(ShardError, match="not one per sample"):
        write_changed(dataset, (dataclasses.replace(first, samples=2), *others))


def write_changed(dataset: Dataset, shards: tuple[ShardEntry, ...]) -> None:
    write_dataset_json(dataset.path, dataclasses.replace(dataset.description, shards=shards))
    Dataset.open(dataset.path)
