"""A receipt: what a finished shard reports. It alone says that a shard need not be built again.

Receipts are what travels from workers to the driver, and what a later run reads to go on: the
manifest, the drops and the statistics are put together from them, in plan order.
"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from pipelines.drops import Drop
from shards.errors import DatasetError
from shards.manifest import ManifestRow
from shards.moments import Moments
from shards.paths import RECEIPTS
from shards.publishing import Permit, publish
from shards.sealing import seal, unseal
from shards.writing import ShardFile, Span

NO_RECEIPT = (DatasetError, ValueError, KeyError, TypeError, AttributeError)
"""What reading something else than a receipt raises."""


@dataclass(frozen=True)
class Receipt:
    """One finished shard."""

    shard: str
    """Its name, `train/000000.tar`."""
    plan: str
    """The hash of the plan that it belongs to: it answers no other plan."""
    file: ShardFile | None
    """The tar file; None where all its clips were dropped, so that there is none."""
    samples: tuple[ManifestRow, ...]
    """The samples as they lie in it, in order."""
    drops: tuple[Drop, ...]
    moments: Mapping[str, Moments]
    """Per field, the statistics of the shard's samples, folded in order."""

    def to_bytes(self) -> bytes:
        """Return the receipt as JSON with its hash: a flipped digit would be a wrong mean."""
        document = {
            "shard": self.shard,
            "plan": self.plan,
            "file": asdict(self.file) if self.file else None,
            "samples": [asdict(sample) for sample in self.samples],
            "drops": [asdict(drop) for drop in self.drops],
            "moments": {field: moments.to_json() for field, moments in self.moments.items()},
        }
        return seal(document)

    @classmethod
    def from_bytes(cls, data: bytes) -> "Receipt":
        """Read a receipt; raises one of `NO_RECEIPT` where it is none."""
        document = unseal(data, RECEIPTS)
        for sample in document["samples"]:
            sample["members"] = {name: Span(*span) for name, span in sample["members"].items()}
        return cls(
            shard=document["shard"],
            plan=document["plan"],
            file=ShardFile(**document["file"]) if document["file"] else None,
            samples=tuple(ManifestRow(**sample) for sample in document["samples"]),
            drops=tuple(Drop(**drop) for drop in document["drops"]),
            moments={name: Moments.from_json(of) for name, of in document["moments"].items()},
        )


def receipt_path(out: Path, shard: str) -> Path:
    """Return where the receipt of a shard lies."""
    return out / RECEIPTS / f"{shard.removesuffix('.tar').replace('/', '-')}.json"


def publish_receipt(out: Path, receipt: Receipt, permit: Permit) -> None:
    """Write a receipt, whole or not at all."""
    publish(receipt_path(out, receipt.shard), receipt.to_bytes(), permit)


def list_receipts(out: Path) -> Iterator[Receipt]:
    """Yield all receipts of a folder that can be read, by name, whatever plan they are of."""
    for path in sorted((out / RECEIPTS).glob("*-*.json")):
        with suppress(*NO_RECEIPT):
            yield Receipt.from_bytes(path.read_bytes())


def find_receipt(out: Path, shard: str, plan: str) -> Receipt | None:
    """Return a shard's receipt if it is of this plan and the shard's file is still there."""
    try:
        receipt = Receipt.from_bytes(receipt_path(out, shard).read_bytes())
        whole = receipt.file is None or (out / shard).lstat().st_size == receipt.file.bytes
    except (OSError, *NO_RECEIPT):
        return None
    return receipt if whole and receipt.plan == plan else None
