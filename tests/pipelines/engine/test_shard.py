"""Building one shard: the order in which a worker does things."""

import pickle
from itertools import zip_longest
from pathlib import Path

import numpy as np
import pytest

from motiondata.errors import DropReason, InputError
from pipelines.clips.planned_clips import PlannedClip
from pipelines.engine.jobs import ShardJob
from pipelines.engine.opened import Opened
from pipelines.engine.output_folder import OutputFolder
from pipelines.engine.quarantine import QuarantinedRow
from pipelines.engine.shard import ShardBuilder
from pipelines.products.lidar.product import LidarProduct
from pipelines.products.lidar.scanner import LidarScanner
from tests.support.archive import MadeArchive, make_archive
from tests.support.small_body import made_body


class Diary:
    """A listener that writes down each row that is begun or finished, and each that is prefetched.

    A number is a row that the worker reports; a name is a row whose files are prefetched.
    """

    def __init__(self) -> None:
        self.entries: list[int | str] = []

    def row_started(self, row: int) -> None:
        self.entries.append(row)

    def row_finished(self, frames: int) -> None:
        pass

    def product(self, archive: MadeArchive) -> LidarProduct:
        """Return the LiDAR product of an archive, but it only writes down what it prefetches."""
        entries = self.entries

        class WatchedScanner(LidarScanner):
            def prefetch(self, planned: PlannedClip) -> None:
                entries.append(planned.row.name)

        class Watched(LidarProduct):
            def open(self) -> WatchedScanner:
                return WatchedScanner(**vars(super().open()))

        return Watched.of(archive.options())


def test_a_clip_s_files_are_asked_for_when_the_clip_before_it_is_taken_up(
    archive: MadeArchive, out: Path
) -> None:
    diary = Diary()
    product = diary.product(archive)
    shard = next(shard for shard in product.plan_around({}).plan.shards if shard.clips[1:])
    with OutputFolder(out).locked() as run:
        ShardBuilder(Opened())(ShardJob(shard, product, run, "plan"), diary)
    expected: list[int | str] = []
    for clip, following in zip_longest(shard.clips, shard.clips[1:]):
        if following:
            expected += [following.row.number, following.row.name]
        expected += [clip.row.number, clip.row.number]  # when it is begun, and when it is finished
    assert diary.entries == expected


def test_the_files_of_a_row_in_quarantine_are_not_asked_for(
    archive: MadeArchive, out: Path
) -> None:
    diary = Diary()
    product = diary.product(archive)
    shards = product.plan_around({}).plan.shards
    shard = next(shard for shard in shards if shard.clips[2:])
    row = shard.clips[1].row
    quarantine = (QuarantinedRow(row.number, DropReason.HUNG, "took too long"),)
    with OutputFolder(out).locked() as run:
        receipt = ShardBuilder(Opened())(ShardJob(shard, product, run, "plan", quarantine), diary)
    assert row.number in [drop.row for drop in receipt.drops]
    assert row.name not in diary.entries
    assert shard.clips[2].row.name in diary.entries


def test_a_worker_that_finds_another_body_than_was_planned_with_stops(
    tmp_path: Path, out: Path
) -> None:
    archive = make_archive(tmp_path)
    product = LidarProduct.of(archive.options())
    np.savez(archive.root / "body.npz", **made_body(joints=24))  # type: ignore[arg-type]
    plan, _ = product.plan_around({})
    elsewhere = pickle.loads(pickle.dumps(product))  # noqa: S301 (made here)
    with (
        OutputFolder(out).locked() as run,
        pytest.raises(InputError, match=r"body\.npz, .* was replaced"),
    ):
        ShardBuilder(Opened())(ShardJob(plan.shards[0], elsewhere, run, "plan"), Diary())
    assert not [*out.rglob("*.tar")]
