"""Views: every item once per epoch over all ranks, and resumable anywhere."""

import json
import pickle
from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shards.errors import ShardError
from shards.stream.streamed_dataset import StreamedDataset
from shards.stream.views import View
from tests.support.clip_dataset import make_clips

KINDS = ("clips", "captions", "frames", "windows")
LENGTH = 3

Item = tuple[Any, ...]
Options = dict[str, Any]


def make_view(streamed: StreamedDataset, kind: str, batch: int, **options: Any) -> View:
    """Return a view of one of the kinds."""
    match kind:
        case "clips":
            return streamed.clips("train", ["hits"], batch, **options)
        case "captions":
            return streamed.clips("train", ["hits"], batch, captions=True, **options)
        case "frames":
            return streamed.frames("train", "hits", batch, **options)
    return streamed.windows("train", "hits", LENGTH, batch, sampling="frame", **options)


def items_of(batch: dict[str, Any]) -> list[Item]:
    """Return what tells the items of a batch apart: key, first frame, length and caption."""
    columns = [batch["keys"]]
    columns += [batch[name].tolist() for name in ("frames", "starts", "lengths") if name in batch]
    columns += [batch[name] for name in ("captions",) if name in batch]
    return list(zip(*columns, strict=True))


def sequence(view: View, epochs: int = 1) -> list[list[Item]]:
    return [items_of(batch) for _ in range(epochs) for batch in view]


def interleave(batches: tuple[list[Any], ...]) -> list[Any]:
    """Return the global batch of which these are the ranks' parts."""
    longest = max(map(len, batches))
    return [batch[at] for at in range(longest) for batch in batches if at < len(batch)]


def everything(streamed: StreamedDataset, kind: str) -> list[Item]:
    """Return all items of the train split in the manifest's order: the reference."""
    table = streamed.dataset.manifest.to_pylist()
    clips = [(row["key"], row["frames"]) for row in table if row["split"] == "train"]
    return [item for key, frames in clips for item in expected_items(key, frames, kind)]


def expected_items(key: str, frames: int, kind: str) -> Iterator[Item]:
    number = int(key[1:])
    if kind == "clips":
        yield key, 0, frames
    if kind == "frames":
        yield from ((key, frame) for frame in range(frames))
    if kind == "windows":
        yield from ((key, at, min(LENGTH, frames - at)) for at in range(0, frames, LENGTH))
    if kind == "captions" and number % 5:
        yield from ((key, 0, frames, f"{number} whole {which}") for which in range(number % 5))
        yield key, frames // 2, frames - frames // 2, f"{number} half"


@pytest.mark.parametrize("kind", KINDS)
def test_without_shuffling_all_items_come_in_the_manifests_order(
    streamed: StreamedDataset, kind: str
) -> None:
    for batch in (1, 4, 1000):
        batches = sequence(make_view(streamed, kind, batch))
        assert [item for each in batches for item in each] == everything(streamed, kind)
        assert {len(each) for each in batches[:-1]} <= {batch}


VIEWS = st.fixed_dictionaries(
    {"shuffle": st.booleans(), "seed": st.integers(0, 5), "drop_last": st.booleans()}
)
RANKS = st.sampled_from([(1, 12), (2, 6), (3, 4), (4, 3), (6, 2), (12, 1)])
"""Numbers of ranks with the batch of each, for one global batch."""


@settings(max_examples=60, deadline=None)
@given(kind=st.sampled_from(KINDS), options=VIEWS, ranks=RANKS)
def test_ranks_share_the_global_batches_equally(
    streamed: StreamedDataset, kind: str, options: Options, ranks: tuple[int, int]
) -> None:
    world, batch = ranks
    alone = sequence(make_view(streamed, kind, 12, **options), epochs=2)
    parts = [
        sequence(make_view(streamed, kind, batch, **options, rank=rank, world=world), epochs=2)
        for rank in range(world)
    ]
    assert [interleave(each) for each in zip(*parts, strict=True)] == alone
    sizes = [{len(part[number]) for part in parts} for number in range(len(alone))]
    assert all(max(size) - min(size) <= 1 for size in sizes)


@settings(max_examples=60, deadline=None)
@given(kind=st.sampled_from(["clips", "frames"]), seed=st.integers(), batch=st.integers(1, 50))
def test_a_shuffled_epoch_has_every_item_once(
    streamed: StreamedDataset, kind: str, seed: int, batch: int
) -> None:
    view = make_view(streamed, kind, batch, shuffle=True, seed=seed)
    first, second = sequence(view), sequence(view)
    assert len(first) == len(second) == len(view)
    for epoch in (first, second):
        items = [item for each in epoch for item in each]
        assert sorted(items) == sorted(everything(streamed, kind))
    assert first != second


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(KINDS), options=VIEWS, before=RANKS, after=RANKS, cut=st.integers(0, 40)
)
def test_a_state_restores_the_very_next_batch_on_any_number_of_ranks(
    streamed: StreamedDataset,
    kind: str,
    options: Options,
    before: tuple[int, int],
    after: tuple[int, int],
    cut: int,
) -> None:
    whole = sequence(make_view(streamed, kind, 12, **options), epochs=3)
    view = make_view(streamed, kind, before[1], **options, rank=before[0] - 1, world=before[0])
    cut = cut % (2 * len(view))
    state = state_after(view, cut)
    resumed = []
    for rank in range(after[0]):
        other = make_view(streamed, kind, after[1], **options, rank=rank, world=after[0])
        other.load_state_dict(state)
        resumed.append(sequence(other, epochs=1))
    rest = whole[cut : -(-(cut + 1) // len(view)) * len(view)]
    joined = [interleave(each) for each in zip(*resumed, strict=True)]
    assert joined == rest


def state_after(view: View, batches: int) -> dict[str, Any]:
    """Return the state after a number of batches, as it would be read from a file."""
    for _ in range(batches // len(view)):
        sequence(view)
    for _ in islice(view, batches % len(view)):
        pass
    loaded: dict[str, Any] = pickle.loads(pickle.dumps(view.state_dict()))  # noqa: S301
    return loaded


def test_an_epoch_that_is_broken_off_is_followed_by_a_fresh_one(streamed: StreamedDataset) -> None:
    view, same = (make_view(streamed, "frames", 5, shuffle=True) for _ in range(2))
    next(iter(view))
    assert sequence(view) == sequence(same, epochs=2)[len(view) :]


def test_a_state_is_plain_whatever_a_view_was_made_with(streamed: StreamedDataset) -> None:
    length, batch, seed, rank, world = np.array([3, 4, 5, 1, 2])
    view = streamed.windows("train", "hits", length, batch, True, seed, rank=rank, world=world)
    next(iter(view))
    state = view.state_dict()
    assert json.loads(json.dumps(state)) == state
    assert (state["length"], state["global_batch"], state["seed"]) == (3, 8, 5)


def test_an_epoch_can_be_named(streamed: StreamedDataset) -> None:
    view, same = (make_view(streamed, "frames", 5, shuffle=True) for _ in range(2))
    view.set_epoch(2)
    assert sequence(view) == sequence(same, epochs=3)[2 * len(view) :]


def test_a_state_at_the_end_of_an_epoch_goes_on_with_the_next(streamed: StreamedDataset) -> None:
    view, same = (make_view(streamed, "clips", 5, shuffle=True) for _ in range(2))
    first = sequence(view)
    same.load_state_dict(view.state_dict())
    assert view.state_dict()["epoch"] == 1
    assert sequence(same) == sequence(view) != first


def test_a_state_of_its_last_batch_has_nothing_left(streamed: StreamedDataset) -> None:
    view, same = (make_view(streamed, "clips", 5, shuffle=True) for _ in range(2))
    for _ in view:
        state = view.state_dict()
    same.load_state_dict(state)
    assert sequence(same) == []
    assert sequence(same) == sequence(view)


OTHERS: dict[str, tuple[Options, str]] = {
    "another order": ({"shuffle": False}, "shuffle"),
    "other clips": ({"min_frames": 3}, "clips"),
    "another global batch": ({"batch": 5}, "global_batch"),
    "more ranks": ({"rank": 0, "world": 2}, "global_batch"),
    "no leftovers": ({"drop_last": True}, "drop_last"),
    "another kind": ({"kind": "captions"}, "kind"),
}


@pytest.mark.parametrize(("options", "named"), OTHERS.values(), ids=OTHERS)
def test_a_state_of_another_view_is_refused(
    streamed: StreamedDataset, options: Options, named: str
) -> None:
    base: Options = {"kind": "clips", "batch": 4, "shuffle": True}
    state = make_view(streamed, **base).state_dict()
    with pytest.raises(ShardError, match=f"belongs to another view: its {named} is"):
        make_view(streamed, **{**base, **options}).load_state_dict(state)


def test_a_state_of_another_dataset_is_refused(
    streamed: StreamedDataset, tmp_path_factory: pytest.TempPathFactory
) -> None:
    lengths = {"train": [[3, 4]]}
    other = StreamedDataset(make_clips(tmp_path_factory.mktemp("other"), lengths))
    state = make_view(other, "clips", 2).state_dict()
    with pytest.raises(ShardError, match="its dataset is"):
        make_view(streamed, "clips", 2).load_state_dict(state)
    with pytest.raises(ShardError, match="its dataset is None"):
        make_view(streamed, "clips", 2).load_state_dict({})


POSITIONS: dict[str, tuple[str, Any]] = {
    "before the first batch": ("batch", -1),
    "after the last batch": ("batch", 10**12),
    "half a batch": ("batch", 1.5),
    "a batch that is text": ("batch", "3"),
    "a batch that is true": ("batch", True),
    "no batch": ("batch", None),
    "an epoch before the first": ("epoch", -1),
    "an epoch that is text": ("epoch", "x"),
    "a seed that is no number": ("seed", float("nan")),
    "no seed": ("seed", None),
}


@pytest.mark.parametrize(("name", "value"), POSITIONS.values(), ids=POSITIONS)
def test_a_state_at_no_position_of_the_view_is_refused_and_changes_nothing(
    streamed: StreamedDataset, name: str, value: Any
) -> None:
    view = make_view(streamed, "frames", 4, shuffle=True)
    next(iter(view))
    before = view.state_dict()
    with pytest.raises(ShardError, match=f"the {name} of the state is .*; expected a whole number"):
        view.load_state_dict({**before, name: value})
    assert view.state_dict() == before


@pytest.mark.parametrize("state", [None, [], "x", 5])
def test_what_is_no_state_is_refused(streamed: StreamedDataset, state: Any) -> None:
    with pytest.raises(ShardError, match=r"the state is .*; expected what `state_dict`"):
        make_view(streamed, "clips", 4).load_state_dict(state)


@pytest.mark.parametrize("epoch", [-1, 0.5, "1"])
def test_only_a_whole_number_is_an_epoch(streamed: StreamedDataset, epoch: Any) -> None:
    with pytest.raises(ShardError, match="the epoch is"):
        make_view(streamed, "clips", 4).set_epoch(epoch)


def test_an_iterator_of_before_does_not_move_the_position_that_was_loaded(
    streamed: StreamedDataset,
) -> None:
    view = make_view(streamed, "frames", 4, shuffle=True)
    left_over = iter(view)
    next(left_over)
    state = view.state_dict()
    next(left_over)
    view.load_state_dict(state)
    assert len(list(left_over)) == len(view) - 2
    assert view.state_dict() == state


def test_of_two_iterators_the_later_one_moves_the_position(streamed: StreamedDataset) -> None:
    view = make_view(streamed, "frames", 4, shuffle=True)
    first, second = iter(view), iter(view)
    next(second)
    state = view.state_dict()
    next(first)
    next(first)
    assert view.state_dict() == state
    assert (state["epoch"], state["batch"]) == (1, 1)


def test_a_view_and_its_place_survive_pickling(streamed: StreamedDataset) -> None:
    view = make_view(streamed, "windows", 4, shuffle=True)
    state_after(view, 3)
    copy = pickle.loads(pickle.dumps(view))  # noqa: S301
    assert copy.state_dict() == view.state_dict()
    assert sequence(copy) == sequence(view)


def test_the_rank_is_read_from_the_environment(
    streamed: StreamedDataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    given_ = make_view(streamed, "clips", 2, rank=1, world=3)
    monkeypatch.setenv("RANK", "1")
    monkeypatch.setenv("WORLD_SIZE", "3")
    assert sequence(make_view(streamed, "clips", 2)) == sequence(given_)
    monkeypatch.setenv("RANK", "one")
    with pytest.raises(ShardError, match="RANK is 'one'; expected a whole number"):
        sequence(make_view(streamed, "clips", 2))


WRONG: dict[str, tuple[Options, str]] = {
    "a rank alone": ({"rank": 1}, "give both or neither"),
    "a rank too many": ({"rank": 2, "world": 2}, "is 2; expected a whole number from 0 to 1"),
    "a world of no ranks": ({"rank": 0, "world": 0}, "is 0; expected a whole number of at least 1"),
    "half a rank": ({"rank": 0.5, "world": 2}, "is 0.5; expected a whole number"),
    "no batch": ({"batch": 0}, "the batch is 0; expected a whole number of at least 1"),
    "half a batch": ({"batch": 1.5}, "the batch is 1.5"),
    "a seed that is a word": ({"seed": "x"}, "the seed is 'x'"),
}


@pytest.mark.parametrize(("options", "message"), WRONG.values(), ids=WRONG)
def test_wrong_requests_are_refused(
    streamed: StreamedDataset, options: Options, message: str
) -> None:
    with pytest.raises(ShardError, match=message):
        make_view(streamed, "clips", **{"batch": 2, **options})


def test_fewer_items_than_ranks_leave_some_ranks_an_empty_batch(streamed: StreamedDataset) -> None:
    views = [
        streamed.windows("train", "points", LENGTH, 2, keys=["c1"], rank=rank, world=9)
        for rank in range(9)
    ]
    batches = [list(view) for view in views]
    assert {len(each) for each in batches} == {1}
    empty = batches[-1][0]
    assert empty["keys"] == []
    assert empty["points"].shape == (0, LENGTH, 2, 3)
    assert np.concatenate([each[0]["mask"] for each in batches]).shape[1] == LENGTH
