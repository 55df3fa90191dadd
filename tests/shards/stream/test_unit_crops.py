"""Crops to whole units, padding and standardizing, as the trainers of motion features do."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shards.errors import ShardError
from shards.stats.standardizer import Standardizer
from shards.stream.items import WholeClips
from shards.stream.presets import PRESETS
from shards.stream.shuffle import Epoch
from shards.stream.streamed_dataset import StreamedDataset
from shards.stream.unit_crops import UnitCrops
from tests.support.clip_dataset import clip_captions


def humanml3d_lengths(frames: int, unit: int) -> dict[str, int]:
    """Return the length that each side of HumanML3D's coin gives, as its loader computes it."""
    return {"single": frames // unit * unit, "double": (frames // unit - 1) * unit}


@given(
    frames=st.lists(st.integers(8, 199), min_size=1, max_size=20),
    unit=st.sampled_from([1, 2, 4]),
    epoch=st.builds(Epoch, st.integers(0, 9), st.integers(0, 9)),
)
def test_crops_have_the_lengths_of_humanml3d_and_lie_within_their_clips(
    frames: list[int], unit: int, epoch: Epoch
) -> None:
    crops = UnitCrops(WholeClips(np.array(frames)), unit)
    runs = crops.runs(np.arange(len(frames)), epoch)
    assert runs.counts.max() <= crops.longest
    for whole, start, count in zip(frames, runs.starts, runs.counts, strict=True):
        assert count in humanml3d_lengths(whole, unit).values()
        assert 0 <= start <= whole - count


def test_a_third_of_the_crops_loses_one_more_unit_and_offsets_are_uniform() -> None:
    crops = UnitCrops(WholeClips(np.full(30_000, 43)), 4)
    runs = crops.runs(np.arange(30_000), Epoch(0, 0))
    lengths = Counter(runs.counts.tolist())
    assert {*lengths} == {40, 36}
    assert abs(lengths[36] / 30_000 - 1 / 3) < 0.01
    offsets = Counter(runs.starts[runs.counts == 40].tolist())
    assert [*sorted(offsets)] == [0, 1, 2, 3]
    assert max(offsets.values()) - min(offsets.values()) < 500


def test_clips_shorter_than_two_units_keep_what_they_have() -> None:
    runs = UnitCrops(WholeClips(np.array([1, 3, 4, 7])), 4).runs(np.arange(4), Epoch(0, 0))
    assert runs.counts.tolist() == [1, 3, 4, 4]


def test_every_rank_and_a_resumed_view_have_the_same_crops(streamed: StreamedDataset) -> None:
    def crops(batch: int, rank: int = 0, world: int = 1) -> list[tuple[str, int, int]]:
        view = streamed.clips(
            "train", ["hits"], batch, True, 3, crop_unit=2, rank=rank, world=world
        )
        return [
            item
            for each in view
            for item in zip(each["keys"], each["starts"].tolist(), each["lengths"].tolist(),
                            strict=True)
        ]  # fmt: skip

    both = crops(3, rank=0, world=2) + crops(3, rank=1, world=2)
    assert sorted(crops(6)) == sorted(both)
    view = streamed.clips("train", ["hits"], 2, True, 3, crop_unit=2)
    batches = iter(view)
    next(batches)
    state = view.state_dict()
    expected = next(batches)["starts"].tolist()
    view.load_state_dict(state)
    assert next(iter(view))["starts"].tolist() == expected


def test_a_state_of_another_unit_is_refused(streamed: StreamedDataset) -> None:
    state = streamed.clips("train", ["hits"], 2, crop_unit=2).state_dict()
    for unit in (None, 4):
        with pytest.raises(ShardError, match="another view"):
            streamed.clips("train", ["hits"], 2, crop_unit=unit).load_state_dict(state)


def test_the_padding_stays_zero_if_fields_are_standardized(streamed: StreamedDataset) -> None:
    scale = Standardizer(np.full(3, 7, np.float32), np.full(3, 2, np.float32))
    plain = next(iter(streamed.clips("train", ["points"], 6, pad_to=20)))
    batch = next(
        iter(streamed.clips("train", ["points"], 6, pad_to=20, standardize={"points": scale}))
    )
    assert batch["points"].shape[1] == 20
    assert not batch["points"][~batch["mask"]].any()
    kept = batch["mask"]
    np.testing.assert_array_equal(batch["points"][kept], (plain["points"][kept] - 7) / 2)


def test_what_does_not_fit_is_refused(streamed: StreamedDataset) -> None:
    scale = Standardizer(np.zeros(3, np.float32), np.ones(3, np.float32))
    with pytest.raises(ShardError, match="the longest clip has 11 frames"):
        streamed.clips("train", ["hits"], 2, pad_to=10)
    streamed.clips("train", ["hits"], 2, pad_to=10, crop_unit=2)
    with pytest.raises(ShardError, match="'points', which is not a field"):
        streamed.clips("train", ["hits"], 2, standardize={"points": scale})
    with pytest.raises(ShardError, match="crop_unit is 0"):
        streamed.clips("train", ["hits"], 2, crop_unit=0)


def test_captions_of_segments_are_separate_items(streamed: StreamedDataset) -> None:
    view = streamed.clips("train", ["hits"], 1000, shuffle=True, captions="segment")
    seen: Counter[tuple[str, bool, bool]] = Counter()
    for _ in range(20):
        batch = next(iter(view))
        items = zip(batch["keys"], batch["captions"], batch["starts"].tolist(), strict=True)
        seen.update((key, "half" in text, start > 0) for key, text, start in items)
    table = streamed.dataset.manifest.to_pylist()
    expected = {
        (row["key"], half, half)
        for row in table
        if row["split"] == "train" and clip_captions(int(row["key"][1:]), row["frames"])
        for half in (False, True)
        if row["frames"] > 1
    }
    assert {item: seen[item] for item in expected} == dict.fromkeys(expected, 20)


@pytest.mark.parametrize("name", PRESETS)
def test_no_clip_of_a_preset_is_longer_than_its_padding(name: str) -> None:
    clips = PRESETS[name].clips
    lengths = np.arange(clips["min_frames"], clips["max_frames"] + 1)
    crops = UnitCrops(WholeClips(lengths), clips["crop_unit"])
    assert crops.longest <= clips["pad_to"]


def test_a_preset_without_clips_of_its_length_says_so(streamed: StreamedDataset) -> None:
    with pytest.raises(ShardError, match="no clip matches"):
        streamed.windows("train", "hits", batch=2, **PRESETS["kit"].windows)
