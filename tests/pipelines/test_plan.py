"""Plans: every row is planned or dropped, and what goes where is fixed before work starts."""

from collections import Counter
from pathlib import Path

import pytest

from motiondata.errors import InputError
from pipelines.inputs import find_inputs
from pipelines.options import BuildOptions
from pipelines.plan import Plan, make_plan
from tests.pipelines.made_archive import BAD, GOOD, SPLITS, MadeArchive

KNOWN_BEFORE_READING = {"humanact12", "missing", "wrong_release", "no_split"}


def plan_of(options: BuildOptions) -> Plan:
    return make_plan(options, find_inputs(options))


def keys(plan: Plan) -> list[str]:
    return [sample.key for clip in plan.clips for sample in clip.samples]


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
    for clip in plan.clips:
        of_split.setdefault(clip.split, []).append(clip.row.name)
    assert {split: of_split[split] for split in SPLITS} == SPLITS
    assert all(names == sorted(names) for names in of_split.values())
    assert [shard.name for shard in plan.shards] == [
        "test/000000.tar", "train/000000.tar", "val/000000.tar",
    ]  # fmt: skip


@pytest.mark.parametrize("count", [1, 2, 5])
def test_shards_differ_by_a_clip_at_the_most(
    archive: MadeArchive, monkeypatch: pytest.MonkeyPatch, count: int
) -> None:
    options = archive.options(views=50)
    train = [clip.frames for clip in plan_of(options).clips if clip.split == "train"]
    monkeypatch.setattr("pipelines.plan.clip_bytes", lambda clip, _: clip.frames * 1e6)
    sized = archive.options(views=50, shard_megabytes=sum(train) // count)
    shards = [shard for shard in plan_of(sized).shards if shard.split == "train"]
    sizes = [sum(clip.frames for clip in shard.clips) for shard in shards]
    assert sum(sizes) == sum(train)
    assert max(sizes) <= sum(train) / count + max(train)


def test_mirroring_and_views_multiply_samples(archive: MadeArchive) -> None:
    plain = keys(plan_of(archive.options()))
    twins = keys(plan_of(archive.options(mirror=True)))
    views = keys(plan_of(archive.options(mirror=True, views=3)))
    assert sorted(twins) == sorted([*plain, *(f"M{key}" for key in plain)])
    assert Counter(key.split("_v")[0] for key in views) == dict.fromkeys(twins, 3)


def test_a_limit_plans_the_first_clips_that_can_be_built(archive: MadeArchive) -> None:
    plan = plan_of(archive.options(limit=2))
    assert sorted(keys(plan)) == sorted(GOOD)[:2]
    assert plan.rows == 2 + len(plan.drops)


def test_without_lists_all_clips_are_in_one_split(archive: MadeArchive, tmp_path: Path) -> None:
    index = tmp_path / "index.csv"
    index.write_bytes((archive.root / "index.csv").read_bytes())
    plan = plan_of(BuildOptions(index, archive.root / "amass"))
    assert {clip.split for clip in plan.clips} == {"all"}


def test_two_samples_of_one_key_are_refused(archive: MadeArchive, tmp_path: Path) -> None:
    index = tmp_path / "index.csv"
    rows = "./pose_data/CMU/02/02_01_poses.npy,0,5,{}.npy\n"
    index.write_text(
        "source_path,start_frame,end_frame,new_name\n" + rows.format("a") + rows.format("A_v1")
    )
    options = BuildOptions(index, archive.root / "amass", views=2)
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
