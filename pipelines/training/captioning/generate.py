"""Captioning: captions of the clips of a split, and how much they depend on the features.

Batches follow the manifest's order. The same command gives the same captions in every one of
several processes, since each process reads all clips.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple, TextIO

import torch

from motiondata.counting import counted
from motiondata.devices import AUTO
from motiondata.errors import InputError
from pipelines.engine.output_path import expect_no_dataset
from pipelines.engine.progress import Progress
from pipelines.engine.reports import Report
from pipelines.engine.text_tables import table
from pipelines.training.captioning.options import GenerationOptions
from pipelines.training.captioning.readers import open_reader
from pipelines.training.common.central_sentence import central_sentence
from pipelines.training.common.clip_fields import (
    captioned_keys,
    captions_by_key,
)
from shards import open_dataset
from shards.format.places import Place
from shards.format.publishing import publish


class Captioned(NamedTuple):
    """The caption of a clip."""

    key: str
    caption: str


class Drawn(NamedTuple):
    """All captions that are drawn of a clip; one if they are not drawn."""

    key: str
    captions: tuple[str, ...]


DEFAULT = GenerationOptions()
PRINTED_CLIPS = 20
"""Maximum number of table rows if all captions are written to a file."""


def caption_split(
    dataset: Place,
    checkpoint: Path,
    split: str = "test",
    options: GenerationOptions = DEFAULT,
    stream: TextIO | None = None,
) -> list[Captioned]:
    """Return one caption per clip of a split, in manifest order: of drawn ones, the consensus."""
    return _consensus_of(draw_split(dataset, checkpoint, split, options, stream))


def draw_split(
    dataset: Place,
    checkpoint: Path,
    split: str = "test",
    options: GenerationOptions = DEFAULT,
    stream: TextIO | None = None,
) -> list[Drawn]:
    """Return all captions that are drawn of each clip of a split, in manifest order."""
    data = open_dataset(dataset)
    reader = open_reader(data, checkpoint, options.device, options.tokens)
    view = data.clips(split, reader.fields, options.batch, limit=options.limit, rank=0, world=1)
    view = reader.join(view, split)
    found: list[Drawn] = []
    each = options.decoding.consensus
    with Progress(len(view), 0, stream, "batches") as progress, torch.no_grad():
        for batch in view:
            texts = reader.written(batch, options.decoding)
            groups = (tuple(texts[start : start + each]) for start in range(0, len(texts), each))
            found += map(Drawn, batch["keys"], groups)
            progress.advance(1)
    return found


def matched_and_shuffled_loss(
    dataset: Place,
    checkpoint: Path,
    split: str = "test",
    device: str = AUTO,
    stream: TextIO | None = None,
    tokens: Place | None = None,
) -> tuple[float, float]:
    """Return the mean loss of a split's captions with their own and with other clips' features.

    One caption per clip is used. The two losses are equal if the captioner ignores the features.
    """
    data = open_dataset(dataset)
    reader = open_reader(data, checkpoint, device, tokens)
    clips = len(captioned_keys(data, split))
    if clips < 2:
        raise InputError(f"{dataset}: expected two captioned clips in {split}, found {clips}")
    batch = min(DEFAULT.batch, clips)
    view = data.clips(
        split,
        reader.fields,
        batch,
        shuffle=True,
        captions=True,
        drop_last=True,
        rank=0,
        world=1,
    )
    view = reader.join(view, split)
    with Progress(len(view), 0, stream, "batches") as progress, torch.no_grad():
        losses = torch.tensor([reader.losses(each) for each in progress.over(view)])
    matched, shuffled = losses.mean(0).tolist()
    return matched, shuffled


@dataclass(frozen=True)
class GenerationReport(Report):
    """The captions of the clips of a split."""

    captions: tuple[Captioned, ...]
    """One caption per clip, in manifest order."""
    references: Mapping[str, Sequence[str]]
    """The captions in the dataset, by key of the clip."""
    distinct: int
    """Number of distinct captions."""
    written_to: Path | None
    """The file of captions; None if none was written."""

    def lines(self, width: int | None = None) -> list[str]:
        """Return a table, and the number of distinct captions.

        `width` is the maximum width of the table in characters; None: as wide as its texts.
        """
        number = len(self.captions)
        shown = self.captions if self.written_to is None else self.captions[:PRINTED_CLIPS]
        return [
            *caption_table(shown, self.references, width),
            *([f"... and {number - len(shown):,} more"] if number > len(shown) else []),
            "",
            f"{counted(self.distinct, 'different caption')} of {counted(number, 'clip')}",
            *([] if self.written_to is None else [f"written to {self.written_to}"]),
        ]


def caption(
    dataset: Place,
    checkpoint: Path,
    split: str = "test",
    out: Path | None = None,
    options: GenerationOptions = DEFAULT,
    stream: TextIO | None = None,
    drawn: Path | None = None,
) -> GenerationReport:
    """Caption a split, and write the captions as JSONL if `out` is given, or all that are `drawn`.

    A line of `drawn` has the key of a clip and all captions that are drawn of it. Raises
    `InputError` if both are one file.
    """
    if out is not None and drawn is not None and out.resolve() == drawn.resolve():
        raise InputError(f"expected two files for --out and --drawn, found {out} for both")
    for path in filter(None, (out, drawn)):
        expect_no_dataset(path.parent)
        path.parent.mkdir(parents=True, exist_ok=True)
    all_drawn = draw_split(dataset, checkpoint, split, options, stream)
    found = _consensus_of(all_drawn)
    _publish(out, found)
    _publish(drawn, all_drawn)
    references = captions_by_key(open_dataset(dataset), split)
    return GenerationReport(
        captions=tuple(found),
        references={key: references.get(key, ()) for key, _ in found},
        distinct=len({each.caption for each in found}),
        written_to=out,
    )


def _consensus_of(drawn: Sequence[Drawn]) -> list[Captioned]:
    """Return the drawn caption of each clip that is most like all drawn ones."""
    return [Captioned(each.key, central_sentence(each.captions)) for each in drawn]


def _publish(path: Path | None, found: Sequence[Captioned] | Sequence[Drawn]) -> None:
    if path is not None:
        lines = [json.dumps(each._asdict(), ensure_ascii=False) + "\n" for each in found]
        publish(path, "".join(lines).encode())


def caption_table(
    found: Sequence[Captioned], references: Mapping[str, Sequence[str]], width: int | None = None
) -> list[str]:
    """Return table lines of key, caption, and the first reference if the clip has one.

    Longer texts are wrapped in their columns so that no line is longer than `width` characters.
    """
    rows = [("key", "caption", "first reference")]
    rows += [(key, captions, (references.get(key) or [""])[0]) for key, captions in found]
    return table(rows, width=width)
