"""Plans: every row is planned or dropped, and its place is fixed before work starts."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from motiondata.errors import InputError
from pipelines.clips.options import PackingOptions
from pipelines.clips.pack_shards import cut_evenly
from pipelines.clips.planned_clips import PlannedClips
from pipelines.engine.plan import Plan, PlannedShard
from pipelines.products.lidar.options import LidarBuildOptions
from pipelines.products.lidar.product import LidarProduct
from tests.support.archive import BAD, GOOD, SPLITS, MadeArchive
from tests.support.lidar_options import lidar_options

KNOWN_BEFORE_READING = {"humanact12", "missing", "no_split"}


def plan_of(options: LidarBuildOptions) -> Plan[PlannedClips]:
    return LidarProduct.of(options).plan()


def keys_of(shard: PlannedShard) -> list[str]:
    return [key for clip in shard.clips for key in clip.keys]


def keys(plan: Plan[PlannedClips]) -> list[str]:
    return [key for clip in plan.clips for key in clip.keys]


def test_every_row_is_planned_or_dropped(archive: MadeArchive) -> None:
    plan = plan_of(archive.options())
    planned = {clip.row.name for clip in plan.clips}
    dropped = {drop.key: drop.reason for drop in plan.drops}
    assert planned | dropped.keys() == GOOD.keys() | BAD.keys()
    assert not planned & dropped.keys()
    assert plan.rows == len(GOOD) + len(BAD)
    assert dropped == {name: row[3] for name, row in BAD.items() if row[3] in KNOWN_BEFORE_READING}


def test_splits_are_shards_apart_in_the_order_of_the_index(archive: MadeArchive) -> None:
    plan = plan_of(archive.options())
    of_split: dict[str, list[str]] = {}
    for shard in plan.shards:
        of_split.setdefault(shard.split, []).extend(clip.row.name for clip in shard.clips)
    assert {split: of_split[split] for split in SPLITS} == SPLITS
    assert all(names == sorted(names) for names in of_split.values())
    assert [shard.name for shard in plan.shards] == [
        "test/000000.tar", "train/000000.tar", "val/000000.tar",
    ]  # fmt: skip


@pytest.mark.parametrize("count", [1, 2, 5])
def test_shards_differ_by_a_clip_at_the_most(archive: MadeArchive, count: int) -> None:
    sizes = np.random.default_rng(count).integers(1, 10**7, 300)
    packing = PackingOptions(int(sizes.sum() / 1e6 / count))
    shards = [sizes[part] for part in cut_evenly(sizes, packing)]
    assert len(shards) == count
    assert np.concatenate(shards).tolist() == sizes.tolist()
    assert max(map(sum, shards)) <= sizes.sum() / count + sizes.max()


SIZES = st.lists(st.integers(1, 10**7), max_size=40)


@given(SIZES, st.integers(1, 20))
def test_clips_are_cut_where_the_slow_way_of_cutting_cuts(sizes: list[int], megabytes: int) -> None:
    packing = PackingOptions(megabytes)
    parts = [part.tolist() for part in cut_evenly(np.array(sizes, np.int64), packing)]
    assert parts == cut_one_by_one(sizes, megabytes * 1e6)


def cut_one_by_one(sizes: list[int], shard_bytes: float) -> list[list[int]]:
    """Put each clip into the shard that its middle falls in."""
    count = min(len(sizes), max(1, round(sum(sizes) / shard_bytes)))
    filled: list[list[int]] = [[] for _ in range(count)]
    before = 0
    for clip, size in enumerate(sizes):
        filled[min(count - 1, int((before + size / 2) * count / sum(sizes)))].append(clip)
        before += size
    return [part for part in filled if part]


def test_mirroring_and_views_multiply_samples(archive: MadeArchive) -> None:
    plain = keys(plan_of(archive.options()))
    twins = keys(plan_of(archive.options(mirror=True)))
    views = keys(plan_of(archive.options(mirror=True, views=3)))
    assert sorted(twins) == sorted([*plain, *(f"M{key}" for key in plain)])
    assert Counter(key.split("_v")[0] for key in views) == dict.fromkeys(twins, 3)


@pytest.mark.parametrize("end", [36_001, 999_999_999])
def test_a_row_longer_than_any_clip_is_dropped_and_changes_no_shard(
    archive: MadeArchive, tmp_path: Path, end: int
) -> None:
    index = tmp_path / "index.csv"
    good = "".join(
        f"./pose_data/CMU/02/02_01_poses.npy,0,5,{number:06d}.npy\n" for number in range(400)
    )
    long = f"./pose_data/CMU/02/02_01_poses.npy,0,{end},long.npy\n"
    plans = []
    for rows in (good, long + good):
        index.write_text("source_path,start_frame,end_frame,new_name\n" + rows)
        options = lidar_options(index, archive.root / "amass", shard_megabytes=1)
        plans.append(plan_of(options))
    before, after = ([keys_of(shard) for shard in plan.shards] for plan in plans)
    assert len(before) > 1
    assert after == before
    (drop,) = plans[1].drops
    assert (drop.key, drop.reason, drop.stage) == ("long", "invalid", "plan")
    assert f"has {end} frames (0 to {end}); expected at most 36000" in drop.message


def test_a_limit_plans_the_first_clips_that_can_be_built(archive: MadeArchive) -> None:
    plan = plan_of(archive.options(limit=2))
    assert sorted(keys(plan)) == sorted(GOOD)[:2]
    assert plan.rows == 2 + len(plan.drops)


def test_without_lists_all_clips_are_in_one_split(archive: MadeArchive, tmp_path: Path) -> None:
    index = tmp_path / "index.csv"
    index.write_bytes((archive.root / "index.csv").read_bytes())
    plan = plan_of(lidar_options(index, archive.root / "amass"))
    assert {shard.split for shard in plan.shards} == {"all"}


def test_two_samples_of_one_key_are_refused(archive: MadeArchive, tmp_path: Path) -> None:
    index = tmp_path / "index.csv"
    rows = "./pose_data/CMU/02/02_01_poses.npy,0,5,{}.npy\n"
    index.write_text(
        "source_path,start_frame,end_frame,new_name\n" + rows.format("a") + rows.format("A_v1")
    )
    options = lidar_options(index, archive.root / "amass", views=2)
    with pytest.raises(InputError, match="A_v1"):
        plan_of(options)


@pytest.mark.parametrize(
    "wrong", [{"points": 0}, {"views": 0}, {"distance": 0.0}, {"noise": -1.0}, {"limit": 0},
              {"distance": float("nan")}, {"shard_megabytes": 0}, {"height": float("inf")}],
)  # fmt: skip
def test_parameters_out_of_range_are_refused(
    archive: MadeArchive, wrong: dict[str, object]
) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        archive.options(**wrong)
