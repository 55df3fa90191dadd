"""Quarantine: the rows of a shard that crashed or hung the worker processes that built them.

The quarantine is stored in the folder of the receipts until the shard has a receipt, so that a
resumed build does not crash on the same rows. The shard's receipt then lists them as drops.
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
    """A row that must not be built."""

    row: int
    """The row's number in the index."""
    reason: str
    """A `DropReason`."""
    message: str
    """What happened, in words that do not depend on time or machine."""

    @property
    def error(self) -> RecordingError:
        """The error that is raised instead of building the row."""
        return RecordingError(DropReason(self.reason), self.message)


Quarantine: TypeAlias = tuple[QuarantinedRow, ...]
"""The quarantined rows of a shard, in the order in which they were found."""


def quarantine_path(out: Path, shard: str) -> Path:
    """Return the path of the quarantine of an unfinished shard."""
    return receipt_path(out, shard).with_suffix(SUFFIX)


def publish_quarantine(out: Path, shard: str, plan: str, rows: Quarantine, permit: Permit) -> None:
    """Write a shard's quarantine atomically."""
    document = {"plan": plan, "rows": [asdict(row) for row in rows]}
    publish(quarantine_path(out, shard), json.dumps(document).encode() + b"\n", permit)


def find_quarantine(out: Path, shard: str, plan: str) -> Quarantine:
    """Return the rows that an earlier run of this plan has quarantined in a shard."""
    try:
        document = json.loads(quarantine_path(out, shard).read_bytes())
        rows = tuple(QuarantinedRow(**row) for row in document["rows"])
        return rows if document["plan"] == plan else ()
    except (FileNotFoundError, *NO_RECEIPT):
        return ()


def forget_quarantine(out: Path, shard: str) -> None:
    """Delete a shard's quarantine, so that its rows are built again."""
    quarantine_path(out, shard).unlink(missing_ok=True)
