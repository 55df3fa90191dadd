"""Edited datasets: bytes of samples stay, statistics are exact, and every edit can be resumed."""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motiondata.errors import InputError
from pipelines.datasets.info import info
from pipelines.datasets.recipe import recipe
from pipelines.editing.build import EditReport, edit
from pipelines.editing.combine import add_members, merge
from pipelines.editing.commands import (
    drop_members,
    filter_samples,
    read_renames,
    rename_keys,
    reshard,
    select,
)
from pipelines.editing.edit import Edit
from pipelines.editing.splitting import split_by
from pipelines.engine.execution import Execution
from shards.errors import DatasetError, ShardError
from shards.format.dataset import Dataset
from shards.format.paths import DATASET, RECEIPTS
from shards.format.places import place_of
from shards.format.self_hashed_json import from_self_hashed_json, to_self_hashed_json
from shards.remote.cache import BYTES_VARIABLE, FOLDER_VARIABLE
from shards.stats.measure import measure_field
from shards.stats.statistics_files import StatisticsKey, statistics_files
from shards.verify import verify
from tests.support.compare_builds import files_of
from tests.support.dataset import make_dataset
from tests.support.faults import KILLED, Fault, run
from tests.support.range_server import RangeServer
from tests.support.remote_places import in_memory
from tests.support.samples import iter_samples

HERE = Execution(workers=0)
Samples = dict[str, dict[str, bytes]]


def make(of: Callable[[], Edit], out: Path, *sources: Path) -> Dataset:
    edit(of, sources, out, HERE)
    return Dataset.open(out)


def samples_of(dataset: Dataset) -> Samples:
    """Return the bytes of all members of all samples."""
    return {
        key: members
        for split in dataset.description.splits
        for key, members in iter_samples(dataset, split)
    }


def columns_of(dataset: Dataset) -> list[dict[str, Any]]:
    """Return the manifest without what depends on the place of a sample, sorted by key."""
    names = [
        name
        for name in dataset.manifest.column_names
        if name != "shard" and not name.endswith("_offset")
    ]
    return sorted(dataset.manifest.select(names).to_pylist(), key=lambda row: str(row["key"]))


def keys_of(dataset: Dataset) -> list[str]:
    keys: list[str] = dataset.manifest["key"].to_pylist()
    return keys


@settings(max_examples=3, deadline=None)
@given(chosen=st.data())
def test_parts_and_their_merge_have_the_bytes_of_the_whole(
    built: Dataset, tmp_path_factory: pytest.TempPathFactory, chosen: st.DataObject
) -> None:
    keys, root = keys_of(built), tmp_path_factory.mktemp("parts")
    part = chosen.draw(st.sets(st.sampled_from(keys), min_size=1, max_size=len(keys) - 1))
    one = make(lambda: select(built.path, part), root / "one", built.path)
    other = make(lambda: select(built.path, {*keys} - part), root / "other", built.path)
    both = make(lambda: merge([one.path, other.path]), root / "both", one.path, other.path)
    assert samples_of(one).keys() == part
    assert samples_of(both) == samples_of(built)
    assert columns_of(both) == columns_of(built)
    assert keys_of(one) == [key for key in keys if key in part]


def reseal(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    """Change the description of a dataset, and its hash with it."""
    document = from_self_hashed_json((path / DATASET).read_bytes(), DATASET)
    change(document)
    (path / DATASET).write_bytes(to_self_hashed_json(document))


EDITS: dict[str, Callable[[Path], Edit]] = {
    "filter": lambda path: filter_samples(path, "frames > 14"),
    "select": lambda path: select(path, ["000000", "M000003_v1"]),
    "reshard": lambda path: reshard(path, 1),
    "drop-member": lambda path: drop_members(path, ["points.npy", "hits.npy"]),
    "rename-keys": lambda path: rename_keys(path, "kit_", "_a", {"000000": "first"}),
    "split": lambda path: split_by(path, "subject", ["train=2", "rest=1"]),
}


def expect_exact_statistics(dataset: Dataset) -> None:
    """Compare the statistics files with those of moments that are computed from the samples."""
    expected: dict[str, bytes] = {}
    for split in dataset.description.splits:
        for field, spec in dataset.schema.arrays.items():
            if spec.is_float:
                measured = measure_field(dataset, split, field).moments
                key = StatisticsKey(dataset.content_hash, split, field)
                expected |= statistics_files(key, measured)
    assert {
        entry.name: (dataset.path / entry.name).read_bytes()
        for entry in dataset.description.statistics or ()
    } == expected


@pytest.mark.parametrize("name", EDITS)
def test_an_edit_is_sound_and_the_same_from_a_copy_without_receipts(
    built: Dataset, tmp_path: Path, name: str
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(built.path, copy, ignore=shutil.ignore_patterns(RECEIPTS))
    one = make(lambda: EDITS[name](built.path), tmp_path / "one", built.path)
    other = make(lambda: EDITS[name](copy), tmp_path / "other", copy)
    assert files_of(one.path) == files_of(other.path)
    assert [*verify(one.path)] == []
    assert one.description.parameters["edit"]["command"] == name
    (source,) = one.description.provenance["sources"]
    assert source["content_hash"] == built.content_hash
    assert source["provenance"] == built.description.provenance
    expect_exact_statistics(one)
    known, found = samples_of(built), samples_of(one)
    if name != "rename-keys":
        for key, members in found.items():
            assert members.items() <= known[key].items()


def test_a_renamed_sample_has_its_bytes_and_renames_can_be_undone(
    built: Dataset, tmp_path: Path
) -> None:
    named = make(lambda: rename_keys(built.path, "kit_"), tmp_path / "named", built.path)
    assert samples_of(named) == {f"kit_{key}": of for key, of in samples_of(built).items()}
    listed = tmp_path / "renames.txt"
    listed.write_text("".join(f"kit_{key},{key}\n" for key in keys_of(built)))
    back = make(
        lambda: rename_keys(named.path, table=read_renames(listed)), tmp_path / "b", named.path
    )
    assert samples_of(back) == samples_of(built)
    assert back.content_hash == built.content_hash


def test_a_member_that_is_dropped_can_be_added_again(built: Dataset, tmp_path: Path) -> None:
    fewer = make(lambda: drop_members(built.path, ["parts.npy"]), tmp_path / "fewer", built.path)
    again = make(
        lambda: add_members(fewer.path, built.path, []), tmp_path / "again", fewer.path, built.path
    )
    assert samples_of(again) == samples_of(built)
    assert [*verify(again.path)] == []
    assert [*again.schema.members][-3:] == ["parts.npy", "json", "txt"]
    described = {array.field: array.unit for array in info(again.path).arrays}
    assert described["parts"] == "joint number"


def test_new_shards_keep_the_order_and_have_about_the_same_size(tmp_path: Path) -> None:
    whole = make_dataset(tmp_path / "whole")
    dataset = make(lambda: reshard(whole.path, 1), tmp_path / "out", whole.path)
    assert keys_of(dataset) == keys_of(whole)
    assert [shard.name for shard in dataset.description.shards] == [
        "train/000000.tar", "val/000000.tar"
    ]  # fmt: skip
    assert samples_of(dataset) == samples_of(whole)


def test_info_names_the_edits_the_sources_and_the_sensor(built: Dataset, tmp_path: Path) -> None:
    kit = make(lambda: filter_samples(built.path, "subset == 'KIT'"), tmp_path / "k", built.path)
    rest = make(lambda: filter_samples(built.path, "subset != 'KIT'"), tmp_path / "r", built.path)
    both = make(lambda: merge([kit.path, rest.path]), tmp_path / "both", kit.path, rest.path)
    said = "\n".join(info(both.path).lines())
    assert said.endswith("motiondata merge DATASET1 DATASET2 --out DIR")
    assert said.count(f"of the lidar dataset {built.content_hash}") == 2
    assert "sensor: small" in said
    assert both.description.provenance["sensor"] == built.description.provenance["sensor"]
    assert "--where 'subset == '" in "\n".join(info(kit.path).lines())
    one = make(lambda: select(built.path, ["000000"]), tmp_path / "one", built.path)
    assert info(one.path).command == "motiondata select DATASET --file FILE --out DIR"
    assert recipe(one.path).options == {}


REFUSED: dict[str, tuple[Callable[[Path, Path], Edit], str]] = {
    "the same keys": (lambda a, _: merge([a, a]), "keys would occur more than once, such as 0"),
    "another kind": (lambda a, b: merge([a, b]), "expected the same product, found lidar and"),
    "one dataset": (lambda a, _: merge([a]), "expected at least two datasets to merge, found 1"),
    "no sample": (lambda a, _: filter_samples(a, "frames > 999"), "no sample meets 'frames > 999'"),
    "no condition": (lambda a, _: filter_samples(a, "frmes > 9"), "did you mean frames"),
    "no such key": (lambda a, _: select(a, ["0000"]), "no sample '0000'; did you mean 00000"),
    "no key": (lambda a, _: select(a, []), "expected at least one key to select"),
    "no such member": (lambda a, _: drop_members(a, ["part.npy"]), "did you mean parts.npy"),
    "a needed member": (lambda a, _: drop_members(a, ["hits.npy"]), "points.npy needs hits.npy"),
    "no arrays": (
        lambda a, _: drop_members(a, [*Dataset.open(a).schema.members]),
        "no array has 'frames'",
    ),
    "no name": (lambda a, _: rename_keys(a, "a/"), "is not a key; expected at most"),
    "a long name": (lambda a, _: rename_keys(a, "a" * 90), "expected at most 89 ASCII"),
    "two of a name": (
        lambda a, _: rename_keys(a, table={"000000": "000002"}),
        "1 key would occur more than once, such as 000002",
    ),
    "an unknown old name": (lambda a, _: rename_keys(a, table={"x": "y"}), "no sample 'x'"),
    "no new name": (lambda a, _: rename_keys(a), "expected a prefix, a suffix or a table"),
    "other samples": (lambda a, b: add_members(a, b), "has no sample for"),
    "nothing new": (lambda a, _: add_members(a, a), "expected an array that"),
    "what is there": (lambda a, _: add_members(a, a, ["parts.npy"]), "already has parts.npy"),
}


@pytest.fixture(scope="module")
def noise(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Return a dataset of another product, with other members."""
    return make_dataset(tmp_path_factory.mktemp("noise") / "data")


@pytest.mark.parametrize("what", REFUSED)
def test_what_makes_no_dataset_is_refused(
    built: Dataset, noise: Dataset, tmp_path: Path, what: str
) -> None:
    of, message = REFUSED[what]
    if what == "other samples":
        trans = make(
            lambda: drop_members(noise.path, ["points.npy", "hits.npy"]),
            tmp_path / "trans", noise.path,
        )  # fmt: skip
        fewer = make(lambda: drop_members(built.path, ["trans.npy"]), tmp_path / "f", built.path)
        built, noise = fewer, trans
    with pytest.raises((InputError, ShardError), match=message):
        make(lambda: of(built.path, noise.path), tmp_path / "out", built.path, noise.path)
    assert not (tmp_path / "out").exists()


def test_other_sensors_are_refused_and_other_distances_are_reported(
    built: Dataset, tmp_path: Path
) -> None:
    one = make(lambda: select(built.path, ["000000"]), tmp_path / "one", built.path)
    other = make(lambda: select(built.path, ["000002"]), tmp_path / "other", built.path)
    reseal(other.path, lambda document: document["parameters"].update(distance=9.0))
    report: EditReport = edit(
        lambda: merge([one.path, other.path]), [one.path, other.path], tmp_path / "m", HERE
    )
    assert any("different distance (" in line for line in report.warnings)
    reseal(other.path, lambda document: document["provenance"]["sensor"].update(name="big"))
    with pytest.raises(InputError, match="expected the same sensor, found small and big"):
        merge([one.path, other.path])


def test_a_damaged_source_ends_an_edit_without_a_dataset(noise: Dataset, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(noise.path, copy)
    shard = copy / noise.description.shards[1].name
    data = bytearray(shard.read_bytes())
    data[700] ^= 1
    shard.write_bytes(data)
    with pytest.raises(DatasetError, match="is damaged; verify the dataset"):
        make(lambda: rename_keys(copy, "a"), tmp_path / "out", copy)
    assert not (tmp_path / "out/dataset.json").exists()


def test_the_folder_of_a_source_is_refused(noise: Dataset) -> None:
    with pytest.raises(InputError, match="expected a folder apart from"):
        make(lambda: rename_keys(noise.path, "a"), noise.path / "b", noise.path)


MOMENTS = {
    "half of a shard": Fault("SIGKILL", "write", 20, file="train/"),
    "between rename and receipt": Fault("SIGKILL", "rename", file="train/", after=True),
    "between the manifest and dataset.json": Fault("SIGKILL", "open", file="dataset.json"),
}


@pytest.mark.parametrize(
    "moment",
    [pytest.param(each, marks=[pytest.mark.slow] * (at > 0)) for at, each in enumerate(MOMENTS)],
)
def test_a_killed_edit_is_finished_with_the_same_bytes(
    noise: Dataset, tmp_path: Path, moment: str
) -> None:
    whole, out = tmp_path / "whole", tmp_path / "out"
    words = [noise.path, "--where", "frames > 2", "--workers", 0, "--out"]
    log = tmp_path / "log"
    command: Sequence[str] = ["filter", *map(str, words)]
    assert run([*command, str(whole)], log) == 0, log.read_text()
    assert run([*command, str(out)], log, MOMENTS[moment]) == KILLED
    assert not (out / "dataset.json").exists()
    assert run([*command, str(out)], log) == 0, log.read_text()
    assert files_of(out) == files_of(whole)
    other = [*command[:3], "frames > 3", *command[4:], str(out)]
    assert run(other, log) == 2
    assert "was started with other inputs or settings (edit.where: frames > 2" in log.read_text()


def test_a_random_half_is_the_half(noise: Dataset, tmp_path: Path) -> None:
    """An edit of an edit reads its samples from wherever they were put."""
    keys = np.array(keys_of(noise))[::2].tolist()
    half = make(lambda: select(noise.path, keys), tmp_path / "half", noise.path)
    packed = make(lambda: reshard(half.path, 1), tmp_path / "packed", half.path)
    assert keys_of(packed) == keys


@pytest.mark.parametrize(
    "made",
    [
        lambda place: lambda: filter_samples(place, "frames > 0"),
        lambda place: lambda: reshard(place, 1),
    ],
    ids=["filter", "reshard"],
)
def test_a_source_at_a_url_gives_the_bytes_of_the_same_source_on_a_disk(
    tmp_path: Path, made: Callable[[Any], Callable[[], Edit]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(BYTES_VARIABLE, "0")
    source = make_dataset(tmp_path / "source").path
    expected = make(made(source), tmp_path / "local", source)
    with in_memory(source) as url:
        place = place_of(url)
        edit(made(place), [place], tmp_path / "remote", HERE)
    assert files_of(tmp_path / "remote") == files_of(expected.path)


def test_a_shard_at_a_url_is_requested_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "cache"))
    source = make_dataset(tmp_path / "source")
    with RangeServer(source.path).running() as server:
        place = place_of(server.url)
        edit(lambda: reshard(place, 1), [place], tmp_path / "remote", HERE)
        names = [request.name for request in server.requests if request.method == "GET"]
    assert all(names.count(shard.name) == 1 for shard in source.description.shards)
    expected = make(lambda: reshard(source.path, 1), tmp_path / "local", source.path)
    shards = [shard.blake3 for shard in expected.description.shards]
    found = Dataset.open(tmp_path / "remote").description.shards
    assert [shard.blake3 for shard in found] == shards


@pytest.mark.parametrize("cached_bytes", ["0", str(2**30)])
def test_a_damaged_shard_at_a_url_is_named_and_nothing_is_finished(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cached_bytes: str
) -> None:
    monkeypatch.setenv(FOLDER_VARIABLE, str(tmp_path / "cache"))
    monkeypatch.setenv(BYTES_VARIABLE, cached_bytes)
    source = make_dataset(tmp_path / "source")
    shard = source.path / source.description.shards[0].name
    data = bytearray(shard.read_bytes())
    data[-1] ^= 1
    shard.write_bytes(data)
    with in_memory(source.path) as url:
        place = place_of(url)
        with pytest.raises(DatasetError, match="is damaged"):
            edit(lambda: filter_samples(place, "frames > 0"), [place], tmp_path / "out", HERE)
    assert not (tmp_path / "out" / DATASET).exists()


def test_workers_give_the_same_bytes(tmp_path: Path) -> None:
    source = make_dataset(tmp_path / "source").path
    expected = make(lambda: reshard(source, 1), tmp_path / "here", source)
    edit(lambda: reshard(source, 1), [source], tmp_path / "workers", Execution(workers=2))
    assert files_of(tmp_path / "workers") == files_of(expected.path)
