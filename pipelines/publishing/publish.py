"""Publish a dataset: refuse what licenses forbid, copy the dataset, and put its card next to it."""

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TextIO

from motiondata.files import whole_or_absent
from pipelines.datasets.copy import CopyReport, copy
from pipelines.engine.errors import os_errors_as_aborted
from pipelines.engine.reports import Report
from pipelines.publishing.card import CardReport, write_card
from pipelines.publishing.options import CardOptions
from pipelines.publishing.source_licenses import (
    expect_publishable,
    license_shares,
    source_recordings,
)
from shards import open_dataset
from shards.format.places import Place
from shards.remote.folder import RemoteFolder


@dataclass(frozen=True)
class PublishReport(Report):
    """What was published."""

    copy: CopyReport
    card: CardReport

    def lines(self) -> list[str]:
        """Return the lines of the copy and the files of the card."""
        return [*self.copy.lines(), f"with its card: {', '.join(self.card.files)}"]


def publish(
    path: Path, to: Place, options: CardOptions, stream: TextIO | None = None
) -> PublishReport:
    """Copy a dataset with its card to a folder or URL, or finish a copy that was stopped.

    Raises `InputError`, and writes nothing, if the license of a recording forbids it and `options`
    state no permission.
    """
    data = open_dataset(path)
    if not options.permission:
        suffixes = tuple(data.dataset.schema.members)
        expect_publishable(license_shares(source_recordings(data), suffixes))
    with TemporaryDirectory() as folder:
        card = write_card(path, Path(folder), options, stream)
        copied = copy(path, to, stream)
        for name in card.files:
            _put(Path(folder) / name, to, name)
    return PublishReport(copied, card)


def _put(file: Path, to: Place, name: str) -> None:
    if isinstance(to, RemoteFolder):
        to.put(name, file)
        return
    with os_errors_as_aborted(to), whole_or_absent(to / name) as whole:
        whole.write_bytes(file.read_bytes())
