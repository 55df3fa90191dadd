"""Finalizing: the tables and `dataset.json` are the sum of all receipts, read one by one."""

import json
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pyarrow as pa
import pytest

from motiondata.errors import InputError
from pipelines.datasets.info import info
from pipelines.datasets.statistics import stats
from pipelines.datasets.verify import verify
from pipelines.engine.build import build
from pipelines.engine.errors import AbortedError
from pipelines.engine.execution import Execution
from pipelines.engine.finalize import finalize
from pipelines.engine.output_folder import OutputFolder
from pipelines.engine.product import PlannedBuild
from pipelines.engine.receipt_files import ReceiptFiles
from pipelines.engine.receipts import Receipt
from pipelines.products.lidar.build import build_lidar
from pipelines.products.lidar.product import LidarProduct
from pipelines.products.lidar.sample import MANIFEST_COLUMNS
from shards import open_dataset
from shards.errors import ShardError
from shards.format.dataset import Dataset
from shards.format.hashing import hash_bytes
from shards.format.paths import MANIFEST
from shards.stats.moments import fold
from tests.support.archive import MadeArchive, make_archive
from tests.support.compare_builds import files_of
from tests.support.parquet import table_to_parquet

SHARD = "train/000000.tar"


@pytest.fixture
def mine(built: Dataset, out: Path) -> Path:
    """Copy the built dataset, so that a test may change it."""
    return shutil.copytree(built.path, out)


def planned(archive: MadeArchive) -> tuple[LidarProduct, PlannedBuild]:
    """Plan the build of the built dataset."""
    product = LidarProduct.of(archive.options(mirror=True, views=2))
    return product, product.plan_around({})


def test_the_manifest_is_that_of_all_receipts_at_once(built: Dataset) -> None:
    receipts = {receipt.shard: receipt for receipt in ReceiptFiles(built.path)}
    parts = [
        receipts[shard.name].manifest(built.schema, MANIFEST_COLUMNS)
        for shard in built.description.shards
    ]
    assert (built.path / MANIFEST).read_bytes() == table_to_parquet(pa.concat_tables(parts))


def test_a_build_whose_rows_were_all_dropped_is_a_sound_dataset_of_nothing(
    tmp_path: Path, out: Path
) -> None:
    archive = make_archive(tmp_path)
    index = tmp_path / "index.csv"
    lines = index.read_text().splitlines()
    index.write_text("\n".join([lines[0], *(line for line in lines if "CMU/05/broken" in line)]))
    build_lidar(archive.options(), out, Execution())
    assert verify(out).sound
    assert "drops: 1" in str(info(out))
    with pytest.raises(ShardError, match=r"no split 'train'; there are no samples"):
        open_dataset(out).frames("train", "points", 2)
    with pytest.raises(ShardError, match=r"no split 'train'; it has no samples"):
        stats(out, None, "points")


def test_statistics_are_those_of_all_receipts_folded_at_once(built: Dataset) -> None:
    receipts = list(ReceiptFiles(built.path))
    for split in built.description.splits:
        mine = [receipt for receipt in receipts if receipt.shard.startswith(f"{split}/")]
        for field in mine[0].moments:
            folded = fold(receipt.moments[field] for receipt in mine)
            said = json.loads((built.path / f"stats/{split}/{field}/stats.json").read_bytes())
            assert said["mean"] == folded.mean.tolist()
            assert said["std"] == folded.std().tolist()


def test_a_receipt_that_another_machine_still_hides_is_waited_for(
    archive: MadeArchive, mine: Path, built: Dataset
) -> None:
    path = ReceiptFiles(mine).path(SHARD)
    hidden = path.rename(path.with_suffix(".hidden"))
    timer = threading.Timer(0.5, hidden.rename, [path])
    timer.start()
    product, plan = planned(archive)
    with OutputFolder(mine).locked() as run:
        finalize(run, plan, product)
    timer.join()
    assert files_of(mine) == files_of(built.path)


def test_a_receipt_that_never_comes_ends_the_build(archive: MadeArchive, mine: Path) -> None:
    ReceiptFiles(mine).path(SHARD).unlink()
    product, plan = planned(archive)
    missing = f"the receipt of {SHARD}.*run the same command again"
    with OutputFolder(mine).locked() as run, pytest.raises(AbortedError, match=missing):
        finalize(run, plan, product, patience_seconds=0.0)


def test_a_shard_and_its_receipt_copied_over_anothers_are_built_again(
    archive: MadeArchive, mine: Path, built: Dataset
) -> None:
    for split in ("train", "test"):
        shutil.copy(mine / "val/000000.tar", mine / f"{split}/000000.tar")
        shutil.copy(mine / "receipts/val-000000.json", mine / f"receipts/{split}-000000.json")
    options = archive.options(mirror=True, views=2)
    build_lidar(options, mine, Execution(retry_dropped=True))
    build_lidar(options, mine, Execution())
    assert {*Dataset.open(mine).manifest["key"].to_pylist()} == {*built.manifest["key"].to_pylist()}
    assert verify(mine).sound


DEEP = b"[" * 100_000


def test_deep_json_is_no_receipt_and_no_quarantine(
    archive: MadeArchive, mine: Path, built: Dataset
) -> None:
    ReceiptFiles(mine).path(SHARD).write_bytes(DEEP + b"\n" + hash_bytes(DEEP).encode() + b"\n")
    ReceiptFiles(mine).quarantine_path(SHARD).write_bytes(DEEP)
    build_lidar(archive.options(mirror=True, views=2), mine, Execution())
    assert files_of(mine) == files_of(built.path)


def test_deep_json_is_no_plan(archive: MadeArchive, mine: Path) -> None:
    (mine / "receipts/plan.json").write_bytes(DEEP)
    with pytest.raises(InputError, match=r"plan\.json: is damaged, or of another version"):
        build_lidar(archive.options(mirror=True, views=2), mine, Execution())


def without_first(receipt: Receipt) -> Receipt:
    return replace(receipt, samples={name: of[1:] for name, of in receipt.samples.items()})


def with_another(receipt: Receipt) -> Receipt:
    more = {name: [*of, of[0]] for name, of in receipt.samples.items()}
    return replace(receipt, samples={**more, "key": [*receipt.keys, "another"]})


def with_a_drop_twice(receipt: Receipt) -> Receipt:
    return replace(receipt, drops=(*receipt.drops, receipt.drops[0]))


@pytest.mark.parametrize("change", [without_first, with_another, with_a_drop_twice])
def test_rows_that_are_neither_samples_nor_one_drop_are_a_bug(
    archive: MadeArchive, mine: Path, change: Callable[[Receipt], Receipt]
) -> None:
    path = ReceiptFiles(mine).path(SHARD)
    path.write_bytes(change(Receipt.from_bytes(path.read_bytes())).to_bytes())
    product, plan = planned(archive)
    with (
        OutputFolder(mine).locked() as run,
        pytest.raises(AssertionError, match="not every row"),
    ):
        finalize(run, plan, product)


class UnreadProduct(LidarProduct):
    """A product that must not be opened, because nothing is left to build."""

    def open(self) -> NoReturn:
        raise AssertionError


def test_a_build_whose_receipts_are_all_there_reads_no_recording(
    archive: MadeArchive, mine: Path, built: Dataset
) -> None:
    for name in (MANIFEST, "dataset.json"):
        (mine / name).unlink()
    build(UnreadProduct.of(archive.options(mirror=True, views=2)), mine, Execution())
    assert files_of(mine) == files_of(built.path)
