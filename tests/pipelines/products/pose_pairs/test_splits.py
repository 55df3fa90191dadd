"""All poses of a recording are in one split."""

import pytest

from motiondata.sources.humanml3d.index import Row
from pipelines.clips.planned_clips import PlannedClip
from pipelines.products.pose_pairs.splits import splits_of_recordings


def planned(recording: str, split: str) -> PlannedClip:
    row = Row(0, f"./pose_data/{recording}", 0, 40, "000000")
    return PlannedClip(row, recording, split, ())


@pytest.mark.parametrize(
    ("splits", "expected"),
    [
        (("train", "train"), "train"),
        (("train", "test"), "test"),
        (("test", "val"), "test"),
        (("val", "train"), "val"),
        (("all",), "all"),
    ],
)
def test_a_recording_is_in_the_split_that_is_held_back_most(
    splits: tuple[str, ...], expected: str
) -> None:
    clips = [planned("a.npz", split) for split in splits]
    assert splits_of_recordings(clips, {}, 0) == {"a.npz": expected}


def test_shares_are_kept_and_a_recording_stays_where_it_is() -> None:
    shares = {"train": 0.75, "test": 0.25}
    clips = [planned(f"{number}.npz", "all") for number in range(2000)]
    few, many = (splits_of_recordings(of, shares, 0) for of in (clips[:50], clips))
    assert few.items() <= many.items()
    assert [*many.values()].count("test") == pytest.approx(500, abs=70)
    assert many != splits_of_recordings(clips, shares, 1)
