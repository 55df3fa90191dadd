"""Tokens with several codes: the model reads and writes the codes of a token one after another."""

import io
import re
from pathlib import Path
from random import Random

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("transformers")

from motiondata.errors import InputError
from pipelines.datasets.verify import verify
from pipelines.engine.execution import Execution
from pipelines.training.captioning.inputs import TokenInput
from pipelines.training.common.clip_fields import PaddedClips
from pipelines.training.common.training_checkpoint import CHECKPOINT
from pipelines.training.language.grammar import MotionGrammar
from pipelines.training.language.instructions import CaptionedMotion
from pipelines.training.language.load_language import load_language
from pipelines.training.language.motion_vocabulary import MotionVocabulary
from pipelines.training.language.options import LanguageOptions
from pipelines.training.language.token_clips import TokenSource
from pipelines.training.language.train_language import train_language
from pipelines.training.language.write_motion import generate, inbetween, predict
from pipelines.training.language.write_split import generate_split
from pipelines.training.language.writing_options import (
    GapOptions,
    GenerateOptions,
    MotionDecoding,
    PredictOptions,
    SplitOptions,
    WritingOptions,
)
from shards import open_dataset
from shards.format.dataset import Dataset
from tests.pipelines.training.language.conftest import LOOP
from tests.support.token_clips import CODES, make_token_clips, write_tokenizer

STAGES = 3
SOURCE = TokenSource("made", CODES, 4, STAGES)
SHORT = MotionDecoding(max_tokens=6)
ASKED = "a person waves with the left hand"


@settings(max_examples=30)
@given(st.lists(st.tuples(*[st.integers(0, CODES - 1)] * STAGES), min_size=1, max_size=9))
def test_tokens_come_back_from_their_sequence(rows: list[tuple[int, ...]]) -> None:
    tokens = np.array(rows, np.int32)
    codes = SOURCE.flatten(tokens)
    assert [code // CODES for code in codes] == [*range(STAGES)] * len(rows)
    assert np.array_equal(SOURCE.unflatten(codes), tokens)


def test_a_cut_motion_has_whole_tokens() -> None:
    motion = CaptionedMotion(tuple(range(30)), "walks", 40, 20.0, stages=3)
    assert motion.tokens == 10
    for seed in range(20):
        slots = motion.random_slots(Random(seed))  # noqa: S311
        for name in ("beginning", "rest", "middle", "masked"):
            codes = [int(code) for code in re.findall(r"<motion_(\d+)>", slots[name])]
            assert codes[::3] == [code for code in codes if code % 3 == 0]
            assert len(codes) % 3 == 0


@pytest.mark.parametrize("lengths", [None, [2, 4]])
def test_any_walk_through_the_grammar_has_the_order_of_stages(lengths: list[int] | None) -> None:
    known = MotionVocabulary(codes=6, first=4, start=10, end=11, stages=2)
    grammar = MotionGrammar(known, special=(1, 0), longest=4, lengths=lengths)
    ids = torch.zeros(2, 1, dtype=torch.long)
    generator = torch.Generator().manual_seed(0)
    for _ in range(12):
        scores = grammar(ids, torch.randn(2, 13, generator=generator))
        drawn = torch.multinomial(scores.softmax(-1), 1, generator=generator)
        ids = torch.cat([ids, drawn], 1)
    for row, codes in zip(ids.tolist(), known.read(ids), strict=True):
        while row[-1] == 0:
            row.pop()
        assert row == [0, 10, *(4 + code for code in codes), 11, 1]
        assert [code // 3 for code in codes] == [0, 1] * (len(codes) // 2)
        assert 1 <= len(codes) // 2 <= 4
    if lengths:
        assert [len(codes) // 2 for codes in known.read(ids)] == lengths


def test_random_codes_are_of_the_same_stage() -> None:
    known = MotionVocabulary(codes=6, first=4, start=10, end=11, stages=2)
    ids = torch.tensor([[10, *[4, 7] * 200, 11]])
    found = known.randomized(ids, 1.0)
    assert found[0, [0, -1]].tolist() == [10, 11]
    assert set(found[0, 1:-1:2].tolist()) == {4, 5, 6}
    assert set(found[0, 2:-1:2].tolist()) == {7, 8, 9}


def test_a_captioner_reads_the_sum_of_the_codes_of_a_token() -> None:
    read = TokenInput(8, CODES, STAGES)
    codes = torch.randint(0, CODES, (2, 5, STAGES))
    found = read.features(PaddedClips(codes, torch.ones(2, 5, dtype=torch.bool)))
    slow = sum(read.table.weight[stage * CODES + codes[..., stage]] for stage in range(STAGES))
    assert torch.allclose(found, torch.as_tensor(slow))


@pytest.fixture(scope="module")
def staged(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Return a dataset of tokens with several codes; their tokenizer is in its folder."""
    folder = tmp_path_factory.mktemp("staged")
    made_by = write_tokenizer(folder / CHECKPOINT, STAGES)
    return make_token_clips(folder / "tokens", made_by, stages=STAGES)


@pytest.fixture(scope="module")
def model(staged: Dataset, small_t5: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the checkpoint of a model that has hardly learned."""
    out = tmp_path_factory.mktemp("model")
    tokenizer = staged.path.with_name(CHECKPOINT)
    options = LanguageOptions(
        str(small_t5), tokenizer, steps=2, pretraining_steps=1, join=0.5, random_codes=0.3
    )
    train_language(staged.path, out, options, LOOP, "cpu", io.StringIO())
    return out / CHECKPOINT


def by(checkpoint: Path) -> WritingOptions:
    return WritingOptions(checkpoint, decoding=SHORT, device="cpu")


def test_a_model_writes_tokens_with_a_code_of_each_stage(model: Path, tmp_path: Path) -> None:
    assert load_language(model).source.stages == STAGES
    report = generate([ASKED], tmp_path, by(model), GenerateOptions(seconds=0.9))
    (found,) = report.motions
    assert (found.frames, found.cut, np.shape(found.codes)) == (18, False, (5, STAGES))
    assert np.load(tmp_path / "vectors/000000.npy").shape == (18, 263)
    one = WritingOptions(model, decoding=MotionDecoding(max_tokens=1), device="cpu")
    assert generate([ASKED], tmp_path, one, GenerateOptions()).motions[0].cut


def test_given_tokens_stay_whole(staged: Dataset, model: Path, tmp_path: Path) -> None:
    rows = open_dataset(staged.path)["test0003"]["tokens"][:].tolist()
    (found,) = predict(
        staged.path, "test0003", tmp_path / "a", by(model), PredictOptions(given=0.5)
    ).motions
    assert [*found.codes[:3]] == rows[:3]
    gap = GapOptions(start=0.2, stop=0.7)
    (filled,) = inbetween(staged.path, "test0003", tmp_path / "b", by(model), gap).motions
    assert [filled.codes[k] for k in (0, 4, 5)] == [rows[k] for k in (0, 4, 5)]


def test_a_split_is_written_with_all_stages(staged: Dataset, model: Path, tmp_path: Path) -> None:
    execution = Execution(workers=0)
    options = SplitOptions(split="val", keep_lengths=True)
    generate_split(staged.path, tmp_path / "out", by(model), options, execution)
    assert verify(tmp_path / "out").sound
    written = Dataset.open(tmp_path / "out")
    assert written.description.provenance["tokenizer"]["stages"] == STAGES
    details = open_dataset(tmp_path / "out")["val0000"]["json"]
    assert np.shape(details["codes"]) == (-(-details["motion_frames"] // 4), STAGES)


def test_tokens_with_another_number_of_stages_are_refused(
    staged: Dataset, model: Path, tmp_path: Path
) -> None:
    made_by = TokenSource.of(staged).id
    other = make_token_clips(tmp_path / "other", made_by, clips={"train": 3, "test": 1})
    with pytest.raises(InputError, match=f"{made_by} with 3 stages, on which .*, found tokens"):
        predict(other.path, "test0000", tmp_path / "x", by(model), PredictOptions())
