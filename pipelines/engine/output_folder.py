"""A build's output folder, and the one run that may write into it.

A folder with other files is never changed. A folder of another plan is changed only if the user
asks for it. `OutputFolder` reads; only a `Run` writes.
"""

import shutil
from collections.abc import Container, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from motiondata.errors import InputError
from pipelines.engine.fingerprint import Fingerprint
from pipelines.engine.output_path import expect_outside_datasets
from pipelines.engine.plan_file import PLAN, PlanFile
from pipelines.engine.product import PlannedBuild
from pipelines.engine.quarantine import Quarantine
from pipelines.engine.receipt_files import ReceiptFiles
from pipelines.engine.receipts import Receipt
from pipelines.engine.run_lock import RunLock
from shards.errors import ShardError
from shards.format.dataset import read_description
from shards.format.paths import (
    DATASET,
    DROPS,
    LOCK,
    MANIFEST,
    RECEIPTS,
    RUN,
    SHARD_NAME,
    STATISTICS,
    inside,
)


@dataclass(frozen=True)
class OutputFolder:
    """The folder of a dataset that a build writes. It need not exist yet."""

    path: Path

    @classmethod
    def check(cls, path: Path, product: str) -> "OutputFolder":
        """Return the folder at a path if a build of a product may write into it.

        Raises `InputError` unless the folder is new, empty, or of a build of this product, or if a
        link leads out of it. Writes nothing.
        """
        folder = cls(path)
        folder._expect_own_files()
        folder._expect_no_links()
        expect_outside_datasets(path)
        folder._expect_own_kind(product)
        return folder

    @property
    def plan(self) -> PlanFile:
        """The plan that builds the folder."""
        return PlanFile(self.path)

    @property
    def receipts(self) -> ReceiptFiles:
        """The receipts of the finished shards."""
        return ReceiptFiles(self.path)

    @property
    def lock(self) -> RunLock:
        """The lock of the folder."""
        return RunLock(self.path)

    @contextmanager
    def locked(self) -> Iterator["Run"]:
        """Hold the lock of the folder during the block, and yield a new run.

        Raises `AbortedError` if another run holds the lock.
        """
        with self.lock.hold(), self.new_run() as run:
            yield run

    @contextmanager
    def new_run(self) -> Iterator["Run"]:
        """Begin a run while the lock is held, and yield it.

        Removes unfinished files before and after the block.
        """
        with self.lock.begin_run() as token:
            yield Run(self, token)

    def unfinished_shards(self, planned: PlannedBuild) -> list[int]:
        """Return the numbers of the shards of a plan that have no receipt."""
        plan, fingerprint = planned
        return [
            number
            for number, name in enumerate(plan.shards.names)
            if self.receipts.find(name, fingerprint.answer(name)) is None
        ]

    def is_finished(self, planned: PlannedBuild) -> bool:
        """Tell whether the folder is the finished dataset of a plan."""
        return (self.path / DATASET).exists() and not self.unfinished_shards(planned)

    def _expect_own_files(self) -> None:
        ours = any((self.path / name).is_file() for name in (LOCK, PLAN))
        if self.path.exists() and not ours and self._has_files():
            raise InputError(
                f"{self.path}: expected a new or empty folder, or the output of this build, found "
                f"other files; choose another --out"
            )

    def _has_files(self) -> bool:
        return not self.path.is_dir() or any(not path.is_dir() for path in self.path.rglob("*"))

    def _expect_no_links(self) -> None:
        for path in self.path.iterdir() if self.path.exists() else ():
            if not path.resolve().is_relative_to(self.path.resolve()):
                raise InputError(
                    f"{path}: is a link that leads out of {self.path}, expected all of a dataset "
                    f"inside its folder; remove the link"
                )

    def _expect_own_kind(self, product: str) -> None:
        """Refuse the dataset of another product. A damaged `dataset.json` passes: it is rebuilt."""
        try:
            found = read_description(self.path).provenance.get("product")
        except (ShardError, AttributeError):
            return
        if found != product:
            raise InputError(
                f"{self.path}: is a finished dataset of another kind ({found}), expected one of "
                f"{product} or a new folder; choose another --out"
            )


@dataclass(frozen=True)
class Run:
    """The right of one run to write into an output folder. It is small, and every job carries it.

    Each method that writes raises `AbortedError`, and writes nothing, if another run has begun.
    """

    folder: OutputFolder
    token: str

    def permit(self) -> AbstractContextManager[None]:
        """Return the context in which files may be begun, renamed to final names and removed.

        Entering it raises `AbortedError` if another run has begun.
        """
        return self.folder.lock.while_current(self.token)

    def begin_plan(self, plan: Fingerprint, restart: bool) -> None:
        """Prepare the folder for a plan's shards, or raise `InputError` and leave it unchanged.

        The old plan is removed first. A folder without a plan is cleared, so that an interrupted
        restart never mixes the files of two plans.
        """
        if restart or not self.folder.plan.expect(plan):
            with self.permit():
                self._clear()
            self.publish_plan(plan)

    def publish_plan(self, plan: Fingerprint) -> None:
        """Make a plan the current plan of the folder."""
        self.folder.plan.publish(plan, self.permit)

    def publish_receipt(self, receipt: Receipt) -> None:
        """Write a receipt atomically."""
        self.folder.receipts.publish(receipt, self.permit)

    def publish_quarantine(self, shard: str, plan: str, rows: Quarantine) -> None:
        """Write a shard's quarantine atomically."""
        self.folder.receipts.publish_quarantine(shard, plan, rows, self.permit)

    def forget_quarantine(self, shard: str) -> None:
        """Delete a shard's quarantine, so that its rows are built again."""
        self.folder.receipts.forget_quarantine(shard, self.permit)

    def remove_all_but(self, kept: Container[str]) -> None:
        """Remove all shards but the kept ones, and the files that describe the dataset.

        The build writes those files again.
        """
        out, receipts = self.folder.path, self.folder.receipts
        with self.permit():
            (out / DATASET).unlink(missing_ok=True)
            self._remove_statistics()  # the build writes its own again; others would be outdated
            for receipt in receipts:
                if receipt.shard not in kept:
                    receipts.path(receipt.shard).unlink()
                    inside(out, receipt.shard).unlink(missing_ok=True)

    def _clear(self) -> None:
        """Remove what builds write and nothing else. The lock and the run token stay."""
        out = self.folder.path
        for name in (PLAN, DATASET, MANIFEST, DROPS):
            (out / name).unlink(missing_ok=True)
        for path in [*(out / RECEIPTS).iterdir(), *out.glob("*/*.tar")]:
            name = path.relative_to(out).as_posix()
            is_receipt = path.parent.name == RECEIPTS and name not in (LOCK, RUN)
            if SHARD_NAME.fullmatch(name) or is_receipt:
                path.unlink()
        self._remove_statistics()
        for folder in out.iterdir():
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    def _remove_statistics(self) -> None:
        if (self.folder.path / STATISTICS).exists():
            shutil.rmtree(self.folder.path / STATISTICS)
