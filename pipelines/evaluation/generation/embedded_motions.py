"""Motions with their captions, as embeddings of a matcher."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import TextIO

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

from motiondata.errors import InputError
from pipelines.clips.keys import clip_name
from pipelines.engine.progress import Progress
from pipelines.evaluation.options import RAW
from pipelines.evaluation.references import TAGGED, AnyWording, read_references
from pipelines.training.matching.matcher import Embeddings, Matcher
from pipelines.training.motion_fields import FIELD
from shards.format.dataset import Dataset
from shards.stream.streamed_dataset import StreamedDataset

Features = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class EmbeddedMotions:
    """Clips, each with one or more motions, and the captions of each motion."""

    clips: tuple[str, ...]
    """Names of the clips, in alphabetical order."""
    motions: tuple[Embeddings, ...]
    """For each clip its motions, shaped (motions, width)."""
    captions: tuple[tuple[Embeddings, ...], ...]
    """For each clip and motion the captions, shaped (captions, width)."""

    @property
    def several(self) -> list[Embeddings]:
        """The motions of the clips that have more than one."""
        return [each for each in self.motions if len(each) > 1]

    def draw(self, random: Generator) -> tuple[Embeddings, Embeddings]:
        """Return one random motion per clip and one of its captions, both shaped (clips, width)."""
        chosen = [random.integers(len(each)) for each in self.motions]
        texts = [each[number] for each, number in zip(self.captions, chosen, strict=True)]
        motions = [each[number] for each, number in zip(self.motions, chosen, strict=True)]
        return np.stack(motions), np.stack([each[random.integers(len(each))] for each in texts])


def embed_split(dataset: Dataset, split: str, matcher: Matcher, stream: TextIO) -> EmbeddedMotions:
    """Return the motions of a split that have captions of the whole clip.

    Samples whose keys differ only in their number, such as `000021` and `000021_v1`, are motions of
    one clip. Raises `InputError` if the dataset has other features or no captions.
    """
    expect_features(dataset, matcher)
    references = read_references(dataset, split, wording_of(matcher))
    return embed(features_of(dataset, split, references.keys), references.texts, matcher, stream)


def embed(
    motions: Mapping[str, Features],
    captions: Mapping[str, Sequence[str]],
    matcher: Matcher,
    stream: TextIO,
) -> EmbeddedMotions:
    """Return motions with their captions, both by the same keys; show progress in `stream`."""
    with Progress(len(motions), 0, stream, "motions") as progress:
        found = matcher.embed_motions(progress.over(motions.values()))
    vectors = dict(zip(motions, found, strict=True))
    texts = embed_once(chain.from_iterable(captions.values()), matcher)
    groups: dict[str, list[str]] = {}
    for key in motions:
        groups.setdefault(clip_name(key), []).append(key)
    clips = sorted(groups)
    return EmbeddedMotions(
        tuple(clips),
        tuple(np.stack([vectors[key] for key in groups[clip]]) for clip in clips),
        tuple(
            tuple(np.stack([texts[text] for text in captions[key]]) for key in groups[clip])
            for clip in clips
        ),
    )


def wording_of(matcher: Matcher) -> AnyWording:
    """Return the wording of captions that a matcher reads."""
    return TAGGED if matcher.reads_tags else RAW


def stream_features(
    dataset: Dataset, split: str, keys: Sequence[str]
) -> Iterator[tuple[str, Features]]:
    """Yield keys of some clips of a split with their features, shaped (frames, columns)."""
    view = StreamedDataset(dataset).clips(split, [FIELD], 1, keys=keys, rank=0, world=1)
    for batch in view:
        yield batch["keys"][0], np.asarray(batch[FIELD][0], np.float32)


def features_of(dataset: Dataset, split: str, keys: Sequence[str]) -> dict[str, Features]:
    """Return the features of some clips of a split by key, each shaped (frames, columns)."""
    return dict(stream_features(dataset, split, keys))


def expect_features(dataset: Dataset, matcher: Matcher) -> None:
    """Raise `InputError` unless a dataset has features with the columns of the matcher.

    Features without the known faults of the reference must be those that it was trained on too.
    """
    spec = dataset.schema.arrays.get(FIELD)
    columns = spec.shape[-1] if spec else None
    if columns != matcher.columns:
        raise InputError(
            f"{dataset.place}: expected {matcher.fields.representation} features, for which the "
            f"matcher was trained, with {matcher.columns} columns; found "
            f"{'no features' if columns is None else f'{columns} columns'}"
        )
    _expect_as_corrected(dataset, matcher)


def _expect_as_corrected(dataset: Dataset, matcher: Matcher) -> None:
    names = {False: "uncorrected", True: "corrected"}
    expected = matcher.fields.corrected
    found = dataset.description.parameters.get("corrected", expected)
    if found != expected:
        raise InputError(
            f"{dataset.place}: expected {names[expected]} features, for which the matcher was "
            f"trained, found {names[found]} ones (--corrected of build-features)"
        )


def embed_once(texts: Iterable[str], matcher: Matcher) -> dict[str, NDArray[np.float64]]:
    """Return the embeddings of different texts."""
    different = [*dict.fromkeys(texts)]
    return dict(zip(different, matcher.embed_texts(different), strict=True))
