"""The manifest and the drops as pandas tables."""

from pathlib import Path

import pytest

from shards import open_dataset
from shards.errors import DatasetError
from tests.support.dataset import make_dataset


def test_the_manifest_is_a_table_with_one_row_per_sample(tmp_path: Path) -> None:
    dataset = make_dataset(tmp_path)
    manifest = open_dataset(tmp_path).manifest
    assert manifest["key"].tolist() == ["train0_0", "train0_1", "train0_2", "train1_0", "train1_1",
                                        "val0_0", "val0_1"]  # fmt: skip
    assert manifest.columns.tolist() == dataset.manifest.column_names
    frames = manifest.groupby("split")["frames"].sum()
    for split in ("train", "val"):
        assert frames[split] == sum(shard.frames for shard in dataset.shards_of(split))


def test_the_drops_are_a_table_with_one_row_per_drop(tmp_path: Path) -> None:
    make_dataset(tmp_path)
    drops = open_dataset(tmp_path).drops
    assert drops.to_dict("records") == [{"row": 7, "reason": "missing"}]


def test_damaged_drops_are_refused_when_they_are_asked_for(tmp_path: Path) -> None:
    make_dataset(tmp_path)
    path = tmp_path / "drops.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    dataset = open_dataset(tmp_path)
    assert len(dataset.manifest) == 7
    with pytest.raises(DatasetError, match=r"drops\.parquet: is damaged"):
        dataset.drops  # noqa: B018
