"""Mixed views: exact counts, even passes over every part, and the promises of all views."""

import json
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shards import open_dataset
from shards.errors import ShardError
from shards.stream.items import FrameRuns, WholeClips
from shards.stream.loader import Loader
from shards.stream.mixed_dataset import MixedDataset
from shards.stream.mixing import MixedView, concat, mix
from shards.stream.ranks import Rank
from shards.stream.streamed_dataset import StreamedDataset
from shards.stream.views import Schedule, View
from shards.stream.weights import shares
from tests.support.clip_dataset import clip_values, make_clips

FIRST = {"train": [[3, 5, 2], [7, 1]], "val": [[4]]}
SECOND = {"train": [[4, 4, 6]], "val": [[2, 2]]}
Item = tuple[int, int]


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    root = tmp_path_factory.mktemp("two")
    return [make_clips(root / "a", FIRST).path, make_clips(root / "b", SECOND).path]


class NamesOfItems:
    """Batches that have the number of the clip of each item, so that nothing is read."""

    layout: dict[str, Any] = {"fields": {}, "lengths": None}  # noqa: RUF012
    ahead = 0

    def batch(self, runs: FrameRuns, length: int | None = None) -> dict[str, Any]:  # noqa: ARG002
        return {"clips": runs.clips}


def plain_view(items: int, batch: int, seed: int, shuffle: bool = True, rank: int = 0,
               world: int = 1) -> View:  # fmt: skip
    schedule = Schedule(batch, shuffle, False, Rank(rank, world))
    source = WholeClips(np.ones(items, np.int64))
    return View({"clips": items}, source, NamesOfItems(), schedule, seed)


def items_of(batch: dict[str, Any]) -> list[Item]:
    return list(zip(batch["parts"].tolist(), batch["clips"].tolist(), strict=True))


def epoch_of(view: View) -> list[Item]:
    return [item for batch in view for item in items_of(batch)]


sizes = st.lists(st.integers(1, 30), min_size=1, max_size=4)
weights = st.floats(0, 9).filter(lambda weight: weight == 0 or weight > 1e-3)


def mixed(
    sizes: list[int], weights: list[float], items: int, batch: int = 7, **options: Any
) -> MixedView:
    return mix([plain_view(size, batch, 3, **options) for size in sizes], weights, items=items)


@settings(max_examples=40, deadline=None)
@given(data=st.data(), sizes=sizes, items=st.integers(1, 60), shuffle=st.booleans())
def test_counts_are_exact_and_passes_are_even(
    data: st.DataObject, sizes: list[int], items: int, shuffle: bool
) -> None:
    draw = st.lists(weights, min_size=len(sizes), max_size=len(sizes)).filter(any)
    view = mixed(sizes, data.draw(draw), items, shuffle=shuffle)
    drawn: Counter[Item] = Counter()
    for _ in range(4):
        if data.draw(st.booleans()):
            view.set_weights(data.draw(draw))
        counts = [*view.counts.values()]
        epoch = epoch_of(view)
        assert len(epoch) == sum(counts) == items
        assert Counter(part for part, _ in epoch) == +Counter(dict(enumerate(counts)))
        drawn.update(epoch)
        for part, size in enumerate(sizes):
            times = [drawn[part, item] for item in range(size)]
            assert max(times) - min(times) <= 1


@given(
    given_weights=st.lists(weights, min_size=1, max_size=6).filter(any), items=st.integers(1, 999)
)
def test_shares_add_up_and_are_less_than_one_item_from_exact(
    given_weights: list[float], items: int
) -> None:
    counts = shares(given_weights, items)
    assert counts.sum() == items
    exact = np.array(given_weights) / sum(given_weights) * items
    assert np.all(np.abs(counts - exact) < 1 + 1e-6)


@settings(max_examples=20, deadline=None)
@given(at=st.integers(0, 20), change=st.booleans(), world=st.integers(1, 3))
def test_a_state_resumes_with_its_weights_on_every_rank(at: int, change: bool, world: int) -> None:
    def fresh(rank: int) -> MixedView:
        return mixed([9, 4], [2, 1], 31, 4, rank=rank, world=world)

    per_epoch = len(fresh(0))
    for rank in range(world):
        view = fresh(rank)
        if change:
            view.set_weights([1, 5], epoch=1)
        whole = [items_of(batch) for _ in range(3) for batch in view]
        read = fresh(rank)
        if change:
            read.set_weights([1, 5], epoch=1)
        seen = [items_of(batch) for batch in islice(_endless(read), min(at, 2 * per_epoch))]
        resumed = fresh(rank)
        resumed.load_state_dict(json.loads(json.dumps(read.state_dict())))
        rest = [items_of(batch) for batch in islice(_endless(resumed), len(whole) - len(seen))]
        assert seen + rest == whole


def _endless(view: View) -> Any:
    while True:
        yield from view


def test_ranks_share_every_epoch() -> None:
    whole = epoch_of(mixed([9, 4], [2, 1], 31, 12))
    ranks = [[*mixed([9, 4], [2, 1], 31, 4, rank=rank, world=3)] for rank in range(3)]
    assert sorted(item for batches in ranks for batch in batches for item in items_of(batch)) == (
        sorted(whole)
    )


def test_weights_of_an_epoch_that_has_begun_stay() -> None:
    view = mixed([9, 4], [2, 1], 31)
    next(iter(view))
    with pytest.raises(ShardError, match="the epoch is 0; expected a whole number of at least 1"):
        view.set_weights([1, 1], epoch=0)
    view.set_weights({"0": 0, "1": 1})
    assert view.counts == {"0": 0, "1": 31}
    assert {part for part, _ in epoch_of(view)} == {1}


@pytest.mark.parametrize(
    "given_weights",
    [[1], [1, -1], [0, 0], [1, float("nan")], ["1", 1], [True, 1], {"a": 1, "0": 2}],
)
def test_weights_that_are_none_are_refused(given_weights: Any) -> None:
    with pytest.raises(ShardError, match="weights"):
        mixed([9, 4], given_weights, 31)


@pytest.mark.parametrize(
    "weights", [None, [], [[1, [1, 1]]], [[0, [1]]], [[0, [1, 1]], [0, [1, 1]]], 5, [[0, "ab"]]]
)
def test_states_without_weights_are_refused(weights: Any) -> None:
    view = mixed([9, 4], [2, 1], 31)
    state = {**view.state_dict(), "weights": weights}
    with pytest.raises(ShardError, match="weights"):
        view.load_state_dict(state)
    assert view.state_dict()["weights"] == [[0, [2.0, 1.0]]]


def test_a_concatenation_has_every_item_once(two: list[Path]) -> None:
    for shuffle in (False, True):
        view = open_dataset(two).frames("train", "hits", 5, shuffle)
        frames = [(part, key, frame) for batch in view
                  for part, key, frame in zip(batch["parts"].tolist(), batch["keys"],
                                              batch["frames"].tolist(), strict=True)]  # fmt: skip
        expected = [
            (part, key, frame)
            for part, path in enumerate(two)
            for key, count in open_dataset(path)
            .manifest.query("split == 'train'")[["key", "frames"]]
            .values.tolist()
            for frame in range(count)
        ]
        assert sorted(frames) == sorted(expected)
        assert shuffle or frames == expected


def test_mixed_batches_have_the_frames_of_the_clips_that_they_name(two: list[Path]) -> None:
    data = open_dataset({two[0]: 2.0, two[1]: 1.0})
    view = data.clips("train", ["points", "txt"], 4, True, captions=False, items=30)
    assert view.counts == {str(two[0]): 20, str(two[1]): 10}
    for batch in view:
        assert batch["points"].shape[:2] == batch["mask"].shape
        for at, (part, key) in enumerate(zip(batch["parts"].tolist(), batch["keys"], strict=True)):
            frames = open_dataset(two[part]).dataset.row(key).frames
            made = clip_values(int(key[1:]), frames, 2)
            np.testing.assert_array_equal(batch["points"][at, :frames], made["points.npy"])
            assert not batch["points"][at, frames:].any()
            assert (batch["lengths"][at], batch["txt"][at]) == (frames, made["txt"])


@pytest.mark.parametrize("kind", ["captions", "windows"])
def test_other_views_are_mixed_too(two: list[Path], kind: str) -> None:
    data = open_dataset({two[0]: 1, two[1]: 1})
    if kind == "captions":
        view = data.clips("train", ["hits"], 3, True, captions=True)
        texts = {text for batch in view for text in batch["captions"]}
        assert texts
        assert all(" whole " in text or " half" in text for text in texts)
    else:
        view = data.windows("train", "hits", 4, 3, shuffle=True)
        assert {batch["hits"].shape[1] for batch in view} == {4}


def test_a_loader_delivers_the_same_with_workers(two: list[Path]) -> None:
    def view() -> MixedView:
        return open_dataset({two[0]: 2, two[1]: 1}).frames("train", "hits", 4, True, items=30)

    direct = [batch["keys"] for batch in view()]
    loader = Loader(view(), workers=2)
    assert [batch["keys"] for batch in loader] == direct
    assert loader.state_dict()["epoch"] == 1


def test_an_empty_rank_has_empty_batches(two: list[Path]) -> None:
    data = open_dataset({two[0]: 1, two[1]: 1})
    (batch,) = data.frames("train", "hits", 5, items=3, rank=4, world=5)
    assert (batch["hits"].shape, batch["keys"]) == ((0,), [])


@pytest.mark.parametrize(
    ("arguments", "options", "message"),
    [
        (("points", 2), {}, "their fields are"),
        (("hits", 3), {}, "their batch sizes are 2 and 3"),
        (("hits", 2), {"shuffle": True}, "their shuffle"),
        (("hits", 2), {"seed": 1}, "their seeds are 0 and 1"),
        (("hits", 2), {"drop_last": True}, "drop_last"),
        (("hits", 2), {"rank": 0, "world": 1}, "their ranks"),
    ],
)
def test_views_of_another_form_are_refused(
    streamed: StreamedDataset, arguments: Any, options: Any, message: str
) -> None:
    first = streamed.frames("train", "hits", 2)
    with pytest.raises(ShardError, match=message):
        concat({"a": first, "b": streamed.frames("train", *arguments, **options)})


def test_what_cannot_be_mixed_is_refused(streamed: StreamedDataset) -> None:
    view = streamed.frames("train", "hits", 2)
    with pytest.raises(ShardError, match="cannot be mixed: their kinds of items are windows and"):
        mix([view, streamed.clips("train", ["hits"], 2)], [1, 1])
    with pytest.raises(ShardError, match="mix all views at once"):
        mix([view, concat([view, view])], [1, 1])
    with pytest.raises(ShardError, match="expected at least one view"):
        concat([])
    with pytest.raises(ShardError, match="items needs weights"):
        MixedDataset({"a": streamed}).frames("train", "hits", 2, items=4)


def test_a_state_of_other_datasets_is_refused(two: list[Path]) -> None:
    def view(paths: list[Path]) -> MixedView:
        return open_dataset(dict.fromkeys(paths, 1.0)).frames("train", "hits", 4, items=8)

    with pytest.raises(ShardError, match="the state belongs to another view: its parts"):
        view(two).load_state_dict(view(two[::-1]).state_dict())


def test_a_condition_holds_for_all_parts(two: list[Path]) -> None:
    data = open_dataset(two).where("frames >= 4 and split == 'train'")
    assert len(data) == 5
    assert {key for batch in data.clips("train", ["hits"], 2) for key in batch["keys"]} <= {
        "c0", "c1", "c2", "c3"
    }  # fmt: skip
