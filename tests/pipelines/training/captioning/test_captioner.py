"""The captioner: which inputs it reads, and that a checkpoint restores it."""

from dataclasses import replace
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
)
from pipelines.training.captioning.inputs import (
    ClipInputs,
    Downsampling,
    FrameInput,
    TokenInput,
    make_projector,
)
from pipelines.training.common.central_sentence import central_sentence
from pipelines.training.common.checkpoints import write_checkpoint
from pipelines.training.common.clip_fields import PaddedClips
from pipelines.training.common.decoding import Decoding
from pipelines.training.common.load_text_model import load_text_model
from pipelines.training.common.optimizer import seeded
from pipelines.training.common.options import TINY
from pipelines.training.common.text_model import IGNORED
from tests.support.text_models import SMALL

CAPTIONS = ["a person walks", "a person runs and jumps", "someone waves"]
WIDTH = 6
CODES = 8
READS = pytest.mark.parametrize("reads", ["frames", "fewer frames", "tokens", "both"])


def make_captioner(seed: int = 0, reads: str = "frames") -> Captioner:
    text = load_text_model(TINY, [PROMPT, *CAPTIONS], seed, SMALL)
    torch.manual_seed(seed)
    statistics = torch.arange(WIDTH) * 100.0, torch.full((WIDTH,), 4.0)
    frames = FrameInput(text.width, *statistics)
    fewer = FrameInput(text.width, *statistics, downsample=2)
    tokens = TokenInput(text.width, CODES)
    both = {
        "frames": (frames, None),
        "fewer frames": (fewer, None),
        "tokens": (None, tokens),
        "both": (frames, tokens),
    }
    return Captioner(text, *both[reads]).eval()


def made_clips() -> ClipInputs:
    codes = torch.tensor([[1, 2, 3], [4, 0, 0], [5, 6, 0]])
    there = torch.tensor([[True, True, True], [True, False, False], [True, True, False]])
    return ClipInputs(made_frames(), PaddedClips(codes, there))


def made_frames() -> PaddedClips:
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
    captioner, clips = make_captioner(), made_frames()
    assert captioner.frames is not None
    found = captioner.frames.features(clips)
    assert torch.allclose(found, (clips.values - torch.arange(WIDTH) * 100.0) / 4.0)


@torch.no_grad()
def test_downsampling_begins_with_the_mean_of_the_frames_around() -> None:
    values = torch.arange(7.0)[None, :, None].repeat(1, 1, 2)
    mask = torch.arange(7)[None] < 5
    found, there = Downsampling(2, 2)(values, mask)
    assert torch.allclose(found[0, :, 1], torch.tensor([1 / 3, 6 / 3, 7 / 3, 0.0]))
    assert there.tolist() == [[True, True, True, False]]


@pytest.mark.parametrize("stride", [2, 3, 4])
@torch.no_grad()
def test_downsampling_is_a_weighted_sum_of_each_number_alone(stride: int) -> None:
    torch.manual_seed(0)
    module, frames = Downsampling(3, stride), 10
    module.weights.weight.normal_()
    values = torch.randn(1, frames, 3)
    found, _ = module(values, torch.ones(1, frames, dtype=torch.bool))
    for place in range(found.shape[1]):
        reach = range(1 - stride, stride)
        near = [(k, place * stride + k) for k in reach if 0 <= place * stride + k < frames]
        expected = sum(
            module.weights.weight[:, 0, k + stride - 1] * values[0, at] for k, at in near
        )
        assert torch.allclose(found[0, place], torch.as_tensor(expected), atol=1e-6)


def of(clips: ClipInputs, chosen: list[int], padding: int = 0) -> ClipInputs:
    """Return some clips, with more padding of other values."""

    def change(part: PaddedClips | None) -> PaddedClips | None:
        if part is None:
            return None
        more = (0, 0) * (part.values.ndim - 2) + (0, padding)
        values = torch.nn.functional.pad(part.values[chosen], more, value=7)
        return PaddedClips(values, torch.nn.functional.pad(part.mask[chosen], (0, padding)))

    return ClipInputs(change(clips.frames), change(clips.tokens))


@READS
@torch.no_grad()
def test_what_pads_changes_nothing(reads: str) -> None:
    captioner, clips = make_captioner(reads=reads), made_clips()
    labels, longer = captioner.text.labels(CAPTIONS), of(clips, [0, 1, 2], padding=4)
    assert torch.allclose(captioner.loss(clips, labels), captioner.loss(longer, labels))
    assert captioner.caption(clips) == captioner.caption(longer)


@READS
@torch.no_grad()
def test_the_loss_is_the_mean_over_the_tokens_of_all_captions(reads: str) -> None:
    captioner, clips = make_captioner(reads=reads), made_clips()
    labels = captioner.text.labels(CAPTIONS)
    counts = (labels >= 0).sum(1)
    one_by_one = torch.stack([captioner.loss(of(clips, [i]), labels[i : i + 1]) for i in range(3)])
    together = captioner.loss(clips, labels)
    assert torch.allclose(together, (one_by_one * counts).sum() / counts.sum(), atol=1e-5)


@READS
@torch.no_grad()
def test_several_captions_of_a_clip_have_the_loss_of_the_clip_read_for_each(reads: str) -> None:
    captioner, clips = make_captioner(reads=reads), made_clips()
    texts = [*CAPTIONS, "someone runs", "a person jumps", "someone walks"]
    labels = captioner.text.labels(texts)
    one_by_one = captioner.loss(of(clips, [0, 0, 1, 1, 2, 2]), labels)
    assert torch.allclose(captioner.loss(clips, labels), one_by_one, atol=1e-6)


@READS
@torch.no_grad()
def test_the_shuffled_loss_is_that_of_the_neighbors_motion(reads: str) -> None:
    captioner, clips = make_captioner(reads=reads), made_clips()
    labels = captioner.text.labels(CAPTIONS)
    others = captioner.loss(of(clips, [2, 0, 1]), labels)
    assert torch.allclose(captioner.shuffled_loss(clips, labels), others)
    assert others != captioner.loss(clips, labels)


@torch.no_grad()
def test_a_captioner_of_both_reads_frames_before_tokens_without_gaps() -> None:
    captioner, clips = make_captioner(reads="both"), made_clips()
    assert captioner.kinds is not None
    captioner.kinds[0], captioner.kinds[1] = 1.0, -1.0
    (frames, read), (tokens, codes) = captioner.inputs(clips)
    embedded, mask = captioner.embed(clips)
    assert mask.sum(1).tolist() == [8, 3, 5]
    for clip, (before, after) in enumerate([(5, 3), (2, 1), (3, 2)]):
        first = frames.project(frames.features(read), read.mask)[0][clip, :before] + 1
        second = tokens.features(codes)[clip, :after] - 1
        assert torch.allclose(embedded[clip, : before + after], torch.cat([first, second]))


@torch.no_grad()
def test_the_prompt_is_read_before_the_features() -> None:
    captioner, clips = make_captioner(), made_clips()
    labels = captioner.text.labels(CAPTIONS)
    before = captioner.loss(clips, labels)
    assert captioner.prompt is not None
    captioner.prompt = captioner.prompt.flip(0)
    assert captioner.text.decode(captioner.prompt.flip(0)[None]) == [PROMPT]
    assert captioner.loss(clips, labels) != before


@pytest.mark.parametrize("beams", [1, 3])
@torch.no_grad()
def test_captions_are_the_same_again_and_end_in_time(beams: int) -> None:
    captioner, clips = make_captioner(), made_clips()
    decoding = Decoding(beams, max_tokens=5)
    first = captioner.caption(clips, decoding)
    assert first == captioner.caption(clips, decoding)
    assert all(len(caption.split()) <= 5 for caption in first)


@torch.no_grad()
def test_captions_are_drawn_as_the_model_gives_them_probability() -> None:
    captioner, clips, number = make_captioner(), made_clips(), 4000
    inputs = captioner._inputs(clips)
    starts = torch.full((3, 1), captioner.text.model.config.decoder_start_token_id)
    known = captioner.language_model(**inputs, decoder_input_ids=starts).logits[:, 0].softmax(-1)
    with seeded(0):
        decoding = Decoding(max_tokens=1, consensus=number)
        assert len(decoding.portions(3)) == 3
        parts = [
            captioner.text.model.generate(**inputs, **decoding.generation(each))[:, 1]
            for each in decoding.portions(3)
        ]
        drawn = torch.cat([part.reshape(3, -1) for part in parts], 1)
    shares = torch.stack([row.bincount(minlength=known.shape[1]) for row in drawn]) / number
    assert known.max() < 0.5, "no token is certain"
    assert torch.allclose(shares, known, atol=0.03)  # 4 standard deviations of a share of a half


@torch.no_grad()
def test_the_consensus_is_the_central_one_of_the_drawn_captions_of_each_clip() -> None:
    captioner, clips = make_captioner(), made_clips()
    decoding = Decoding(max_tokens=5, consensus=6, seed=3)
    with seeded(3):
        ids = captioner.text.model.generate(
            **captioner._inputs(clips), do_sample=True, top_k=0, num_return_sequences=6,
            max_new_tokens=5,
        )  # fmt: skip
    drawn = captioner.text.decode(ids)
    expected = [central_sentence(drawn[6 * clip : 6 * clip + 6]) for clip in range(3)]
    before = torch.random.get_rng_state()
    assert captioner.caption(clips, decoding) == expected
    assert torch.equal(torch.random.get_rng_state(), before)
    assert captioner.caption(clips, replace(decoding, seed=4)) != expected
    with pytest.raises(InputError, match="consensus: expected without beams"):
        replace(decoding, beams=3)


@torch.no_grad()
def test_label_smoothing_gives_all_tokens_a_share_of_the_probability() -> None:
    captioner, clips = make_captioner(), made_clips()
    labels = captioner.text.labels(CAPTIONS)
    before = captioner.text.model.prepare_decoder_input_ids_from_labels(labels)
    logits = captioner.language_model(**captioner._inputs(clips), decoder_input_ids=before).logits
    of_all = -logits.log_softmax(-1).mean(-1)[labels != IGNORED].mean()
    expected = 0.8 * captioner.loss(clips, labels) + 0.2 * of_all
    assert torch.allclose(captioner.loss(clips, labels, smoothing=0.2), expected, atol=1e-5)


@torch.no_grad()
def test_a_length_penalty_changes_which_beam_is_taken() -> None:
    captioner, clips = make_captioner(), made_clips()
    lengths = [
        sum(len(caption) for caption in captioner.caption(clips, Decoding(6, 12, penalty)))
        for penalty in (-20.0, 20.0)
    ]
    assert lengths[0] < lengths[1]
    with pytest.raises(InputError, match="length_penalty: expected with several beams"):
        Decoding(1, length_penalty=2.0)


@pytest.mark.parametrize(("reads", "downsample"), [("frames", 1), ("fewer frames", 2)])
@torch.no_grad()
def test_a_captioner_comes_back_from_its_checkpoint(
    reads: str, downsample: int, tmp_path: Path
) -> None:
    captioner, clips = make_captioner(reads=reads), made_clips()
    contents = {
        "text": captioner.text.to_state(), "field": "features", "stride": 2, "encoder": None,
        "tokens": None, "downsample": downsample,
    }  # fmt: skip
    state = {"contents": contents, "weights": captioner.state_dict()}
    write_checkpoint(tmp_path / "c.pt", KIND, state)
    loaded = load_captioner(tmp_path / "c.pt")
    assert (loaded.field, loaded.stride, loaded.components) == ("features", 2, WIDTH)
    labels = captioner.text.labels(CAPTIONS)
    assert torch.equal(
        captioner.loss(clips, labels),
        loaded.module.loss(clips, labels),
    )


def test_weights_that_do_not_fit_are_refused(tmp_path: Path) -> None:
    captioner = make_captioner()
    contents = {
        "text": captioner.text.to_state(), "field": "features", "stride": 2, "encoder": None,
        "tokens": None,
    }  # fmt: skip
    weights = captioner.state_dict()
    weights.pop("frames.projector.0.weight")
    write_checkpoint(tmp_path / "c.pt", KIND, {"contents": contents, "weights": weights})
    with pytest.raises(InputError, match="its weights do not fit its T5"):
        load_captioner(tmp_path / "c.pt")
