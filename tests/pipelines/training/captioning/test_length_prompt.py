"""Prompts that say how long each clip is, for any dataset, batch, and padding."""

import io
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

pytest.importorskip("transformers")

from cli import main
from motiondata.errors import InputError
from pipelines.training.captioning.caption_source import CaptionSource
from pipelines.training.captioning.captioner import PROMPT, Captioner, load_captioner
from pipelines.training.captioning.captioner_task import CaptionerTask
from pipelines.training.captioning.clip_lengths import (
    PROMPT_WORDS,
    expect_digits,
    frame_seconds,
    length_prompts,
)
from pipelines.training.captioning.generate import caption_split, matched_and_shuffled_loss
from pipelines.training.captioning.inputs import ClipInputs, FrameInput, TokenInput
from pipelines.training.captioning.options import CaptionerTrainingOptions, GenerationOptions
from pipelines.training.captioning.train_captioner import train_captioner
from pipelines.training.common.checkpoints import read_checkpoint
from pipelines.training.common.clip_fields import PaddedClips
from pipelines.training.common.load_text_model import load_text_model
from pipelines.training.common.logs import read_log
from pipelines.training.common.options import TINY, LoopOptions, OptimizerOptions
from pipelines.training.common.training_checkpoint import CHECKPOINT
from pipelines.training.language.token_clips import TokenSource
from shards import open_dataset
from shards.format.dataset import Dataset
from shards.stream.streamed_dataset import StreamedDataset
from shards.stream.views import StreamPosition
from tests.support.captioned_features import MadeFeatures, make_captioned
from tests.support.feature_dataset import make_features
from tests.support.text_models import SMALL, save_text_model
from tests.support.token_clips import CLIPS, make_token_clips

CAPTIONS = ["a person walks", "a person runs and jumps", "someone waves"]
SECONDS = [0.4, 12.25, 123.0]
WIDTH, CODES, RATE = 6, 8, 20.0
READS = pytest.mark.parametrize("reads", ["frames", "tokens", "both"])
OPTIONS = CaptionerTrainingOptions(stages="full", steps="6", stride=2, length_prompt=True)
LOOP = LoopOptions(
    batch=8, save_every=3, watch_every=6, optimizer=OptimizerOptions(warmup=2, schedule="constant")
)


@pytest.fixture(scope="module")
def features(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Make clips of 0.2 to 12.5 seconds, so that prompts differ in their number of tokens."""
    out = tmp_path_factory.mktemp("lengths") / "features"
    return make_captioned(out, MadeFeatures(clips=tuple(CLIPS.items()), frames=(4, 250)))


@pytest.fixture(scope="module")
def of_tokens(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Make clips of as many frames as the motion of the tokens has."""
    out = tmp_path_factory.mktemp("lengths") / "of_tokens"
    return make_captioned(out, MadeFeatures(clips=tuple(CLIPS.items()), frames=(24, 25)))


@pytest.fixture(scope="module")
def tokens(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return make_token_clips(tmp_path_factory.mktemp("lengths") / "tokens")


def make_captioner(reads: str = "frames", length_prompt: bool = True) -> Captioner:
    text = load_text_model(TINY, [*PROMPT_WORDS, *CAPTIONS], 0, SMALL)
    torch.manual_seed(0)
    frames = FrameInput(text.width, torch.zeros(WIDTH), torch.ones(WIDTH))
    tokens = TokenInput(text.width, CODES)
    read = {"frames": (frames, None), "tokens": (None, tokens), "both": (frames, tokens)}
    return Captioner(text, *read[reads], length_prompt).eval()


def made_clips(chosen: Sequence[int] = (0, 1, 2), padding: int = 0) -> ClipInputs:
    """Return some of three clips of frames and tokens, with more padding of other values."""
    random = torch.Generator().manual_seed(0)
    there = torch.arange(5 + padding) < torch.tensor([2, 5, 3])[:, None]
    values = torch.randn(3, 5, WIDTH, generator=random)
    values = torch.nn.functional.pad(values, (0, 0, 0, padding), value=7)
    codes = torch.arange(5 + padding).expand(3, -1) % CODES
    picked = [*chosen]
    seconds = torch.tensor(SECONDS, dtype=torch.float64)[picked]
    frames = PaddedClips(values[picked], there[picked])
    return ClipInputs(frames, PaddedClips(codes[picked], there[picked]), seconds)


def test_the_prompt_of_each_clip_has_the_tokens_of_its_own_length() -> None:
    captioner = make_captioner()
    ids, mask = captioner.own_prompts(made_clips())
    for number, prompt in enumerate(length_prompts(SECONDS)):
        [[*expected, end]] = captioner.text.encode([prompt])[0].tolist()
        assert ids[number, mask[number]].tolist() == expected
        assert end not in expected
    assert len({*mask.sum(1).tolist()}) == 3, "prompts differ in their number of tokens"


def test_the_tiny_model_reads_every_digit() -> None:
    text = make_captioner().text
    unknown = text.tokenizer.token_to_id("<unk>")
    prompts = length_prompts(number / 10 for number in range(3000))
    ids, _ = text.encode(prompts)
    assert unknown not in ids.flatten().tolist()
    said = [text.replace(" ", "") for text in text.decode(ids)]
    assert said == [prompt.replace(" ", "") for prompt in prompts]


@READS
@torch.no_grad()
def test_other_clips_of_the_batch_and_padding_change_nothing(reads: str) -> None:
    captioner = make_captioner(reads)
    labels = captioner.text.labels(CAPTIONS)
    together, padded = made_clips(), made_clips(padding=4)
    counts = (labels >= 0).sum(1)
    alone = torch.stack(
        [captioner.loss(made_clips([k]), labels[k : k + 1]) for k in range(len(CAPTIONS))]
    )
    expected = (alone * counts).sum() / counts.sum()
    for clips in (together, padded):
        assert torch.allclose(captioner.loss(clips, labels), expected, atol=1e-5)
        said = captioner.caption(clips)
        assert said == [captioner.caption(made_clips([k]))[0] for k in range(len(CAPTIONS))]


@READS
@torch.no_grad()
def test_the_t5_reads_the_prompt_of_a_clip_and_then_the_clip_without_gaps(reads: str) -> None:
    captioner, clips = make_captioner(reads), made_clips()
    read = captioner._inputs(clips)
    embedded, mask = captioner.embed(clips)
    for number, prompt in enumerate(length_prompts(SECONDS)):
        words = captioner.text.encode([prompt])[0][0, :-1]
        expected = torch.cat(
            [captioner.text.model.get_input_embeddings()(words), embedded[number, mask[number]]]
        )
        there = read["attention_mask"][number].bool()
        assert there.tolist() == [place < len(expected) for place in range(len(there))]
        assert torch.equal(read["inputs_embeds"][number, there], expected)


@torch.no_grad()
def test_the_length_is_read_and_belongs_to_what_is_shuffled() -> None:
    captioner, clips = make_captioner(), made_clips()
    labels = captioner.text.labels(CAPTIONS)
    longer = clips.lasting(torch.tensor(SECONDS) + 1)
    assert captioner.loss(longer, labels) != captioner.loss(clips, labels)
    others = captioner.loss(made_clips([2, 0, 1]), labels)
    assert torch.allclose(captioner.shuffled_loss(clips, labels), others)
    twice = captioner.text.labels([text for text in CAPTIONS for _ in range(2)])
    repeated = captioner.loss(made_clips([0, 0, 1, 1, 2, 2]), twice)
    assert torch.allclose(captioner.loss(clips, twice), repeated, atol=1e-6)
    with pytest.raises(ValueError, match="expected the lengths of clips for their prompts"):
        captioner.loss(clips.lasting(None), labels)


@READS
@torch.no_grad()
def test_without_the_option_one_prompt_is_read_by_all_to_the_last_bit(reads: str) -> None:
    captioner, clips = make_captioner(reads, length_prompt=False), made_clips()
    prompt = captioner.text.encode([PROMPT])[0][0, :-1]
    assert captioner.prompt is not None
    assert torch.equal(captioner.prompt, prompt)
    words = captioner.text.model.get_input_embeddings()(prompt)
    embedded, mask = captioner.embed(clips)
    labels = captioner.text.labels(CAPTIONS)
    logits = captioner.language_model(
        inputs_embeds=torch.cat([words.expand(3, -1, -1), embedded], 1),
        attention_mask=torch.cat([torch.ones(3, len(prompt), dtype=torch.bool), mask], 1).long(),
        decoder_input_ids=captioner.text.model.prepare_decoder_input_ids_from_labels(labels),
    ).logits
    expected = torch.nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten())
    assert torch.equal(captioner.loss(clips, labels), expected)
    assert torch.equal(captioner.loss(clips.lasting(None), labels), expected)


@pytest.mark.parametrize(("fps", "expected"), [(20, [0.25, 2.5]), (12.5, [0.4, 4.0]), (120, None)])
def test_a_length_is_the_frames_by_the_frame_rate(fps: float, expected: list[float] | None) -> None:
    mask = np.arange(50) < np.array([5, 50])[:, None]
    batch = {"mask": mask, "json": [{"fps_out": fps}] * 2}
    assert frame_seconds(batch, ["a", "b"]).tolist() == (expected or [5 / fps, 50 / fps])


@pytest.mark.parametrize("found", [None, 0, "20"])
def test_clips_without_a_frame_rate_are_refused(found: object) -> None:
    batch = {"mask": np.ones((1, 3), bool), "json": [{"fps_out": found}]}
    with pytest.raises(InputError, match=r"a\.json: expected frames per second above 0 in"):
        frame_seconds(batch, ["a"])


@pytest.mark.parametrize("stride", [1, 4])
def test_a_dataset_of_frames_gives_the_lengths_of_clips_for_any_stride(
    features: Dataset, of_tokens: Dataset, tokens: Dataset, stride: int
) -> None:
    for dataset, added in ((features, None), (of_tokens, tokens.path)):
        data = open_dataset(dataset.path)
        rows = dataset.manifest.select(["key", "frames"]).to_pylist()
        frames = {row["key"]: row["frames"] for row in rows}
        source = CaptionSource.of(data, None, added, lengths=True)
        view = source.join(data.clips("test", source.fields, 25, rank=0, world=1), "test")
        batch = view.batch_at(StreamPosition(0, 0))
        found = source.inputs(batch, stride, lambda clips: clips.random_phases(stride)).seconds
        assert found is not None
        assert found.tolist() == [frames[key] / RATE for key in batch["keys"]]


def test_a_caption_of_a_part_has_the_length_of_the_part(features: Dataset) -> None:
    data = StreamedDataset(features, lambda _, __: [(range(1, 4), "a part of three frames")])
    source = CaptionSource.of(data, None, None, lengths=True)
    batch = next(iter(data.clips("test", source.fields, 25, captions=True, rank=0, world=1)))
    found = source.inputs(batch, 2).seconds
    assert found is not None
    assert found.tolist() == [3 / RATE] * 25


def test_tokens_have_the_length_of_their_motion_as_in_the_tasks_of_a_language_model(
    tokens: Dataset,
) -> None:
    data = open_dataset(tokens.path)
    source = CaptionSource.of(data, None, None, lengths=True)
    batch = next(iter(data.clips("test", source.fields, 25, rank=0, world=1)))
    found = source.inputs(batch, 1).seconds
    assert found is not None
    motions = TokenSource.of(tokens).motions(batch)
    said = [motion.slots()["seconds"] for motion in motions]
    assert length_prompts(found) == [f"describe the motion of {each} seconds:" for each in said]


def run(data: Path, out: Path, options: CaptionerTrainingOptions) -> Path:
    train_captioner(data, out, options, LOOP, "cpu", io.StringIO())
    return out / CHECKPOINT


def losses(checkpoint: Path) -> list[float]:
    return [record["loss"] for record in read_log(checkpoint.parent) if "loss" in record]


@pytest.mark.parametrize(
    "chosen", [{}, {"join": 0.8, "captions": 2, "downsample": 2}], ids=["plain", "joined"]
)
def test_a_captioner_of_lengths_is_trained_resumed_and_captions(
    features: Dataset, tmp_path: Path, chosen: dict[str, float]
) -> None:
    options = replace(OPTIONS, **chosen)  # type: ignore[arg-type]
    whole = run(features.path, tmp_path / "whole", options)
    for steps in ("4", "6"):
        parts = run(features.path, tmp_path / "parts", replace(options, steps=steps))
    assert losses(whole) == losses(parts)
    one, two = (
        dict(caption_split(features.path, whole, "test", GenerationOptions(batch=batch)))
        for batch in (1, 25)
    )
    assert one == two
    loaded = load_captioner(whole)
    assert loaded.module.prompt is None
    assert "prompt" not in read_checkpoint(whole, "captioner")["weights"]
    matched, shuffled = matched_and_shuffled_loss(features.path, whole)
    assert matched != shuffled


@pytest.mark.parametrize("reads", ["tokens", "both"])
def test_tokens_are_captioned_with_their_lengths(
    of_tokens: Dataset, tokens: Dataset, tmp_path: Path, reads: str
) -> None:
    data, added = (tokens, None) if reads == "tokens" else (of_tokens, tokens.path)
    checkpoint = run(data.path, tmp_path, replace(OPTIONS, steps="2", tokens=added))
    generation = GenerationOptions(tokens=added, device="cpu")
    assert len(caption_split(data.path, checkpoint, "test", generation)) == 25


def test_it_is_part_of_a_training_only_when_it_is_chosen(features: Dataset, tmp_path: Path) -> None:
    plain = replace(OPTIONS, length_prompt=False)
    tasks = [
        CaptionerTask(open_dataset(features.path), each, 0, torch.device("cpu"))
        for each in (plain, OPTIONS)
    ]
    assert [task.identity().get("length_prompt", "absent") for task in tasks] == ["absent", True]
    assert "prompt" in tasks[0].module.state_dict()
    run(features.path, tmp_path, plain)
    with pytest.raises(InputError, match="length_prompt"):
        run(features.path, tmp_path, OPTIONS)


def test_the_command_takes_the_option(features: Dataset, tmp_path: Path) -> None:
    words = ["train-captioner", features.path, "--out", tmp_path / "out", "--length-prompt",
             "--steps=2", "--device=cpu", "--batch=8"]  # fmt: skip
    result = CliRunner().invoke(main, [*map(str, words)])
    assert result.exit_code == 0, result.output
    checkpoint = tmp_path / "out" / CHECKPOINT
    assert load_captioner(checkpoint).module.prompt is None
    words = ["evaluate", features.path, "--checkpoint", checkpoint, "--out", tmp_path / "report"]
    result = CliRunner().invoke(main, [*map(str, words)])
    assert result.exit_code == 0, result.output


def test_a_t5_without_digits_is_refused(tmp_path: Path) -> None:
    save_text_model(load_text_model(TINY, CAPTIONS, 0, SMALL), tmp_path / "t5")
    text = load_text_model(str(tmp_path / "t5"), CAPTIONS, 0)
    with pytest.raises(InputError, match="expected a tokenizer with digits, which --length-prompt"):
        expect_digits(text)


def test_a_dataset_without_descriptions_of_clips_is_refused(tmp_path: Path) -> None:
    make_features(tmp_path, [np.zeros((3, WIDTH), np.float32)])
    with pytest.raises(InputError, match="expected json with the frame rate of each clip"):
        CaptionSource.of(open_dataset(tmp_path), None, None, lengths=True)
