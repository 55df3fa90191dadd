"""Building one shard: the order in which a worker does things."""

from pathlib import Path

import numpy as np
import pytest

from motiondata.errors import InputError
from pipelines.building import build_shard
from pipelines.jobs import ShardJob
from pipelines.lidar import LidarProduct
from pipelines.occupation import occupying
from pipelines.plan import make_plan
from tests.bodies.made_body import made_body
from tests.pipelines.made_archive import MadeArchive, make_archive


class Diary:
    """A watcher that writes down the rows as they are taken up, and the files asked for."""

    def __init__(self) -> None:
        self.entries: list[int | str] = []

    def take_up(self, row: int) -> None:
        if row not in self.entries:  # which it is again when it is finished
            self.entries.append(row)

    def put_down(self, frames: int) -> None:
        pass

    def ask_for(self, path: Path) -> None:
        self.entries.append(path.name)


def test_a_clip_s_files_are_asked_for_when_the_clip_before_it_is_taken_up(
    archive: MadeArchive, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    diary, options = Diary(), archive.options()
    monkeypatch.setattr("pipelines.lidar.prefetch_file", diary.ask_for)
    product = LidarProduct.of(options)
    shard = next(shard for shard in make_plan(options, product.paths).shards if shard.clips[1:])
    with occupying(out) as run:
        build_shard(ShardJob(shard, product, out, "plan", run), diary)
    first, *later = shard.clips
    expected: list[int | str] = [first.row.number]
    for clip in later:
        expected += [Path(clip.recording).name, f"{clip.row.name}.txt", clip.row.number]
    assert diary.entries == expected


def test_a_worker_that_finds_another_body_than_was_planned_with_stops(
    tmp_path: Path, out: Path
) -> None:
    archive = make_archive(tmp_path)
    product = LidarProduct.of(archive.options())
    np.savez(archive.root / "body.npz", **made_body(joints=24))  # type: ignore[arg-type]
    LidarProduct.of(archive.options())  # as in another process, in which nothing was loaded before
    plan = make_plan(product.options, product.paths)
    with occupying(out) as run, pytest.raises(InputError, match=r"body\.npz, .* was replaced"):
        build_shard(ShardJob(plan.shards[0], product, out, "plan", run), Diary())
    assert not [*out.rglob("*.tar")]
