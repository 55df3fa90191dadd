"""The reference captions of a split's clips, and the captions to compare with them.

A reference is a caption of all frames of a clip. A caption of a part may be wrong for the whole.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from motiondata.captions import caption_runs, lemmatized_runs, tagged_runs
from motiondata.errors import InputError
from motiondata.json_lines import read_json_lines
from pipelines.evaluation.options import LEMMATIZED, RAW, Wording
from pipelines.training.common.normalize_caption import normalize_caption
from shards.format.dataset import Dataset
from shards.stream.captions import RunReader, read_captions
from shards.stream.remote_files import open_files
from shards.stream.selection import Selection, select_rows

TAGGED: Literal["tagged"] = "tagged"
"""Lemmatized words with parts of speech, such as `walk/VERB`, for the published matcher."""
AnyWording = Wording | Literal["tagged"]
WORDINGS: Mapping[AnyWording, RunReader] = {
    RAW: caption_runs,
    LEMMATIZED: lemmatized_runs,
    TAGGED: tagged_runs,
}
"""What reads captions, by their wording."""


@dataclass(frozen=True)
class References:
    """The clips of a split that have references, in manifest order."""

    split: str
    texts: Mapping[str, tuple[str, ...]]
    """References by the clip's key, not normalized; at least one per clip, none without a word."""
    silent: tuple[str, ...]
    """Keys of the clips without references, which are not scored."""

    @property
    def keys(self) -> list[str]:
        """The keys of the clips."""
        return list(self.texts)

    @property
    def firsts(self) -> dict[str, tuple[str]]:
        """The first reference of each clip."""
        return {key: (texts[0],) for key, texts in self.texts.items()}

    @property
    def sentences(self) -> list[str]:
        """All references."""
        return [text for texts in self.texts.values() for text in texts]


def read_references(dataset: Dataset, split: str, wording: AnyWording = RAW) -> References:
    """Return the references of a split; raises `InputError` if there are none."""
    rows = select_rows(dataset, Selection(split))
    table = dataset.manifest.take(rows)
    keys, frames = table["key"].to_pylist(), table["frames"].to_pylist()
    texts: dict[str, list[str]] = {key: [] for key in keys}
    for caption in read_captions(open_files(dataset), rows, Selection(split), WORDINGS[wording]):
        if caption.frames == frames[caption.clip] and normalize_caption(caption.text):
            texts[keys[caption.clip]].append(caption.text)
    known = {key: tuple(lines) for key, lines in texts.items() if lines}
    if not known:
        raise InputError(
            f"{dataset.place}: expected {wording} captions of whole clips in the split {split!r}, "
            "found none; build it with --texts, or choose another --split or --wording"
        )
    return References(split, known, tuple(key for key in keys if key not in known))


def read_candidates(path: Path, references: References) -> list[str]:
    """Return the caption of each clip with references from a file of JSON lines.

    Each line is an object with `key` and `caption`. Raises `InputError` unless every clip with
    references has exactly one caption and every key is the key of a clip of the split.
    """
    captions: dict[str, str] = {}
    for where, line in read_json_lines(path):
        key, caption = (line.get(name) for name in ("key", "caption"))
        if not isinstance(key, str) or not isinstance(caption, str):
            raise InputError(
                f'{where}: expected {{"key": "...", "caption": "..."}}, found {str(line)[:80]}'
            )
        if key in captions:
            raise InputError(
                f"{where}: expected one caption per clip, found another one of {key!r}"
            )
        captions[key] = caption
    _check_keys(path, captions, references)
    return [captions[key] for key in references.keys]


def read_drawn(path: Path, references: References) -> list[tuple[str, ...]]:
    """Return the drawn captions of each clip with references from a file of JSON lines.

    Each line is an object with `key` and `captions`. Raises `InputError` as `read_candidates` does.
    """
    drawn: dict[str, tuple[str, ...]] = {}
    for where, line in read_json_lines(path):
        key, captions = (line.get(name) for name in ("key", "captions"))
        texts = captions if isinstance(captions, list) else []
        if not isinstance(key, str) or not texts or not all(isinstance(t, str) for t in texts):
            raise InputError(
                f'{where}: expected {{"key": "...", "captions": ["...", ...]}}, as caption --drawn '
                f"writes, found {str(line)[:80]}"
            )
        if key in drawn:
            raise InputError(f"{where}: expected one line per clip, found another one of {key!r}")
        drawn[key] = tuple(texts)
    _check_keys(path, drawn, references)
    return [drawn[key] for key in references.keys]


def _check_keys(path: Path, found: Iterable[str], references: References) -> None:
    expected = set(references.texts)
    unknown = sorted(set(found) - expected - set(references.silent))
    missing = sorted(expected - set(found))
    if unknown:
        raise InputError(
            f"{path}: expected clips of the split {references.split!r} only, found "
            f"{_some(unknown)}; caption this dataset and this split"
        )
    if missing:
        raise InputError(
            f"{path}: expected a caption of each of the {len(expected)} clips of the split "
            f"{references.split!r} that have references, found none of {_some(missing)}"
        )


def _some(keys: Sequence[str]) -> str:
    return f"{keys[0]!r}" if len(keys) == 1 else f"{len(keys)} others, such as {keys[0]!r}"
