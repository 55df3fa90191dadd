"""The datasets that a captioner reads: one, or one of frames and one of tokens of the same clips.

Clips are joined by their keys. Parts of clips that captions describe are the same parts in both.
Pose pairs are read as clips too: a pair has a place for each joint instead of each frame.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle, islice
from random import Random

import torch

from motiondata.errors import InputError
from pipelines.clips.members import DETAILS
from pipelines.training.captioning.clip_lengths import (
    expect_lengths,
    frame_seconds,
    token_seconds,
)
from pipelines.training.captioning.inputs import ClipInputs
from pipelines.training.common.clip_fields import (
    COMMANDS,
    PaddedClips,
    batch_to_clips,
    captions_of_same_range,
    choose_field,
)
from pipelines.training.language.token_clips import FIELD as TOKENS
from pipelines.training.language.token_clips import TokenSource
from pipelines.training.pose_pairs.pair_features import pair_features
from pipelines.training.pose_pairs.read_pairs import FIELD as PAIRS
from pipelines.training.pose_pairs.read_pairs import (
    batch_to_rotations,
    expect_pose_pairs,
    is_pose_pairs,
)
from shards import open_dataset
from shards.format.places import Place
from shards.stream.batching import Batch
from shards.stream.streamed_dataset import StreamedDataset
from shards.stream.views import View
from shards.stream.zipping import zip_by_key

FRAMES = "frames"
"""Name of the batches of frames among those of a joined view."""

Phases = Callable[[PaddedClips], torch.Tensor]
"""Returns the first frame of each clip that is read."""


@dataclass(frozen=True, eq=False)
class CaptionSource:
    """A dataset with captions of its clips, and what else is read of these clips."""

    data: StreamedDataset
    """It has the captions, and decides which clips a view has."""
    field: str | None
    """The field of frames; None if only tokens are read."""
    tokens: StreamedDataset | None
    """The dataset of the tokens, which may be `data`; None if no tokens are read."""
    lengths: bool = False
    """Whether the lengths of clips in seconds are read."""

    @classmethod
    def of(
        cls, data: StreamedDataset, field: str | None, tokens: Place | None, lengths: bool = False
    ) -> "CaptionSource":
        """Return the source of a dataset of features or points, of tokens, or of both.

        Raises `InputError` or `ShardError` if a dataset lacks what is to be read.
        """
        if lengths:
            expect_lengths(data.dataset)
        if tokens is None and (field == TOKENS or (field is None and _has_only_tokens(data))):
            return cls(data, None, data, lengths)
        added = None if tokens is None else open_dataset(tokens)
        source = cls(data, _frame_field(data, field), added, lengths)
        source.token_source()  # raises for another dataset
        return source

    @property
    def fields(self) -> list[str]:
        """The fields to read of the first dataset."""
        return [self.field or TOKENS, *([DETAILS] if self.lengths else [])]

    @property
    def reads_pairs(self) -> bool:
        """Whether the field of frames has pose pairs."""
        return self.field == PAIRS

    def token_source(self) -> TokenSource | None:
        """Return the tokenizer of the tokens; raise `InputError` for a dataset of another kind."""
        return None if self.tokens is None else TokenSource.of(self.tokens.dataset)

    def join(self, view: View, split: str) -> View:
        """Add the tokens of the same clips to a view of `fields`, if there are two datasets.

        Raises `ShardError` if clips of the view have no tokens.
        """
        if self.tokens is None or self.field is None:
            return view
        tokens = self.tokens.clips(split, [TOKENS], 1, rank=0, world=1)
        return zip_by_key({FRAMES: view, TOKENS: tokens})

    def inputs(self, batch: Batch, stride: int, phases: Phases | None = None) -> ClipInputs:
        """Return what a captioner reads of a batch: every `stride`-th frame, and all tokens."""
        frames = tokens = None
        if self.field is not None:
            frames = self._frames(batch.get(FRAMES, batch), self.field, stride, phases)
        if self.tokens is not None:
            part = batch.get(TOKENS, batch) if self.field else batch
            tokens = PaddedClips(torch.as_tensor(part[TOKENS]), torch.as_tensor(part["mask"]))
        return ClipInputs(frames, tokens, self._seconds(batch) if self.lengths else None)

    def _seconds(self, batch: Batch) -> torch.Tensor:
        """Return the lengths of the clips of a batch, of all their frames."""
        source = self.token_source()
        if self.field is None and source is not None:
            return token_seconds(batch, source)
        return frame_seconds(batch.get(FRAMES, batch), batch["keys"])

    def _frames(self, batch: Batch, field: str, stride: int, phases: Phases | None) -> PaddedClips:
        if self.reads_pairs:
            features = pair_features(batch_to_rotations(batch))
            return PaddedClips(features, torch.ones(features.shape[:2], dtype=torch.bool))
        clips = batch_to_clips(batch, field)
        return clips.every(stride, phases and phases(clips))


def captions_of(batch: Batch) -> list[str]:
    """Return the captions of a batch of a view, joined or not."""
    captions: list[str] = batch.get(FRAMES, batch)["captions"]
    return captions


def drawn_captions(batch: Batch, number: int, random: Random) -> list[list[str]]:
    """Return `number` captions of each clip of a batch of a view, joined or not.

    The first one is that of the batch, the others are drawn from the captions of the same frames,
    in the field `json`; a clip with fewer captions repeats them.
    """
    found = [[caption] for caption in captions_of(batch)]
    if number == 1:
        return found
    for texts, details in zip(found, batch.get(FRAMES, batch)[DETAILS], strict=True):
        others = captions_of_same_range(details, texts[0])
        others.remove(texts[0])
        texts += random.sample(others, min(len(others), number - 1))
        texts += [*islice(cycle(texts[:]), number - len(texts))]
    return found


def _frame_field(data: StreamedDataset, asked: str | None) -> str:
    """Return the field of frames, or that of pose pairs; raise `InputError` for other datasets."""
    if asked == PAIRS:
        expect_pose_pairs(data.dataset)
    if asked in (None, PAIRS) and is_pose_pairs(data.dataset):
        return PAIRS
    return choose_field(data.dataset, asked)


def _has_only_tokens(data: StreamedDataset) -> bool:
    arrays = data.dataset.schema.arrays
    return TOKENS in arrays and not any(field in arrays for field in COMMANDS)


def expect_same_tokenizer(source: CaptionSource, trained: TokenSource | None) -> None:
    """Raise `InputError` unless a captioner gets tokens of the tokenizer it was trained on."""
    found = source.token_source()
    if (found and found.described) != (trained and trained.described):
        raise InputError(
            f"expected {_described(trained)}, as in the training of the captioner, found "
            f"{_described(found)}; --tokens names a dataset of tokens of the same clips"
        )


def _described(source: TokenSource | None) -> str:
    return "no tokens" if source is None else source.described
