"""The contents that info shows: length, frame rates, subsets, nearly empty frames, flags."""

import pyarrow as pa
import pytest

from pipelines.datasets.contents import Contents
from pipelines.products.lidar.description import LIDAR
from shards.format.dataset import Dataset
from tests.commands.test_cli import run

MANIFEST = pa.table(
    {
        "key": [f"{number:06d}" for number in range(12)],
        "frames": [72_000] * 11 + [30],
        "fps": [20.0] * 11 + [29.999998],
        "subset": ["KIT"] * 11 + ["CMU"],
        "empty_frames": [0] * 11 + [3],
        "crowded_frames": [0] * 12,
        "flags": [["lying"]] * 10 + [["synthetic"], []],
    }
)


def test_the_contents_of_a_manifest_are_values() -> None:
    contents = Contents.of(MANIFEST, LIDAR)
    assert contents.hours == pytest.approx(11 + 1 / 3600)
    assert contents.clips_by_fps == {20.0: 11, 30.0: 1}
    assert contents.clips_by_subset == {"CMU": 1, "KIT": 11}
    found = {column: each.frames for column, each in contents.counted_frames.items()}
    assert found == {"empty_frames": 3, "crowded_frames": 0}
    assert contents.flagged == {"lying": tuple(f"{number:06d}" for number in range(10))}


def test_flagged_clips_are_named_and_many_are_cut_off() -> None:
    said = "\n".join(Contents.of(MANIFEST, LIDAR).describe())
    assert "length: 11.0 hours" in said
    assert "20 (11), 30 (1)" in said
    assert "3 frames of 792,030 are empty" in said
    assert "crowded" not in said
    assert "flagged lying: 10 samples: 000000, 000001" in said
    assert "000007 and 2 more" in said


def test_a_manifest_without_these_columns_has_nothing_to_say() -> None:
    assert Contents.of(MANIFEST.select(["key", "frames"]), LIDAR).describe() == []


def test_info_says_how_long_a_dataset_is_and_of_which_subsets(built: Dataset) -> None:
    code, said = run("info", built.path)
    assert code == 0
    seconds = 4 * sum((12, 18, 20, 20, 15, 1)) / 20
    assert f"length: {seconds:.1f} seconds" in said
    assert "20 (24)" in said
    assert "subset              clips" in said
    hashes = [word for word in said.split() if len(word.strip("():,")) == 64]
    assert len(hashes) <= 2
