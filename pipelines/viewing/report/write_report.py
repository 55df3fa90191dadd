"""Write the report of a dataset: read the sound part of it, measure clips, and choose which play.

The same dataset gives the same bytes: the page has no time, no path and no random number. Another
version of zlib may compress differently.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from motiondata.counting import counted
from motiondata.errors import InputError
from pipelines.engine.errors import os_errors_as_aborted
from pipelines.engine.output_path import expect_no_dataset
from pipelines.engine.progress import Progress
from pipelines.engine.reports import Report
from pipelines.products.descriptions import Describe
from pipelines.products.descriptions import describe as describe_product
from pipelines.viewing.clip_table import ClipTable
from pipelines.viewing.drawn_members import can_play
from pipelines.viewing.report.html import make_page
from pipelines.viewing.report.measures import Measures, evenly_spaced, spread_out
from pipelines.viewing.report.options import CLIP_MEGABYTES
from pipelines.viewing.report.packed_clip import pack_clip
from pipelines.viewing.report.summary import summarize
from pipelines.viewing.report.table_json import table_to_json
from pipelines.viewing.sound_part import SoundPart
from pipelines.viewing.viewed_clip import ViewedClip, read_viewed_clip
from shards.errors import DatasetError, ShardError
from shards.format.places import Place, is_inside
from shards.format.publishing import publish
from shards.remote.folder import RemoteFolder

if TYPE_CHECKING:
    from pipelines.viewing.report.streams import PackedClip

MEASURED_CLIPS = 1000
"""The number of clips whose arrays are measured, if a dataset has more."""
MOST_MEGABYTES = 500
"""Browsers open pages up to about this size."""
MOST_PLAYING = 400
"""The largest number of clips that play. Each has a thumbnail."""


@dataclass(frozen=True)
class DatasetReport(Report):
    """A report that was written."""

    report: Path
    """The HTML file."""
    bytes: int
    samples: int
    plays: bool
    """Whether the product has anything to play; tokens and encoded features do not."""
    playing: tuple[str, ...]
    """Keys of the samples that play in the page."""
    measured: int
    """Number of samples whose arrays were measured."""
    faults: tuple[str, ...]
    """What of the dataset is damaged or missing."""

    def lines(self) -> list[str]:
        """Return a line with the path and the size, and a line per fault."""
        clips = counted(self.samples, "clip")
        play = f"{len(self.playing):,} of {clips} play in it" if self.plays else f"{clips}, a table"
        return [
            *(f"not sound: {fault}" for fault in self.faults),
            f"a report: {self.report} ({self.bytes / 1e6:,.1f} MB; {play}); open it in a browser",
        ]


def write_report(
    path: Place,
    out: Path,
    clip_megabytes: float = CLIP_MEGABYTES,
    describe: Describe = describe_product,
    stream: TextIO | None = None,
) -> DatasetReport:
    """Write the report of a dataset into an HTML file.

    `clip_megabytes` is the size of all clips that play in it; the others are in its table.
    `describe` finds the description of the dataset's product by its name. Progress is written to
    `stream`. Raises `DatasetError` if nothing of the dataset can be read, and `InputError` for a
    wrong name of the file.
    """
    expect_place(out, path)
    if not 0 <= clip_megabytes <= MOST_MEGABYTES:
        raise InputError(
            f"--clip-megabytes: expected 0 to {MOST_MEGABYTES}, found {clip_megabytes:g}"
        )
    part = SoundPart.open(path, describe)
    table = ClipTable.of(part.dataset.manifest)
    reading = _Reading(part, table, clip_megabytes * 1e6)
    with Progress(len(reading.keys), 0, stream, "clips") as progress:
        for key in reading.keys:
            reading.read(key)
            progress.advance(1)
    part = replace(part, faults=(*part.faults, *reading.faults))
    clips = sorted(reading.packed, key=lambda clip: reading.place[clip.head["key"]])
    page = _make_page(part, table, reading.measures, clips, stream)
    with os_errors_as_aborted(out.parent):
        out.parent.mkdir(parents=True, exist_ok=True)
        publish(out, page)
    keys = tuple(clip.head["key"] for clip in clips)
    measured = reading.measures.clips
    plays = can_play(part.dataset.schema)
    return DatasetReport(out, len(page), len(table), plays, keys, measured, part.faults)


def _make_page(
    part: SoundPart,
    table: ClipTable,
    measures: Measures,
    clips: Sequence["PackedClip"],
    stream: TextIO | None,
) -> bytes:
    title = f"{part.dataset.place.name}: {part.product.name} dataset"
    with Progress(3, 0, stream, "parts of the page") as progress:
        summary = summarize(part, table, measures)
        progress.advance(1)
        rows = table_to_json(table)
        progress.advance(1)
        page = make_page(title, summary, rows, clips).encode()
        progress.advance(1)
    return page


def beside(dataset: Place) -> Path:
    """Return the default path of the report of a dataset: an HTML file next to its folder.

    That of a dataset at a URL is in the working directory.
    """
    if isinstance(dataset, RemoteFolder):
        return Path(f"{dataset.name}.html")
    named = dataset if dataset.name not in ("", "..") else dataset.resolve()
    return named.parent / f"{named.name or 'report'}.html"


def expect_place(out: Path, dataset: Place) -> None:
    """Refuse a name that does not end with .html, and a path inside a dataset."""
    if out.suffix.lower() != ".html":
        raise InputError(f"{out}: expected a name that ends with .html; choose another file")
    if is_inside(out, dataset):
        raise InputError(f"{out}: expected a file outside of {dataset}; choose another file")
    expect_no_dataset(out)


class _Reading:
    """Reads clips one by one: measures each, and packs it as long as it fits into the page."""

    def __init__(self, part: SoundPart, table: ClipTable, budget: float) -> None:
        self.place = {key: place for place, key in enumerate(table.keys)}
        places = evenly_spaced(len(table), MEASURED_CLIPS)
        self.keys = [table.keys[place] for place in spread_out(places.tolist())]
        """The clips to read, in an order whose every beginning is spread over the dataset."""
        self.measures = Measures(table, part.product.quality)
        self.packed: list[PackedClip] = []
        self._part = part
        self._left = budget
        self._faults: dict[tuple[str, str], list[str]] = {}

    @property
    def faults(self) -> list[str]:
        """The faults of samples that could not be read; equal ones of a shard are one."""
        known = {fault.partition(":")[0] for fault in self._part.faults}
        return [
            f"{shard}: {message} ({keys[0]}{_and_more(len(keys) - 1)})"
            for (shard, message), keys in self._faults.items()
            if shard not in known
        ]

    def read(self, key: str) -> None:
        """Read, measure and maybe pack a clip. A damaged one is a fault."""
        try:
            clip = read_viewed_clip(self._part.dataset, key)
        except (ShardError, OSError) as error:
            shard = self._part.dataset.row(key).shard
            self._faults.setdefault((shard, _reason(error)), []).append(key)
            return
        self.measures.add(clip)
        self._pack(clip)

    def _pack(self, clip: ViewedClip) -> None:
        if self._left <= 0 or len(self.packed) >= MOST_PLAYING:
            return
        packed = pack_clip(clip)
        if packed is not None and packed.bytes <= self._left:
            self._left -= packed.bytes
            self.packed.append(packed)


def _reason(error: ShardError | OSError) -> str:
    """Return why a sample cannot be read, without the name of the file."""
    if isinstance(error, OSError):
        return error.strerror or "cannot be read"
    return error.message if isinstance(error, DatasetError) else str(error)


def _and_more(samples: int) -> str:
    return f" and {counted(samples, 'more sample')}" if samples else ""
