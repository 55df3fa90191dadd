"""The tokenizer's network: lengths, causality, and independence of other clips."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from motiondata.errors import InputError
from pipelines.training.motion_fields import MotionFields
from pipelines.training.tokenizers.load_tokenizer import (
    LoadedTokenizer,
    as_loaded,
    describe_tokenizer,
)
from pipelines.training.tokenizers.motion_tokenizer import (
    MotionTokenizer,
    Reconstruction,
    heading_loss,
)
from pipelines.training.tokenizers.options import TokenizerSizes
from pipelines.training.tokenizers.quantizers import Quantized

COLUMNS = 263
YAW = slice(0, 1)


def make_tokenizer(causal: bool = False, frames_per_token: int = 4) -> MotionTokenizer:
    torch.manual_seed(0)
    sizes = TokenizerSizes(
        "fsq", width=8, depth=2, causal=causal, frames_per_token=frames_per_token
    )
    return MotionTokenizer(sizes, torch.zeros(COLUMNS), torch.ones(COLUMNS)).eval()


def loaded(module: MotionTokenizer) -> LoadedTokenizer:
    contents = describe_tokenizer(module.sizes, MotionFields("humanml3d-263"), 20.0)
    return as_loaded(module, contents, module.state_dict())


def features(frames: int, seed: int = 0) -> torch.Tensor:
    return torch.randn(1, frames, COLUMNS, generator=torch.Generator().manual_seed(seed))


@settings(deadline=None, max_examples=20)
@given(frames=st.integers(1, 40), per_token=st.sampled_from([1, 2, 4, 8]))
def test_a_clip_of_any_length_has_a_token_for_each_started_group(
    frames: int, per_token: int
) -> None:
    tokenizer = loaded(make_tokenizer(frames_per_token=per_token))
    clip = features(frames)[0].numpy()
    codes = tokenizer.tokenize(clip)
    assert codes.shape == (-(-frames // per_token),)
    assert codes.dtype == np.int32
    assert tokenizer.detokenize(codes, frames).shape == clip.shape


@pytest.mark.parametrize("per_token", [2, 4])
def test_a_causal_tokenizer_does_not_see_later_frames(per_token: int) -> None:
    module = make_tokenizer(causal=True, frames_per_token=per_token)
    clip, other = features(32), features(32, seed=1)
    changed = torch.cat([clip[:, :16], other[:, 16:]], 1)
    before = 16 // per_token
    assert torch.equal(module.encode(clip)[:, :before], module.encode(changed)[:, :before])
    codes = module.encode(clip)
    later = codes.clone()
    later[:, before:] = (later[:, before:] + 1) % module.quantizer.codes
    assert torch.equal(module.decode(codes)[:, :16], module.decode(later)[:, :16])


def test_another_tokenizer_sees_later_frames() -> None:
    module = make_tokenizer()
    codes = module.encode(features(32))
    later = codes.clone()
    later[:, 4:] = (later[:, 4:] + 1) % module.quantizer.codes
    assert not torch.equal(module.decode(codes)[:, :16], module.decode(later)[:, :16])


def test_a_clip_has_the_same_tokens_alone_and_in_a_batch() -> None:
    module = make_tokenizer()
    clips = torch.cat([features(16), features(16, seed=1)])
    together = module.encode(clips)
    for number in range(2):
        assert torch.equal(module.encode(clips[number : number + 1])[0], together[number])


def test_codes_and_lengths_out_of_range_are_refused() -> None:
    tokenizer = loaded(make_tokenizer())
    with pytest.raises(InputError, match="codes from 0 to 511"):
        tokenizer.detokenize(np.array([512]), 4)
    with pytest.raises(InputError, match="1 to 4 frames"):
        tokenizer.detokenize(np.array([0]), 5)
    with pytest.raises(InputError, match=r"shaped \(frames, 263\)"):
        tokenizer.tokenize(np.zeros((3, 251), np.float32))


@settings(deadline=None)
@given(error=st.floats(-0.5, 0.5), frames=st.integers(1, 40))
def test_errors_of_the_yaw_velocity_add_up_to_a_heading(error: float, frames: int) -> None:
    target = features(frames)
    found = target.clone()
    found[..., 0] += error
    headings = error * np.arange(1, frames + 1) / np.sqrt(frames)
    expected = np.where(abs(headings) < 1, headings**2 / 2, abs(headings) - 0.5).mean()
    assert float(heading_loss(reconstruction(target, found), YAW)) == pytest.approx(
        expected, abs=1e-4
    )


def test_errors_of_the_yaw_velocity_that_cancel_out_cost_less() -> None:
    target = features(32)
    signs = torch.tensor([1.0, -1.0]).repeat(16)
    for error in (0.1, 1.0):
        constant, alternating = target.clone(), target.clone()
        constant[..., 0] += error
        alternating[..., 0] += error * signs
        costs = [
            heading_loss(reconstruction(target, each), YAW) for each in (constant, alternating)
        ]
        assert costs[0] > 10 * costs[1]
    others = target.clone()
    others[..., 1:] += 1.0
    assert float(heading_loss(reconstruction(target, others), YAW)) == 0.0


def reconstruction(target: torch.Tensor, values: torch.Tensor) -> Reconstruction:
    codes = torch.zeros(1, 1, dtype=torch.long)
    return Reconstruction(target, values, Quantized(target, codes, torch.zeros(())))
