"""Quarantine: the rows of a shard that crashed or hung the worker processes that built them.

A supervisor decides that a row goes into quarantine. `pipelines/engine/receipt_files.py` stores it.
"""

import json
from dataclasses import asdict, dataclass
from typing import TypeAlias

from motiondata.errors import DropReason, RecordingError


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


def quarantine_to_bytes(plan: str, rows: Quarantine) -> bytes:
    """Return the quarantine of a shard of a plan, given by its hash, as JSON."""
    return json.dumps({"plan": plan, "rows": [asdict(row) for row in rows]}).encode() + b"\n"


def bytes_to_quarantine(data: bytes, plan: str) -> Quarantine:
    """Read a quarantine; empty if it is of another plan.

    Raises one of `pipelines.engine.receipts.NO_RECEIPT` if the data is not a quarantine.
    """
    document = json.loads(data)
    rows = tuple(QuarantinedRow(**row) for row in document["rows"])
    return rows if document["plan"] == plan else ()
