"""Building one shard: the order in which a worker does things."""

from pathlib import Path

import pytest

from pipelines.building import build_shard
from pipelines.inputs import find_inputs
from pipelines.jobs import ShardJob
from pipelines.lidar import LidarProduct
from pipelines.occupation import occupying
from pipelines.plan import make_plan
from tests.pipelines.made_archive import MadeArchive


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
    product = LidarProduct(options, find_inputs(options))
    shard = next(shard for shard in make_plan(options, product.paths).shards if shard.clips[1:])
    with occupying(out) as run:
        build_shard(ShardJob(shard, product, out, "plan", run), diary)
    first, *later = shard.clips
    expected: list[int | str] = [first.row.number]
    for clip in later:
        expected += [Path(clip.recording).name, f"{clip.row.name}.txt", clip.row.number]
    assert diary.entries == expected
