"""Write the card of a dataset: README.md, croissant.json, licenses.csv and a preview."""

import csv
import io
import json
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from motiondata.counting import counted
from motiondata.errors import InputError
from motiondata.files import whole_or_absent
from pipelines.datasets.info import info
from pipelines.datasets.info_report import InfoReport
from pipelines.engine.errors import os_errors_as_aborted
from pipelines.engine.progress import Progress
from pipelines.engine.reports import Report
from pipelines.products.descriptions import describe_dataset
from pipelines.publishing.card_markdown import card_markdown, describe, license_of
from pipelines.publishing.croissant import croissant
from pipelines.publishing.options import CardOptions
from pipelines.publishing.preview import PICTURE, TABLE, spread, write_table
from pipelines.publishing.source_licenses import (
    LicenseShare,
    SourceRecording,
    license_shares,
    refusals,
    source_recordings,
)
from shards import open_dataset
from shards.format.places import name_of
from shards.stream.streamed_dataset import StreamedDataset

README, CROISSANT, LICENSES = "README.md", "croissant.json", "licenses.csv"


@dataclass(frozen=True)
class CardReport(Report):
    """The files of a card, and the licenses of the recordings."""

    folder: Path
    files: tuple[str, ...]
    """The files that were written, relative to the folder."""
    licenses: tuple[LicenseShare, ...]
    refusals: tuple[str, ...]
    """Why the dataset may not be published: a sentence for each license that forbids it."""

    def lines(self) -> list[str]:
        """Return the files, the licenses and what they forbid."""
        return [
            f"written to {self.folder}: {', '.join(self.files)}",
            *(
                f"license {each.terms.name}: {counted(each.samples, 'sample')} of "
                f"{counted(each.recordings, 'recording')} ({', '.join(each.subsets)})"
                for each in self.licenses
            ),
            *(f"not to be published: {each}" for each in self.refusals),
        ]


def write_card(
    path: Path, out: Path, options: CardOptions, stream: TextIO | None = None
) -> CardReport:
    """Write the card of a dataset into a folder, which may be that of the dataset.

    Files that are not the program's are not replaced. Raises `InputError` for those and for a date
    that is none, and `DatasetError` for a damaged dataset.
    """
    date = _date(options.date)
    _expect_place(out)
    data, report = open_dataset(path), info(path)
    recordings = source_recordings(data)
    shares = license_shares(recordings, tuple(data.dataset.schema.members))
    with os_errors_as_aborted(out):
        shown = _write_preview(data, recordings, out, options.clips)
        text = card_markdown(report, describe_dataset(data.dataset), shares, options, shown)
        about = _about(report, shares, options, date)
        with Progress(1 + len(data.dataset.description.shards), 0, stream, "files") as progress:
            metadata = croissant(data.dataset, about, progress)
        files = {
            README: text,
            CROISSANT: json.dumps(metadata, indent=2, ensure_ascii=False) + "\n",
            LICENSES: _licenses(recordings),
        }
        for name, content in files.items():
            with whole_or_absent(out / name) as whole:
                whole.write_text(content, encoding="utf-8")
    forbidden = () if options.permission else tuple(refusals(shares))
    return CardReport(out, (*files, *shown), tuple(shares), forbidden)


def _date(text: str | None) -> str:
    if text is None:
        return datetime.now(UTC).date().isoformat()
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date().isoformat()
    except ValueError as error:
        raise InputError(f"--date {text}: expected a date such as 2026-11-29") from error


def _expect_place(out: Path) -> None:
    """Refuse to replace a README.md that no card is in."""
    readme = out / README
    if readme.exists() and not readme.read_text(encoding="utf-8", errors="replace").startswith(
        "---\npretty_name:"
    ):
        raise InputError(f"{readme}: is not a card of this program; choose another --out")


def _write_preview(
    data: StreamedDataset, recordings: Sequence[SourceRecording], out: Path, clips: int
) -> tuple[str, ...]:
    """Write the preview of clips that may be shown to anyone; return the names of its files."""
    keys = spread(_free_keys(data, recordings), clips)
    if not keys:
        return ()
    written = [TABLE] if write_table(data, keys, out) else []
    with suppress(InputError), whole_or_absent(out / PICTURE) as whole:  # not for every product
        describe_dataset(data.dataset).drawing(data.dataset)(iter(keys), whole)
        written.append(PICTURE)
    return tuple(written)


def _free_keys(data: StreamedDataset, recordings: Sequence[SourceRecording]) -> list[str]:
    """Return the keys of samples whose license lets motion be published."""
    free = {each.source for each in recordings if each.terms.publishable is None}
    table = data.dataset.manifest
    if "source" not in table.column_names:
        return []
    pairs = zip(table["key"].to_pylist(), table["source"].to_pylist(), strict=True)
    return [key for key, source in pairs if source in free]


def _about(
    report: InfoReport, shares: Sequence[LicenseShare], options: CardOptions, date: str
) -> dict[str, Any]:
    creator = {"creator": {"@type": "sc:Organization", "name": options.creator}}
    urls = [share.terms.url or share.terms.name for share in shares]
    return {
        "name": options.name or name_of(report.dataset),
        "description": describe(report),
        "license": urls or [license_of(shares)],
        "url": options.url or f"urn:blake3:{report.content_hash}",
        "datePublished": date,
        **(creator if options.creator else {}),
        "citeAs": options.cite or f"motiondata dataset {report.content_hash}",
    }


def _licenses(recordings: Sequence[SourceRecording]) -> str:
    """Return a table of the recordings as CSV."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(("recording", "subset", "samples", "license", "note"))
    writer.writerows(_license_rows(recordings))
    return out.getvalue()


def _license_rows(recordings: Sequence[SourceRecording]) -> Iterator[tuple[object, ...]]:
    for each in recordings:
        yield each.source, each.subset, each.samples, each.terms.name, " ".join(each.note.split())
