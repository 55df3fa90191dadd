"""Quantizers: codes and vectors correspond, gradients pass, and codes do not die unnoticed."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from motiondata.errors import InputError
from pipelines.training.tokenizers.options import FSQ_LEVELS, Quantizers, TokenizerSizes
from pipelines.training.tokenizers.quantizers import (
    DECAY,
    FiniteScalarQuantizer,
    VectorQuantizer,
    make_quantizer,
)


@pytest.mark.parametrize("nominal", FSQ_LEVELS)
def test_every_code_of_fsq_is_that_of_its_own_vector(nominal: int) -> None:
    quantizer = FiniteScalarQuantizer(FSQ_LEVELS[nominal])
    codes = torch.arange(quantizer.codes)
    vectors = quantizer.decode(codes)
    assert len({tuple(row) for row in vectors.tolist()}) == quantizer.codes
    assert vectors.abs().max() <= 1
    # Wide of the bound by its own inverse, so that rounding must find the same level again.
    half = quantizer.levels // 2
    bounded = vectors * half
    half_range = (quantizer.levels - 1) * 1.001 / 2
    offset = torch.where(quantizer.levels % 2 == 0, 0.5, 0.0)
    inputs = torch.atanh((bounded + offset) / half_range) - torch.atanh(offset / half_range)
    assert torch.equal(quantizer(inputs[None]).codes[0], codes)


def test_fsq_has_the_published_numbers_of_codes() -> None:
    sizes = {
        nominal: TokenizerSizes("fsq", codes=nominal).number_of_codes for nominal in FSQ_LEVELS
    }
    assert sizes == {
        256: 240, 512: 512, 1024: 1000, 2048: 1920, 4096: 4375, 16384: 15360, 65536: 64000,
    }  # fmt: skip


@given(st.lists(st.floats(-1e4, 1e4), min_size=3, max_size=3))
def test_codes_of_fsq_are_in_range_for_any_vector(vector: list[float]) -> None:
    quantizer = FiniteScalarQuantizer((8, 6, 5))
    found = quantizer(torch.tensor([[vector]]))
    assert 0 <= int(found.codes) < quantizer.codes
    assert torch.allclose(quantizer.decode(found.codes), found.values, atol=1e-3)


@pytest.mark.parametrize("quantizer", ["fsq", "vq"])
def test_gradients_pass_the_rounding(quantizer: Quantizers) -> None:
    made = make_quantizer(TokenizerSizes(quantizer=quantizer, codes=512, code_width=3))
    vectors = torch.randn(2, 5, 3, requires_grad=True)
    made(vectors).values.sum().backward()
    assert vectors.grad is not None
    assert (vectors.grad > 0).all()


def test_vq_chooses_the_nearest_vector() -> None:
    quantizer = VectorQuantizer(7, 4).eval()
    quantizer.codebook.copy_(torch.randn(7, 4))
    vectors = torch.randn(3, 11, 4)
    slow = (vectors[:, :, None] - quantizer.codebook).square().sum(-1).argmin(-1)
    found = quantizer(vectors)
    assert torch.equal(found.codes, slow)
    assert torch.allclose(found.values, quantizer.codebook[slow], atol=1e-6)


def test_the_codebook_of_vq_is_a_moving_average_of_the_vectors_that_chose_it() -> None:
    quantizer = VectorQuantizer(2, 1).train()
    quantizer.codebook.copy_(torch.tensor([[0.0], [10.0]]))
    quantizer.sums.copy_(quantizer.codebook * 50)
    quantizer.uses.fill_(50.0)
    quantizer.started.fill_(True)
    quantizer(torch.tensor([[[1.0], [2.0], [9.0]]]))
    uses = [50 * DECAY + 2 * (1 - DECAY), 50 * DECAY + 1 * (1 - DECAY)]
    sums = [0 * DECAY + 3 * (1 - DECAY), 500 * DECAY + 9 * (1 - DECAY)]
    expected = [total / count for total, count in zip(sums, uses, strict=True)]
    assert quantizer.codebook[:, 0].tolist() == pytest.approx(expected)


def test_a_dead_code_of_vq_becomes_a_vector_of_the_batch() -> None:
    quantizer = VectorQuantizer(2, 1).train()
    quantizer.codebook.copy_(torch.tensor([[0.0], [1e6]]))
    quantizer.sums.copy_(quantizer.codebook)
    quantizer.started.fill_(True)
    vectors = torch.tensor([[[1.0], [2.0], [3.0]]])
    quantizer(vectors)
    assert float(quantizer.codebook[1]) in vectors.flatten().tolist()


def test_vq_does_not_change_outside_training() -> None:
    quantizer = VectorQuantizer(5, 2).eval()
    before = {name: value.clone() for name, value in quantizer.state_dict().items()}
    quantizer(torch.randn(2, 3, 2))
    assert all(torch.equal(value, before[name]) for name, value in quantizer.state_dict().items())


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"codes": 500, "quantizer": "fsq"}, "codes: expected one of 256"),
        ({"codes": 1, "quantizer": "vq"}, "codes: expected at least 2"),
        ({"frames_per_token": 3}, "frames_per_token: expected one of 1, 2, 4, 8"),
        ({"quantizer": "rvq"}, "quantizer: expected one of vq, fsq"),
    ],
)
def test_wrong_sizes_are_refused(sizes: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        TokenizerSizes(**sizes)  # type: ignore[arg-type]
