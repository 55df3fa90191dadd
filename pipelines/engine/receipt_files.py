"""The receipts of an output folder: one file per finished shard, written by the workers.

An unfinished shard may have a quarantine in the same place: the rows that crashed its workers. It
is stored so that a resumed build does not crash on the same rows. The shard's receipt then lists
them as drops.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from motiondata.files import is_of_the_file
from pipelines.engine.quarantine import Quarantine, bytes_to_quarantine, quarantine_to_bytes
from pipelines.engine.receipts import NO_RECEIPT, Receipt
from shards.format.paths import RECEIPTS
from shards.format.publishing import Permit, publish

QUARANTINE = ".quarantine.json"
"""The ending of a quarantine's name."""


@dataclass(frozen=True)
class ReceiptFiles:
    """The receipts of an output folder."""

    folder: Path
    """The output folder."""

    def path(self, shard: str) -> Path:
        """Return the path of a shard's receipt."""
        return self.folder / RECEIPTS / f"{shard.removesuffix('.tar').replace('/', '-')}.json"

    def quarantine_path(self, shard: str) -> Path:
        """Return the path of the quarantine of an unfinished shard."""
        return self.path(shard).with_suffix(QUARANTINE)

    def __iter__(self) -> Iterator[Receipt]:
        """Yield all readable receipts, of any plan, sorted by name.

        Skips a receipt that was copied to the name of another shard.
        """
        for path in sorted((self.folder / RECEIPTS).glob("*-*.json")):
            with suppress(*NO_RECEIPT):
                receipt = Receipt.from_bytes(path.read_bytes())
                if self.path(receipt.shard) == path:
                    yield receipt

    def find(self, shard: str, plan: str) -> Receipt | None:
        """Return a shard's receipt if it belongs to this plan and the shard's file is complete.

        Raises `OSError` if the machine cannot read it: a retry would treat the shard as lost.
        """
        try:
            receipt = Receipt.from_bytes(self.path(shard).read_bytes())
            file = self.folder / shard
            whole = receipt.file is None or file.lstat().st_size == receipt.file.bytes
        except NO_RECEIPT:
            return None
        except OSError as error:
            if not is_of_the_file(error):
                raise
            return None
        answers = (receipt.shard, receipt.plan) == (shard, plan)
        return receipt if whole and answers else None

    def find_quarantine(self, shard: str, plan: str) -> Quarantine:
        """Return the rows that an earlier run of this plan has quarantined in a shard."""
        try:
            return bytes_to_quarantine(self.quarantine_path(shard).read_bytes(), plan)
        except (FileNotFoundError, *NO_RECEIPT):
            return ()

    def publish(self, receipt: Receipt, permit: Permit) -> None:
        """Write a receipt atomically."""
        publish(self.path(receipt.shard), receipt.to_bytes(), permit)

    def publish_quarantine(self, shard: str, plan: str, rows: Quarantine, permit: Permit) -> None:
        """Write a shard's quarantine atomically."""
        publish(self.quarantine_path(shard), quarantine_to_bytes(plan, rows), permit)

    def forget_quarantine(self, shard: str, permit: Permit) -> None:
        """Delete a shard's quarantine, so that its rows are built again."""
        with permit():
            self.quarantine_path(shard).unlink(missing_ok=True)
