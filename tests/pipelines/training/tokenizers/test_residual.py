"""Residual tokenizers: each stage makes the error smaller, and the first one stands alone."""

import io
import json
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from motiondata.errors import InputError
from pipelines.datasets.verify import verify
from pipelines.engine.execution import Execution
from pipelines.training.common.logs import read_log
from pipelines.training.common.options import LoopOptions, OptimizerOptions
from pipelines.training.common.training_checkpoint import CHECKPOINT
from pipelines.training.motion_fields import MotionFields
from pipelines.training.tokenizers.load_tokenizer import describe_tokenizer, load_tokenizer
from pipelines.training.tokenizers.motion_tokenizer import MotionTokenizer
from pipelines.training.tokenizers.options import TokenizerOptions, TokenizerSizes
from pipelines.training.tokenizers.quantizers import (
    ResidualQuantizer,
    VectorQuantizer,
    draw_stages,
)
from pipelines.training.tokenizers.tokenize import detokenize, tokenize
from pipelines.training.tokenizers.train_tokenizer import train_tokenizer
from shards import open_dataset
from shards.format.dataset import Dataset
from tests.support.compare_builds import files_of

SIZES = TokenizerSizes(
    "vq", codes=8, frames_per_token=2, width=16, depth=1, code_width=6, residual=3
)
OPTIONS = TokenizerOptions(window=8, steps=12, sizes=SIZES)
LOOP = LoopOptions(batch=4, save_every=5, watch_every=6, optimizer=OptimizerOptions(warmup=2))
HERE = Execution(workers=0)


def random_quantizer(stages: int = 3, codes: int = 8, width: int = 6) -> ResidualQuantizer:
    """Return a quantizer of random codebooks, of which each is half as large as the one before."""
    made = ResidualQuantizer(stages, codes, width).eval()
    generator = torch.Generator().manual_seed(0)
    for number, codebook in enumerate(codebooks(made)):
        drawn = torch.randn(codes, width, generator=generator) / 2**number
        drawn[0] = 0  # a stage may leave a vector as it is
        codebook.copy_(drawn)
    return made


def codebooks(made: ResidualQuantizer) -> list[torch.Tensor]:
    return [cast("VectorQuantizer", stage).codebook for stage in made.stages]


def test_a_stage_quantizes_what_those_before_it_left() -> None:
    made = random_quantizer()
    vectors = torch.randn(2, 5, 6)
    left, codes = vectors, []
    for codebook in codebooks(made):
        codes.append((left[..., None, :] - codebook).square().sum(-1).argmin(-1))
        left = left - codebook[codes[-1]]
    found = made(vectors)
    assert torch.equal(found.codes, torch.stack(codes, -1))
    assert torch.allclose(found.values, vectors - left, atol=1e-6)
    assert torch.allclose(made.decode(found.codes), found.values, atol=1e-6)


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 999))
def test_the_error_falls_with_each_stage_whose_codebook_has_the_zero(seed: int) -> None:
    made = random_quantizer()
    vectors = torch.randn(1, 7, 6, generator=torch.Generator().manual_seed(seed))
    codes = made(vectors).codes
    errors = [(vectors - made.decode(codes[..., :k])).norm(dim=-1) for k in (1, 2, 3)]
    assert (errors[1] <= errors[0] + 1e-5).all()
    assert (errors[2] <= errors[1] + 1e-5).all()
    assert errors[2].sum() < errors[0].sum()


def test_the_first_stage_is_a_plain_quantizer_of_the_same_codebook() -> None:
    made, plain = random_quantizer(), VectorQuantizer(8, 6).eval()
    plain.load_state_dict(made.stages[0].state_dict())
    vectors = torch.randn(2, 5, 6)
    found, first = made(vectors), plain(vectors)
    assert torch.equal(found.codes[..., 0], first.codes)
    assert torch.equal(made.decode(found.codes[..., :1]), plain.decode(first.codes))


def test_a_tokenizer_decodes_the_first_stage_as_the_plain_one_of_the_same_weights() -> None:
    mean, std = torch.zeros(263), torch.ones(263)
    staged = MotionTokenizer(SIZES, mean, std).eval()
    staged.quantizer.load_state_dict(random_quantizer().state_dict())
    plain = MotionTokenizer(replace(SIZES, residual=1), mean, std).eval()
    known = staged.state_dict()
    plain.load_state_dict({name: known[name.replace("zer.", "zer.stages.0.")]
                           if name.startswith("quantizer") else known[name]
                           for name in plain.state_dict()})  # fmt: skip
    clip = torch.randn(1, 12, 263)
    codes = staged.encode(clip)
    assert torch.equal(codes[..., 0], plain.encode(clip))
    assert torch.equal(staged.decode(codes[..., :1]), plain.decode(codes[..., 0]))


def test_clips_keep_their_number_of_stages_and_gradients_pass() -> None:
    made = random_quantizer()
    vectors = torch.randn(3, 5, 6, requires_grad=True)
    found = made(vectors, torch.tensor([1, 2, 3]))
    for number in range(3):
        expected = made.decode(found.codes[number, :, : number + 1])
        assert torch.allclose(found.values[number], expected, atol=1e-6)
    found.values.sum().backward()
    assert vectors.grad is not None
    assert torch.allclose(vectors.grad, torch.ones_like(vectors))


def test_rare_codes_stay_in_small_batches() -> None:
    plain, kept = VectorQuantizer(2, 1).train(), VectorQuantizer(2, 1, rare=True).train()
    for made in (plain, kept):
        made.codebook.copy_(torch.tensor([[0.0], [9.0]]))
        made.sums.copy_(made.codebook)
        made.started.fill_(True)
        made(torch.zeros(1, 4, 1))
    assert kept.codebook[1].tolist() == pytest.approx([9.0])
    assert plain.codebook[1].tolist() == [0.0]
    for _ in range(200):
        kept(torch.zeros(1, 4, 1))
    assert kept.codebook[1].tolist() == [0.0]


def test_a_share_of_clips_has_any_number_of_stages() -> None:
    torch.manual_seed(0)
    drawn = draw_stages(4000, 4, 0.5)
    shares = torch.bincount(drawn, minlength=5) / 4000
    assert shares.tolist() == pytest.approx([0, 0.125, 0.125, 0.125, 0.625], abs=0.03)
    assert (draw_stages(100, 4, 0.0) == 4).all()


def test_a_tokenizer_of_one_stage_is_described_as_before_there_were_stages() -> None:
    described = describe_tokenizer(replace(SIZES, residual=1), MotionFields("humanml3d-263"), 20.0)
    assert [*described["sizes"]] == [
        "quantizer", "codes", "frames_per_token", "width", "depth", "code_width", "causal",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def trained(motion: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a trained residual tokenizer."""
    out = tmp_path_factory.mktemp("residual")
    train_tokenizer(motion.path, out, OPTIONS, LOOP, "cpu", io.StringIO())
    return out


def test_errors_and_codes_of_each_stage_are_reported(motion: Dataset, tmp_path: Path) -> None:
    learning = replace(OPTIONS, steps=80, rate=3e-3)
    report = train_tokenizer(motion.path, tmp_path, learning, LOOP, "cpu", io.StringIO())
    assert report is not None
    measures = report.measures["test"]
    errors = [each.mpjpe_mm or 0 for each in measures.stages]
    assert errors[-1] == measures.tokenizer.mpjpe_mm < errors[0]
    assert [each.use.codes for each in measures.stages] == [8, 8, 8]
    assert measures.use.used == sum(each.use.used for each in measures.stages)
    written = json.loads((tmp_path / "reconstruction.json").read_text())
    assert [each["mpjpe_mm"] for each in written["test"]["stages"]] == errors
    lines = "\n".join(report.lines())
    assert "test, stage 3" in lines
    assert "8 codes in each of 3 stages, 2 frames per token" in lines
    assert "the error with the codes of this and all earlier stages" in lines
    (watched, *_) = [each["watch"] for each in read_log(tmp_path) if "watch" in each]
    assert set(watched["stage_2"]) == {"used_codes", "perplexity"}


def test_a_training_without_stages_does_not_go_on_with_them(motion: Dataset, trained: Path) -> None:
    plain = replace(OPTIONS, sizes=replace(SIZES, residual=1))
    with pytest.raises(InputError, match="residual"):
        train_tokenizer(motion.path, trained, plain, LOOP, "cpu", io.StringIO())


@pytest.mark.parametrize("stages", [None, 2, 1])
def test_tokens_have_the_codes_of_all_or_the_first_stages(
    motion: Dataset, trained: Path, tmp_path: Path, stages: int | None
) -> None:
    checkpoint = trained / CHECKPOINT
    tokenize(motion.path, checkpoint, tmp_path / "tokens", HERE, stages=stages)
    assert verify(tmp_path / "tokens").sound
    tokens, tokenizer = open_dataset(tmp_path / "tokens"), load_tokenizer(checkpoint)
    sources = open_dataset(motion.path)
    key = motion.manifest["key"].to_pylist()[0]
    whole = tokenizer.tokenize(np.asarray(sources[key]["vectors"][:]))
    expected = whole[:, 0] if stages == 1 else whole[:, :stages]
    assert np.array_equal(np.asarray(tokens[key]["tokens"][:]), expected)
    detokenize(tmp_path / "tokens", checkpoint, tmp_path / "decoded", HERE)
    decoded, frames = open_dataset(tmp_path / "decoded"), len(sources[key]["vectors"][:])
    found = np.asarray(decoded[key]["vectors"][:])
    assert np.array_equal(found, tokenizer.detokenize(expected, frames))


def test_tokens_have_the_same_bytes_for_any_number_of_workers(
    motion: Dataset, trained: Path, tmp_path: Path
) -> None:
    for workers in (0, 2):
        execution = Execution(workers=workers)
        tokenize(motion.path, trained / CHECKPOINT, tmp_path / str(workers), execution, stages=2)
    assert files_of(tmp_path / "0") == files_of(tmp_path / "2")


def test_stages_that_a_tokenizer_lacks_are_refused(
    motion: Dataset, trained: Path, tmp_path: Path
) -> None:
    for wrong in (0, 4):
        with pytest.raises(InputError, match=f"stages: expected 1 to 3, the stages .* {wrong}"):
            tokenize(motion.path, trained / CHECKPOINT, tmp_path / "x", HERE, stages=wrong)
    assert not (tmp_path / "x").exists()
    tokenizer = load_tokenizer(trained / CHECKPOINT)
    with pytest.raises(InputError, match=r"from 0 to 7, shaped \(tokens,\), or \(tokens, up to 3"):
        tokenizer.detokenize(np.zeros((2, 4), np.int32), 4)


@pytest.mark.parametrize(
    ("sizes", "message"),
    [
        ({"residual": 0}, "residual: expected at least 1, found 0"),
        ({"residual": 2, "quantizer": "fsq"}, "residual: expected 1 for fsq, which more codes"),
    ],
)
def test_wrong_numbers_of_stages_are_refused(sizes: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        TokenizerSizes(**sizes)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="stage_dropout: expected 0 to 1"):
        TokenizerOptions(stage_dropout=1.5)
