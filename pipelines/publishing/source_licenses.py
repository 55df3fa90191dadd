"""The license of each recording that a dataset was made from."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from motiondata.counting import counted
from motiondata.errors import InputError
from pipelines.publishing.terms import Terms, terms_of
from shards.stream.streamed_dataset import StreamedDataset

DETAILS = "json"


@dataclass(frozen=True)
class SourceRecording:
    """A recording that samples of a dataset were made from."""

    source: str
    """The path of the recording in its archive."""
    subset: str
    samples: int
    note: str
    """What the recording says of its license."""
    terms: Terms


@dataclass(frozen=True)
class LicenseShare:
    """The part of a dataset whose recordings have one license."""

    terms: Terms
    recordings: int
    samples: int
    subsets: tuple[str, ...]
    forbidden: tuple[str, ...]
    """Members of the dataset that the license does not allow to publish."""

    def refusal(self) -> str:
        """Say what may not be published, and which clause says so."""
        where = f" ({self.terms.url})" if self.terms.url else ""
        return (
            f"{counted(self.samples, 'sample')} of {', '.join(self.subsets)}: license "
            f"{self.terms.name}{where}: {self.terms.clause}; not to be published: "
            f"{', '.join(self.forbidden)}"
        )


def source_recordings(data: StreamedDataset) -> list[SourceRecording]:
    """Return the recordings of a dataset in the order of its manifest, each with its license.

    A recording's note is read from its first sample.
    """
    table = data.dataset.manifest
    columns = [name for name in ("key", "source", "subset") if name in table.column_names]
    samples: dict[tuple[str, str], list[str]] = {}
    for row in table.select(columns).to_pylist():
        place = (str(row.get("source") or row["key"]), str(row.get("subset") or ""))
        samples.setdefault(place, []).append(row["key"])
    return [
        SourceRecording(source, subset, len(keys), note, terms_of(note, subset))
        for (source, subset), keys in samples.items()
        for note in (_note_of(data, keys[0]),)
    ]


def _note_of(data: StreamedDataset, key: str) -> str:
    details: Any = data[key].get(DETAILS, {})
    return str(details.get("licence") or "")


def license_shares(
    recordings: list[SourceRecording], suffixes: tuple[str, ...]
) -> list[LicenseShare]:
    """Return the licenses of recordings, that of most samples first."""
    groups: dict[Terms, list[SourceRecording]] = {}
    for each in recordings:
        groups.setdefault(each.terms, []).append(each)
    shares = [
        LicenseShare(
            terms,
            len(group),
            sum(each.samples for each in group),
            tuple(sorted({each.subset or "no subset" for each in group})),
            terms.forbids(suffixes),
        )
        for terms, group in groups.items()
    ]
    return sorted(shares, key=lambda share: (-share.samples, share.terms.name))


def refusals(shares: list[LicenseShare]) -> Iterator[str]:
    """Yield a sentence for each license that forbids to publish a member."""
    return (share.refusal() for share in shares if share.forbidden)


def expect_publishable(shares: list[LicenseShare]) -> None:
    """Raise `InputError` with each clause that forbids to publish a dataset."""
    if found := [*refusals(shares)]:
        raise InputError(
            "licenses of the recordings forbid to publish this dataset. "
            f"{'. '.join(found)}. Publish a dataset without these samples (motiondata filter) or "
            "members (motiondata drop-member), or state the owners' permission by --permission"
        )
