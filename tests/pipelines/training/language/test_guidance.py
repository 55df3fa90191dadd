"""Written motion follows its caption: dropped captions, random codes, and guidance."""

import io
from dataclasses import replace
from math import inf
from pathlib import Path
from random import Random

import pytest
import torch

pytest.importorskip("transformers")

from pipelines.training.common.training_checkpoint import CHECKPOINT
from pipelines.training.language.grammar import MotionGrammar
from pipelines.training.language.guidance import Guidance
from pipelines.training.language.instructions import (
    PLAIN,
    CaptionedMotion,
    Drawing,
    Sample,
    ask,
    read_tasks,
)
from pipelines.training.language.load_language import LoadedLanguage, load_language
from pipelines.training.language.motion_vocabulary import MotionVocabulary, motion_text
from pipelines.training.language.options import LanguageOptions
from pipelines.training.language.train_language import train_language
from pipelines.training.language.writing_options import MotionDecoding
from shards.format.dataset import Dataset
from tests.pipelines.training.language.conftest import LOOP, save_t5
from tests.support.captioned_features import ACTS, KINDS, WAYS, captions_of
from tests.support.text_models import SMALL

WALK = CaptionedMotion((1, 2, 3, 4, 5), "a person walks.", 20, 20.0)
KNOWN = MotionVocabulary(codes=20, first=10, start=30, end=31)


def test_only_codes_are_replaced_and_as_many_as_asked() -> None:
    ids = torch.tensor([0, 5, 30, 31, *range(10, 30)]).repeat(400, 1)
    found = KNOWN.randomized(ids, 0.4)
    assert torch.equal(found[:, :4], ids[:, :4])
    assert ((found[:, 4:] >= 10) & (found[:, 4:] < 30)).all()
    changed = (found != ids)[:, 4:].float().mean()
    assert float(changed) == pytest.approx(0.4 * 19 / 20, abs=0.03), "one draw of 20 is the code"
    assert torch.equal(KNOWN.randomized(ids, 0.0), ids)


def test_random_codes_are_those_of_training_alone(begun: Path) -> None:
    model = load_language(begun).module
    model.random_codes = 1.0
    samples = [Sample("Make the motion: a person walks", motion_text(WALK.codes))]
    with torch.no_grad():
        assert len({float(model.loss(samples)) for _ in range(3)}) == 1
        assert len({float(model.train().loss(samples)) for _ in range(3)}) == 3


@pytest.mark.parametrize("name", PLAIN)
def test_dropped_captions_leave_the_task_without_them(name: str) -> None:
    templates = read_tasks()[name].templates
    randoms = [Random(key) for key in range(400)]  # noqa: S311
    drawn = [Drawing((name,), 1.0, 0.3).draw(WALK, random).instruction for random in randoms]
    with_caption = sum("person walks" in instruction for instruction in drawn)
    assert with_caption / len(drawn) == pytest.approx(0.7, abs=0.08)
    assert all("{caption}" in template for template in templates)
    plain = read_tasks()[PLAIN[name]]
    assert plain.answer == read_tasks()[name].answer
    assert not any("{caption}" in template for template in plain.templates)


def test_guided_scores_are_those_of_whole_sequences_and_the_end_keeps_its_probability(
    begun: Path,
) -> None:
    model = load_language(begun).module
    network, known = model.text.model, model.vocabulary
    plain, named = (model._inputs([text] * 2) for text in ("Make any motion.", "Move: walks"))
    guidance = Guidance(network, plain, 2.5, known.end)
    grammar = MotionGrammar(known, model._special, 3)
    ids = torch.tensor([[0, known.start, known.first + 2, known.first + 3]] * 2)
    with torch.no_grad():
        for length in range(1, 5):
            before = ids[:, :length]
            of_caption, free = (
                grammar(
                    before, network(**each, decoder_input_ids=before).logits[:, -1]
                ).log_softmax(-1)
                for each in (named, plain)
            )
            found = guidance(before, grammar(before, of_caption))
            assert torch.equal(found == -inf, of_caption == -inf)
            assert torch.allclose(found.exp().sum(-1), torch.ones(2))
            assert torch.allclose(found[:, known.end], of_caption[:, known.end], atol=1e-5)
            codes = slice(known.first, known.first + known.codes)
            if length > 1:
                slow = (free + 2.5 * (of_caption - free))[:, codes].log_softmax(-1)
                assert torch.allclose(found[:, codes].log_softmax(-1), slow, atol=1e-4)


def test_the_caption_counts_for_nothing_without_guidance_and_alone_with_one(begun: Path) -> None:
    model = load_language(begun).module
    asked = [ask("caption_to_motion", WALK.slots()), ask("any_motion", WALK.slots())]
    greedy = MotionDecoding(temperature=0, max_tokens=5)
    with torch.no_grad():
        as_it_is, guided, strong = (
            model.move(asked, replace(greedy, guidance=scale), [5, 5]) for scale in (1.0, 0.0, 50.0)
        )
    assert guided[0] == guided[1] == as_it_is[1], "scores without the caption"
    assert strong[1] == as_it_is[1], "nothing to guide from"
    assert strong[0] != guided[0]


@pytest.fixture(scope="module")
def learned(tokens: Dataset, tmp_path_factory: pytest.TempPathFactory) -> LoadedLanguage:
    folder = tmp_path_factory.mktemp("learned")
    save_t5(folder / "t5", replace(SMALL, dropout_rate=0.0))
    options = LanguageOptions(
        str(folder / "t5"), focus=("caption_to_motion",), focus_share=1.0, steps=250,
        pretraining_steps=0, rate=5e-3, random_codes=0.3, drop_captions=0.1,
    )  # fmt: skip
    train_language(tokens.path, folder / "run", options, replace(LOOP, batch=16), "cpu",
                   io.StringIO())  # fmt: skip
    return load_language(folder / "run" / CHECKPOINT)


@pytest.mark.slow
@pytest.mark.parametrize("guidance", [1.0, 2.0])
def test_motion_has_the_codes_of_its_caption(learned: LoadedLanguage, guidance: float) -> None:
    clips = range(len(KINDS))
    asked = [
        ask("caption_to_motion", replace(WALK, caption=captions_of(clip)[0]).slots())
        for clip in clips
    ]
    decoding = MotionDecoding(temperature=0, max_tokens=8, guidance=guidance)
    with torch.no_grad():
        found = learned.module.move(asked, decoding, [6] * len(asked))
    expected = [
        (ACTS.index(KINDS[clip][0]), len(ACTS) + WAYS.index(KINDS[clip][1])) for clip in clips
    ]
    right = [(codes[0], codes[3]) == each for codes, each in zip(found, expected, strict=True)]
    assert sum(right) >= 0.9 * len(right)
