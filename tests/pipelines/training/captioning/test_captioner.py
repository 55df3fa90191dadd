"""The captioner: which inputs it reads, and that a checkpoint restores it."""

from pathlib import Path

import pytest
import torch

pytest.importorskip("transformers")

from motiondata.errors import InputError
from pipelines.training.captioning.captioner import (
    KIND,
    PROMPT,
    Captioner,
    load_captioner,
    make_projector,
)
from pipelines.training.common.checkpoints import write_checkpoint
from pipelines.training.common.clip_fields import PaddedClips
from pipelines.training.common.decoding import Decoding
from pipelines.training.common.load_text_model import load_text_model
from pipelines.training.common.options import TINY
from tests.support.text_models import SMALL

CAPTIONS = ["a person walks", "a person runs and jumps", "someone waves"]
WIDTH = 6


def make_captioner(seed: int = 0) -> Captioner:
    text = load_text_model(TINY, [PROMPT, *CAPTIONS], seed, SMALL)
    torch.manual_seed(seed)
    mean = torch.arange(WIDTH) * 100.0
    return Captioner(text, mean, torch.full((WIDTH,), 4.0)).eval()


def made_clips() -> PaddedClips:
    random = torch.Generator().manual_seed(0)
    lengths = torch.tensor([5, 2, 3])
    values = torch.arange(WIDTH) * 100.0 + torch.randn(3, 5, WIDTH, generator=random)
    mask = torch.arange(5) < lengths[:, None]
    return PaddedClips(values * mask[..., None], mask)


def test_the_projector_is_as_wide_as_the_features_and_the_t5() -> None:
    projector = make_projector(1024, 768)
    shapes = [tuple(each.shape) for each in projector.parameters() if each.ndim == 2]
    assert shapes == [(1024, 1024), (768, 1024), (768, 768)]
    assert [type(each).__name__ for each in projector] == ["Linear", "GELU"] * 2 + ["Linear"]


def test_features_are_standardized_by_the_buffers() -> None:
    captioner, clips = make_captioner(), made_clips()
    found = captioner.features(clips.values, clips.mask)
    assert torch.allclose(found, (clips.values - torch.arange(WIDTH) * 100.0) / 4.0)


@torch.no_grad()
def test_what_pads_changes_nothing() -> None:
    captioner, clips = make_captioner(), made_clips()
    labels = captioner.text.labels(CAPTIONS)
    longer = torch.nn.functional.pad(clips.values, (0, 0, 0, 4), value=7.0)
    mask = torch.nn.functional.pad(clips.mask, (0, 4))
    assert torch.allclose(
        captioner.loss(clips.values, clips.mask, labels), captioner.loss(longer, mask, labels)
    )
    assert captioner.caption(clips.values, clips.mask) == captioner.caption(longer, mask)


@torch.no_grad()
def test_the_loss_is_the_mean_over_the_tokens_of_all_captions() -> None:
    captioner, clips = make_captioner(), made_clips()
    labels = captioner.text.labels(CAPTIONS)
    counts = (labels >= 0).sum(1)
    one_by_one = torch.stack(
        [
            captioner.loss(clips.values[i : i + 1], clips.mask[i : i + 1], labels[i : i + 1])
            for i in range(3)
        ]
    )
    together = captioner.loss(clips.values, clips.mask, labels)
    assert torch.allclose(together, (one_by_one * counts).sum() / counts.sum(), atol=1e-5)


@torch.no_grad()
def test_the_shuffled_loss_is_that_of_the_neighbors_features() -> None:
    captioner, clips = make_captioner(), made_clips()
    labels = captioner.text.labels(CAPTIONS)
    order = [2, 0, 1]
    assert torch.allclose(
        captioner.shuffled_loss(clips.values, clips.mask, labels),
        captioner.loss(clips.values[order], clips.mask[order], labels),
    )


@torch.no_grad()
def test_the_prompt_is_read_before_the_features() -> None:
    captioner, clips = make_captioner(), made_clips()
    labels = captioner.text.labels(CAPTIONS)
    before = captioner.loss(clips.values, clips.mask, labels)
    captioner.prompt = captioner.prompt.flip(0)
    assert captioner.text.decode(captioner.prompt.flip(0)[None]) == [PROMPT]
    assert captioner.loss(clips.values, clips.mask, labels) != before


@pytest.mark.parametrize("beams", [1, 3])
@torch.no_grad()
def test_captions_are_the_same_again_and_end_in_time(beams: int) -> None:
    captioner, clips = make_captioner(), made_clips()
    decoding = Decoding(beams, max_tokens=5)
    first = captioner.caption(clips.values, clips.mask, decoding)
    assert first == captioner.caption(clips.values, clips.mask, decoding)
    assert all(len(caption.split()) <= 5 for caption in first)


@torch.no_grad()
def test_a_captioner_comes_back_from_its_checkpoint(tmp_path: Path) -> None:
    captioner, clips = make_captioner(), made_clips()
    contents = {
        "text": captioner.text.to_state(), "field": "features", "stride": 2, "encoder": None
    }  # fmt: skip
    state = {"contents": contents, "weights": captioner.state_dict()}
    write_checkpoint(tmp_path / "c.pt", KIND, state)
    loaded = load_captioner(tmp_path / "c.pt")
    assert (loaded.field, loaded.stride, loaded.components) == ("features", 2, WIDTH)
    labels = captioner.text.labels(CAPTIONS)
    assert torch.equal(
        captioner.loss(clips.values, clips.mask, labels),
        loaded.module.loss(clips.values, clips.mask, labels),
    )


def test_weights_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    captioner = make_captioner()
    contents = {
        "text": captioner.text.to_state(), "field": "features", "stride": 2, "encoder": None
    }  # fmt: skip
    weights = captioner.state_dict()
    weights.pop("projector.0.weight")
    write_checkpoint(tmp_path / "c.pt", KIND, {"contents": contents, "weights": weights})
    with pytest.raises(InputError, match="its weights do not fit its T5"):
        load_captioner(tmp_path / "c.pt")
