"""Zipped views: each item has what all datasets have of its clip."""

from pathlib import Path

import numpy as np
import pytest

from shards import open_dataset
from shards.errors import ShardError
from shards.stream.streamed_dataset import StreamedDataset
from shards.stream.views import View
from shards.stream.zipping import zip_by_key
from tests.support.clip_dataset import clip_values, make_clips

LENGTHS = {"train": [[3, 5, 2], [7, 1, 6]]}
HALF = {"train": [[2, 3, 1, 4, 1, 3]]}
"""The same clips at half of the rate, in one shard."""


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> StreamedDataset:
    return open_dataset(make_clips(tmp_path_factory.mktemp("scans") / "a", LENGTHS).path)


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> StreamedDataset:
    return open_dataset(make_clips(tmp_path_factory.mktemp("tokens") / "b", HALF, 3).path)


def test_whole_clips_are_joined_whatever_their_lengths(
    scans: StreamedDataset, tokens: StreamedDataset
) -> None:
    view = zip_by_key(
        {
            "scan": scans.clips("train", ["points"], 4, shuffle=True),
            "token": tokens.clips("train", ["hits", "txt"], 4),
        }
    )
    seen = []
    for batch in view:
        seen += batch["keys"]
        assert [*batch] == ["keys", "scan", "token"]
        for at, key in enumerate(batch["keys"]):
            for name, field, data, points in (
                ("scan", "points", scans, 2),
                ("token", "hits", tokens, 3),
            ):
                frames = data[key].frames
                made = clip_values(int(key[1:]), frames, points)
                part = batch[name]
                assert (part["lengths"][at], part["mask"][at].sum()) == (frames, frames)
                np.testing.assert_array_equal(part[field][at, :frames], made[f"{field}.npy"])
            assert batch["token"]["txt"][at] == tokens[key]["txt"]
    assert sorted(seen) == sorted(scans)


def test_the_same_frames_are_read_of_windows_and_a_state_resumes(
    scans: StreamedDataset,
) -> None:
    def view() -> View:
        other = scans.windows("train", "hits", 3, 2)
        return zip_by_key({"a": scans.windows("train", "points", 3, 2, True), "b": other})

    first, second = view(), view()
    batches = [*first]
    for batch in batches:
        frames = batch["a"]["points"][..., 0, 1]
        np.testing.assert_array_equal(frames * batch["b"]["mask"], batch["b"]["hits"])
    epoch = iter(second)
    next(epoch)
    third = view()
    third.load_state_dict(second.state_dict())
    rest = [batch["keys"] for batch in third]
    assert rest == [batch["keys"] for batch in batches[1:]]


def test_what_cannot_be_zipped_is_refused(
    scans: StreamedDataset, tokens: StreamedDataset, tmp_path: Path
) -> None:
    clips = scans.clips("train", ["hits"], 2)
    with pytest.raises(ShardError, match="expected at least two views"):
        zip_by_key({"a": clips})
    fewer = scans.clips("train", ["hits"], 2, keys=["c0", "c1"])
    with pytest.raises(ShardError, match="4 of 6 clips of a are not in b, such as c2; pass the"):
        zip_by_key({"a": clips, "b": fewer})
    windows = tokens.windows("train", "hits", 2, 2)
    with pytest.raises(ShardError, match="c0 has 3 frames in a and 2 in b; expected the same"):
        zip_by_key({"a": scans.windows("train", "hits", 2, 2), "b": windows})
    with pytest.raises(ShardError, match="a view of several views cannot be zipped"):
        zip_by_key({"a": clips, "b": zip_by_key({"a": clips, "b": clips})})
