"""Quarantine: the rows of a shard that have ended the processes that built them.

It is kept beside the receipts until the shard has one, so that a build that is stopped and begun
again does not die of the same rows; the shard's receipt then has them as drops.
"""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeAlias

from motiondata.errors import DropReason, RecordingError
from pipelines.engine.receipts import NO_RECEIPT, receipt_path
from shards.format.publishing import Permit, publish

SUFFIX = ".quarantine.json"


@dataclass(frozen=True)
class QuarantinedRow:
    """A row that is not to be touched."""

    row: int
    """The row's number in the index."""
    reason: str
    """A `DropReason`."""
    message: str
    """What happened; the same whenever and wherever it does."""

    @property
    def error(self) -> RecordingError:
        """Return what building the row would raise, if it could."""
        return RecordingError(DropReason(self.reason), self.message)


Quarantine: TypeAlias = tuple[QuarantinedRow, ...]
"""The quarantined rows of a shard, in the order in which they were found."""


def quarantine_path(out: Path, shard: str) -> Path:
    """Return where the quarantine of an unfinished shard lies."""
    return receipt_path(out, shard).with_suffix(SUFFIX)


def publish_quarantine(out: Path, shard: str, plan: str, rows: Quarantine, permit: Permit) -> None:
    """Write a shard's quarantine, whole or not at all."""
    document = {"plan": plan, "rows": [asdict(row) for row in rows]}
    publish(quarantine_path(out, shard), json.dumps(document).encode() + b"\n", permit)


def find_quarantine(out: Path, shard: str, plan: str) -> Quarantine:
    """Return the rows of a shard of this plan that an earlier run has put in quarantine."""
    try:
        document = json.loads(quarantine_path(out, shard).read_bytes())
        rows = tuple(QuarantinedRow(**row) for row in document["rows"])
        return rows if document["plan"] == plan else ()
    except (FileNotFoundError, *NO_RECEIPT):
        return ()


def forget_quarantine(out: Path, shard: str) -> None:
    """Give the rows of a shard another chance."""
    quarantine_path(out, shard).unlink(missing_ok=True)
