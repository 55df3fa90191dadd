"""The best of several motions is the one whose text the model would most probably write."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
import torch

pytest.importorskip("transformers")

from motiondata.errors import InputError
from pipelines.training.common.optimizer import SEEDS
from pipelines.training.common.training_checkpoint import CHECKPOINT
from pipelines.training.language.choosing import OwnJudge, choose_best
from pipelines.training.language.instructions import CaptionedMotion, Sample, ask
from pipelines.training.language.load_language import LoadedLanguage, load_language
from pipelines.training.language.motion_vocabulary import motion_text
from pipelines.training.language.options import LanguageOptions
from pipelines.training.language.train_language import train_language
from pipelines.training.language.write_motion import generate, predict
from pipelines.training.language.writing_options import (
    GenerateOptions,
    MotionDecoding,
    PredictOptions,
    WritingOptions,
)
from shards.format.dataset import Dataset
from tests.pipelines.training.language.conftest import LOOP, save_t5
from tests.support.captioned_features import ACTS, KINDS, WAYS, captions_of
from tests.support.text_models import SMALL

TEXTS = ["a person walks left", "someone jumps in a circle"]


def motion(codes: tuple[int, ...], text: str) -> CaptionedMotion:
    return CaptionedMotion(codes, text, 4 * len(codes), 20.0)


def test_losses_of_a_batch_are_those_of_each_sample_alone(begun: Path) -> None:
    model = load_language(begun).module
    samples = [
        Sample("Describe the motion", "a person walks left"),
        Sample("Make the motion: jumps", motion_text((1, 2, 3, 4, 5, 6, 7))),
        Sample("How many?", "23 frames"),
    ]
    with torch.no_grad():
        found = model.losses(samples)
        alone = [model.loss([each]) for each in samples]
    tokens = [len(model.text.encode([answer])[0][0]) for _, answer in samples]
    slow = torch.stack(alone) * torch.tensor(tokens)
    assert torch.allclose(found, slow, rtol=1e-4)


def test_portions_of_draws_and_of_their_captions_change_nothing(begun: Path) -> None:
    model = load_language(begun).module
    texts, lengths = [*TEXTS, *TEXTS, TEXTS[0]], [3, 5, 2, 4, 6]
    asked = [ask("caption_to_motion", motion((), text).slots()) for text in texts]
    greedy = MotionDecoding(temperature=0.0)
    whole = model.move(asked, greedy, lengths)
    motions = [motion(tuple(codes), TEXTS[0]) for codes in whole]
    costs = OwnJudge(model).costs(motions)
    assert [len(codes) for codes in whole] == lengths
    assert model.move(asked, greedy, lengths, at_once=2) == whole
    assert OwnJudge(model, at_once=2).costs(motions) == pytest.approx(costs, rel=1e-5)


def test_seeds_may_be_of_any_size(begun: Path) -> None:
    model = load_language(begun).module
    asked = [ask("caption_to_motion", motion((), TEXTS[0]).slots())]
    small, large = (
        model.move(asked, MotionDecoding(max_tokens=6, seed=seed)) for seed in (3, SEEDS + 3)
    )
    assert small == large


def test_the_chosen_motion_is_the_best_of_its_own_group(begun: Path) -> None:
    model = load_language(begun).module
    generator = torch.Generator().manual_seed(3)
    codes = torch.randint(0, 12, (8, 6), generator=generator).tolist()
    motions = [motion(tuple(each), TEXTS[k // 4]) for k, each in enumerate(codes)]
    with torch.no_grad():
        asked = [f"Describe the motion: {motion_text(each.codes)}" for each in motions]
        losses = [
            float(model.losses([Sample(one, each.caption)]))
            for one, each in zip(asked, motions, strict=True)
        ]
    expected = [min(range(start, start + 4), key=losses.__getitem__) for start in (0, 4)]
    assert choose_best(OwnJudge(model), motions, 4) == [motions[k] for k in expected]
    assert choose_best(OwnJudge(model), motions, 1) == motions


def test_each_written_motion_is_one_of_those_drawn(begun: Path, tmp_path: Path) -> None:
    decoding = MotionDecoding(max_tokens=6)
    several = WritingOptions(begun, repeats=6, decoding=decoding, device="cpu")
    best = replace(several, repeats=2, best_of=3)
    drawn, kept = (
        [each.codes for each in generate(TEXTS, tmp_path / name, how, GenerateOptions()).motions]
        for name, how in (("all", several), ("best", best))
    )
    groups = [drawn[start : start + 3] for start in range(0, 12, 3)]
    assert len(kept) == 4
    assert all(one in group for one, group in zip(kept, groups, strict=True))


def test_a_motion_without_a_text_cannot_be_chosen(
    tokens: Dataset, begun: Path, tmp_path: Path
) -> None:
    writing = WritingOptions(begun, best_of=2, decoding=MotionDecoding(max_tokens=6), device="cpu")
    with pytest.raises(InputError, match="expected a --text, by which --best-of chooses"):
        predict(tokens.path, "test0003", tmp_path / "out", writing, PredictOptions())
    assert not (tmp_path / "out").exists()
    with pytest.raises(InputError, match="best_of"):
        WritingOptions(begun, best_of=0)


@pytest.fixture(scope="module")
def learned(tokens: Dataset, tmp_path_factory: pytest.TempPathFactory) -> LoadedLanguage:
    folder = tmp_path_factory.mktemp("both")
    save_t5(folder / "t5", replace(SMALL, dropout_rate=0.0))
    options = LanguageOptions(
        str(folder / "t5"), focus=("caption_to_motion", "motion_to_caption"), focus_share=1.0,
        steps=300, pretraining_steps=0, rate=5e-3,
    )  # fmt: skip
    train_language(tokens.path, folder / "run", options, replace(LOOP, batch=16), "cpu",
                   io.StringIO())  # fmt: skip
    return load_language(folder / "run" / CHECKPOINT)


@pytest.mark.slow
def test_chosen_motions_follow_their_captions_more_often(learned: LoadedLanguage) -> None:
    texts = [captions_of(clip)[0] for clip in range(len(KINDS)) for _ in range(8)]
    slots = [motion((), text).slots() for text in texts]
    decoding = MotionDecoding(temperature=1.6, max_tokens=6)
    with torch.no_grad():
        codes = learned.module.move(
            [ask("caption_to_motion", each) for each in slots], decoding, [6] * len(texts)
        )
    drawn = [motion(tuple(each), text) for each, text in zip(codes, texts, strict=True)]
    chosen = choose_best(OwnJudge(learned.module), drawn, 8)
    assert share_right(chosen) > max(0.85, share_right(drawn) + 0.1)


def share_right(motions: list[CaptionedMotion]) -> float:
    """Return the share of motions with the codes of the act and the way of their captions."""
    expected = {
        captions_of(clip)[0]: (ACTS.index(act), len(ACTS) + WAYS.index(way))
        for clip, (act, way) in enumerate(KINDS)
    }
    right = [(each.codes[0], each.codes[3]) == expected[each.caption] for each in motions]
    return sum(right) / len(right)
