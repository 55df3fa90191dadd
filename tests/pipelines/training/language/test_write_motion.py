"""Written motion: only motion tokens, of the length asked for, with what was given kept."""

import json
from dataclasses import replace
from math import exp
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

pytest.importorskip("transformers")

from motiondata.errors import InputError
from motiondata.sources.amass.reader import read_recording
from pipelines.training.common.training_checkpoint import CHECKPOINT
from pipelines.training.language.asked_lengths import ask_lengths
from pipelines.training.language.grammar import MotionGrammar
from pipelines.training.language.instructions import Sample, read_tasks
from pipelines.training.language.load_language import load_language
from pipelines.training.language.motion_vocabulary import MotionVocabulary
from pipelines.training.language.options import LanguageOptions
from pipelines.training.language.train_language import train_language
from pipelines.training.language.write_motion import generate, inbetween, predict
from pipelines.training.language.writing_options import (
    GapOptions,
    GenerateOptions,
    MotionDecoding,
    PredictOptions,
    WritingOptions,
)
from shards import open_dataset
from shards.errors import ShardError
from shards.format.dataset import Dataset
from tests.pipelines.training.language.conftest import LOOP

SHORT = MotionDecoding(max_tokens=6)
FREE = GenerateOptions()
ASKED = "a person waves with the left hand"


def by(checkpoint: Path, **options: Any) -> WritingOptions:
    return WritingOptions(checkpoint, decoding=SHORT, device="cpu", **options)


def codes_of(tokens: Dataset, key: str) -> list[int]:
    codes: list[int] = open_dataset(tokens.path)[key]["tokens"][:].tolist()
    return codes


@pytest.mark.parametrize("lengths", [None, [2, 4]])
def test_any_walk_through_the_grammar_is_a_motion(lengths: list[int] | None) -> None:
    known = MotionVocabulary(codes=3, first=4, start=7, end=8)
    grammar = MotionGrammar(known, special=(1, 0), longest=4, lengths=lengths)
    ids = torch.zeros(2, 1, dtype=torch.long)
    generator = torch.Generator().manual_seed(0)
    for _ in range(8):
        scores = grammar(ids, torch.randn(2, 10, generator=generator))
        drawn = torch.multinomial(scores.softmax(-1), 1, generator=generator)
        ids = torch.cat([ids, drawn], 1)
    for row, codes in zip(ids.tolist(), known.read(ids), strict=True):
        while row[-1] == 0:
            row.pop()
        assert row == [0, 7, *(4 + code for code in codes), 8, 1]
        assert 1 <= len(codes) <= 4
    if lengths:
        assert [len(codes) for codes in known.read(ids)] == lengths


def test_a_motion_has_features_joints_and_a_recording(begun: Path, tmp_path: Path) -> None:
    report = generate([ASKED], tmp_path, by(begun, repeats=2), GenerateOptions(seconds=0.9))
    made = [(each.name, each.frames, each.cut) for each in report.motions]
    assert made == [("000000", 18, False), ("000000_v1", 18, False)]
    assert np.load(tmp_path / "vectors/000000.npy").shape == (18, 263)
    assert np.load(tmp_path / "joints/000000.npy").shape == (18, 22, 3)
    recording = read_recording(tmp_path / "recordings/000000.npz", "000000")
    assert (recording.frames, recording.fps, recording.synthetic) == (18, 20.0, True)
    caption = tmp_path / "recordings/texts/000000_v1.txt"
    assert caption.read_text() == f"{ASKED}\n", "builds without an index read it"
    listed = [json.loads(line) for line in (tmp_path / "motions.jsonl").read_text().splitlines()]
    assert [each["text"] for each in listed] == [ASKED] * 2
    assert [len(each["codes"]) for each in listed] == [5, 5]


def test_a_folder_of_other_motions_is_refused_and_left_as_it_is(
    tokens: Dataset, begun: Path, tmp_path: Path
) -> None:
    generate([ASKED] * 2, tmp_path, by(begun, repeats=3), FREE)
    files = {path: path.read_bytes() for path in tmp_path.rglob("*.*")}
    (tmp_path / "motions.jsonl").unlink()  # as a call that was stopped leaves it
    others = r"found 000000_v1, 000000_v2, 000001 and 2 more of an earlier call; choose another"
    with pytest.raises(InputError, match=others):
        generate([ASKED], tmp_path, by(begun), FREE)
    with pytest.raises(InputError, match="because builds read all of its recordings"):
        predict(tokens.path, "test0003", tmp_path, by(begun), PredictOptions())
    with pytest.raises(InputError, match="because builds read all of its recordings"):
        inbetween(tokens.path, "test0003", tmp_path, by(begun), GapOptions())
    generate([ASKED] * 2, tmp_path, by(begun, repeats=3), FREE)
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.*")} == files


def test_the_same_seed_gives_the_same_motion(begun: Path, tmp_path: Path) -> None:
    first, second = (generate([ASKED], tmp_path / name, by(begun), FREE) for name in "ab")
    assert first.motions == second.motions


def test_a_motion_that_the_model_does_not_end_is_reported(begun: Path, tmp_path: Path) -> None:
    one = replace(by(begun), decoding=MotionDecoding(max_tokens=1))
    report = generate([ASKED], tmp_path, one, FREE)
    assert report.motions[0].cut
    said = " ".join(report.lines())
    assert "cut at --max-tokens because the model did not end: 1 of 1 motion;" in said


def test_more_seconds_than_tokens_are_refused(begun: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"at most 1\.2 seconds, the length of 6 tokens, found 2"):
        generate([ASKED], tmp_path / "out", by(begun), GenerateOptions(seconds=2))
    assert not (tmp_path / "out").exists()


def test_little_of_the_probability_leaves_the_most_probable_tokens(
    begun: Path, tmp_path: Path
) -> None:
    asked = GenerateOptions(seconds=1)
    decodings = MotionDecoding(temperature=0), MotionDecoding(top_p=1e-6, seed=7)
    greedy, narrow = (
        generate([ASKED], tmp_path / str(k), replace(by(begun), decoding=each), asked)
        for k, each in enumerate(decodings)
    )
    assert greedy.motions == narrow.motions


def test_the_length_is_the_expected_one_of_all_answers(begun: Path) -> None:
    model = load_language(begun).module
    texts = [ASKED, "someone jumps"]
    found = ask_lengths(model, texts, 24)
    for text, frames in zip(texts, found, strict=True):
        asked = read_tasks()["caption_to_frames"].templates[0].format(caption=text)
        with torch.no_grad():
            alone = [float(model.losses([Sample(asked, f"{k} frames")])) for k in range(1, 25)]
        weights = [exp(alone[0] - loss) for loss in alone]
        mean = sum(k * weight for k, weight in enumerate(weights, 1)) / sum(weights)
        assert abs(frames - mean) <= 0.51
    assert ask_lengths(model, texts, 1) == [1, 1]


def test_a_model_that_is_asked_for_lengths_writes_motion_of_these(
    begun: Path, tmp_path: Path
) -> None:
    frames = ask_lengths(load_language(begun).module, [ASKED], 24)
    report = generate([ASKED], tmp_path, by(begun), GenerateOptions(ask_length=True))
    assert [each.frames for each in report.motions] == frames


def test_a_prediction_begins_with_what_was_given(
    tokens: Dataset, begun: Path, tmp_path: Path
) -> None:
    options = PredictOptions(given=0.5)
    (found,) = predict(tokens.path, "test0003", tmp_path / "a", by(begun), options).motions
    assert list(found.codes[:3]) == codes_of(tokens, "test0003")[:3]
    assert len(found.codes) > 3
    options = PredictOptions(given=0.5, seconds=1.1)
    (found,) = predict(tokens.path, "test0003", tmp_path / "b", by(begun), options).motions
    assert (len(found.codes), found.frames) == (6, 22)
    with pytest.raises(InputError, match="longer than the 12 frames that are given, found 10"):
        predict(tokens.path, "test0003", tmp_path, by(begun), replace(options, seconds=0.5))


def test_a_filled_gap_keeps_the_ends_and_the_length(
    tokens: Dataset, begun: Path, tmp_path: Path
) -> None:
    options = GapOptions(0.2, 0.7, text="a person runs left")
    (found,) = inbetween(tokens.path, "test0003", tmp_path, by(begun), options).motions
    codes = codes_of(tokens, "test0003")
    assert [found.codes[k] for k in (0, 4, 5)] == [codes[k] for k in (0, 4, 5)]
    assert (len(found.codes), found.frames) == (6, 23)


def test_a_model_without_its_tokenizer_asks_for_it(
    tokens: Dataset, tokenizer: Path, small_t5: Path, tmp_path: Path
) -> None:
    options = LanguageOptions(str(small_t5), steps=1, pretraining_steps=0)
    train_language(tokens.path, tmp_path / "t5", options, LOOP, "cpu")
    checkpoint = tmp_path / "t5" / CHECKPOINT
    with pytest.raises(InputError, match="name the checkpoint of train-tokenizer"):
        generate([ASKED], tmp_path / "out", by(checkpoint), FREE)
    assert not (tmp_path / "out").exists()
    assert generate([ASKED], tmp_path / "out", by(checkpoint, tokenizer=tokenizer), FREE).motions
    assert load_language(checkpoint).stored is None


def test_wrong_words_are_refused_in_one_sentence(
    tokens: Dataset, begun: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="found an empty one"):
        generate([" "], tmp_path, by(begun), FREE)
    with pytest.raises(ShardError, match="there is no sample 'dance'"):
        predict(tokens.path, "dance", tmp_path, by(begun), PredictOptions())
    with pytest.raises(InputError, match=r"the start first, found 0\.5 and 0\.5"):
        GapOptions(0.5, 0.5)
