"""Joined clips: what a captioner reads of clips of a batch that follow each other.

A captioner that sees few combinations of acts learns the combinations by heart. `Joiner` chooses
the clips, and keeps the promise of a split by pairs of acts.
"""

from collections.abc import Sequence
from random import Random

import torch
from torch import Tensor
from torch.nn.utils.rnn import pad_sequence

from pipelines.training.captioning.inputs import ClipInputs
from pipelines.training.common.clip_fields import PaddedClips
from pipelines.training.language.joining import Joiner, link_captions


def join_clips(
    clips: ClipInputs,
    captions: Sequence[Sequence[str]],
    keys: Sequence[str],
    joiner: Joiner,
    random: Random,
) -> tuple[ClipInputs, list[list[str]]]:
    """Return the clips of a batch, each with a chance of being followed by others, and captions.

    All clips have the same number of captions. The first caption of a joined clip is of the first
    ones of its parts, the second one of the second ones, and so on.
    """
    if not joiner.share:
        return clips, [[*each] for each in captions]
    counted = clips.frames or clips.tokens
    lengths = [] if counted is None else counted.mask.sum(1).tolist()
    chosen = [joiner.parts(first, lengths, keys, random) for first in range(len(lengths))]
    linked = [
        [link_captions(parts, random) for parts in zip(*(captions[k] for k in each), strict=True)]
        for each in chosen
    ]
    joined = clips.changed(lambda each: _concatenated(each, chosen))
    return joined.lasting(_total(clips.seconds, chosen)), linked


def _total(seconds: Tensor | None, chosen: Sequence[Sequence[int]]) -> Tensor | None:
    """Return for each list of clips the sum of their lengths in seconds."""
    return None if seconds is None else torch.stack([seconds[[*parts]].sum() for parts in chosen])


def _concatenated(clips: PaddedClips, chosen: Sequence[Sequence[int]]) -> PaddedClips:
    """Return for each list of clips their values, one clip after another."""
    values = [
        torch.cat([clips.values[part, clips.mask[part]] for part in parts]) for parts in chosen
    ]
    lengths = torch.tensor([len(each) for each in values], device=clips.mask.device)
    padded = pad_sequence(values, batch_first=True)
    return PaddedClips(padded, torch.arange(padded.shape[1]).to(lengths) < lengths[:, None])
