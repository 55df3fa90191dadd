"""Joined clips: their frames and tokens follow each other, with one caption."""

from random import Random

import pytest
import torch

from pipelines.training.captioning.inputs import ClipInputs
from pipelines.training.captioning.joined_clips import join_clips
from pipelines.training.common.clip_fields import PaddedClips
from pipelines.training.language.joining import Joiner, KnownPairs

KINDS = ("walk", "wave", "clap")
CAPTIONS = [[f"a man {kind}s", f"she {kind}s again"] for kind in KINDS]
LENGTHS = torch.tensor([3, 1, 2])
KNOWN = KnownPairs({kind: frozenset({kind}) for kind in KINDS}, frozenset({frozenset(KINDS[:2])}))


def numbered(width: tuple[int, ...], padding: int) -> PaddedClips:
    """Return clips whose values are 10 times the number of the clip, plus that of the frame."""
    values = 10.0 * torch.arange(3)[:, None] + torch.arange(3)
    mask = torch.arange(3) < LENGTHS[:, None]
    values = torch.where(mask, values, float(padding))
    return PaddedClips(values.view(3, 3, *[1] * len(width)).expand(3, 3, *width), mask)


CLIPS = ClipInputs(numbered((4,), -1), numbered((), -2))


def join(
    joiner: Joiner, seed: int, clips: ClipInputs = CLIPS
) -> tuple[ClipInputs, list[list[str]]]:
    return join_clips(clips, CAPTIONS, KINDS, joiner, Random(seed))  # noqa: S311 (no secrets)


def test_frames_and_tokens_of_the_same_clips_follow_each_other() -> None:
    joined_clips = 0
    for seed in range(20):
        clips, captions = join(Joiner(0.7, 100, None), seed)
        assert clips.frames is not None
        assert clips.tokens is not None
        assert torch.equal(clips.frames.mask, clips.tokens.mask)
        for k, (caption, other) in enumerate(captions):
            order = sorted(range(3), key=lambda at: (caption.find(KINDS[at])) % 1000)
            parts = [at for at in order if KINDS[at] in caption]
            expected = [10.0 * at + frame for at in parts for frame in range(int(LENGTHS[at]))]
            assert parts[0] == k
            assert other.split(" ")[1] == f"{KINDS[k]}s"
            assert other.count("again") == len(parts)
            assert clips.tokens.values[k, clips.tokens.mask[k]].tolist() == expected
            assert clips.frames.values[k, clips.frames.mask[k], 3].tolist() == expected
            joined_clips += len(parts) > 1
    assert joined_clips > 20


def test_a_joined_clip_lasts_as_long_as_its_parts() -> None:
    seconds = torch.tensor([0.25, 2.5, 30.0], dtype=torch.float64)
    for seed in range(20):
        clips, captions = join(Joiner(0.7, 100, None), seed, CLIPS.lasting(seconds))
        assert clips.seconds is not None
        parts = [[kind in caption for kind in KINDS] for caption, _ in captions]
        assert clips.seconds.tolist() == [float(seconds[each].sum()) for each in parts]


def test_only_known_pairs_within_the_length_are_joined() -> None:
    captions = {text for seed in range(30) for text, _ in join(Joiner(1.0, 4, KNOWN), seed)[1]}
    assert any("walk" in text and "wave" in text for text in captions)
    assert not any("clap" in text and text != CAPTIONS[2][0] for text in captions)
    assert join(Joiner(1.0, 3, KNOWN), 0)[1] == CAPTIONS


@pytest.mark.parametrize("seed", range(3))
def test_without_a_share_nothing_changes(seed: int) -> None:
    clips, captions = join(Joiner(0.0, 100, None), seed)
    assert (clips, captions) == (CLIPS, CAPTIONS)
