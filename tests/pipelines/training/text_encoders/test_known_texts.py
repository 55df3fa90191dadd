"""Vectors of captions are computed once, in one order, and read again from their file."""

import io
from pathlib import Path

import pytest
import torch

pytest.importorskip("transformers")

from pipelines.training.common.training_checkpoint import CHECKPOINT
from pipelines.training.text_encoders.known_texts import FILE, KnownTexts, know_texts
from pipelines.training.text_encoders.load_text_encoder import load_text_encoder
from pipelines.training.text_encoders.sentence_encoder import SentenceEncoder
from tests.support.text_encoders import CAPTIONS, save_family

CPU = torch.device("cpu")


@pytest.fixture
def encoder(tmp_path: Path) -> SentenceEncoder:
    found = load_text_encoder(str(save_family("mpnet", tmp_path / "model")), CAPTIONS, 0)
    assert isinstance(found, SentenceEncoder)
    return found


def know(encoder: SentenceEncoder, texts: list[str], cache: Path | None) -> KnownTexts:
    return know_texts(encoder, texts, CPU, cache, io.StringIO())


def test_a_known_text_has_the_encoders_vector(encoder: SentenceEncoder) -> None:
    known = know(encoder, CAPTIONS, None)
    with torch.no_grad():
        assert torch.allclose(known.embed(CAPTIONS), encoder.embed(CAPTIONS), atol=1e-6)
    with pytest.raises(KeyError):
        known.embed(["another sentence"])


def test_the_order_of_captions_changes_no_bit(encoder: SentenceEncoder) -> None:
    forth, back = know(encoder, CAPTIONS, None), know(encoder, CAPTIONS[::-1] * 2, None)
    assert torch.equal(forth.embed(CAPTIONS), back.embed(CAPTIONS))


def test_vectors_are_read_from_their_file(encoder: SentenceEncoder, tmp_path: Path) -> None:
    first = know(encoder, CAPTIONS, tmp_path / FILE)
    written = (tmp_path / FILE).stat().st_mtime_ns
    second = know(encoder, CAPTIONS, tmp_path / FILE)
    assert (tmp_path / FILE).stat().st_mtime_ns == written
    assert torch.equal(first.embed(CAPTIONS), second.embed(CAPTIONS))


def test_the_folder_of_a_training_that_has_begun_is_left_as_it_is(
    encoder: SentenceEncoder, tmp_path: Path
) -> None:
    cache = tmp_path / FILE
    know(encoder, CAPTIONS[:2], cache)
    before = cache.read_bytes()
    (tmp_path / CHECKPOINT).touch()
    know(encoder, CAPTIONS, cache)
    assert cache.read_bytes() == before
    cache.unlink()
    know(encoder, CAPTIONS, cache)
    assert not cache.exists()


def test_a_file_of_other_texts_weights_or_bytes_is_not_used(
    encoder: SentenceEncoder, tmp_path: Path
) -> None:
    cache = tmp_path / FILE
    know(encoder, CAPTIONS[:2], cache)
    whole = know(encoder, CAPTIONS, cache)
    assert torch.equal(whole.embed(CAPTIONS), know(encoder, CAPTIONS, None).embed(CAPTIONS))
    cache.write_bytes(cache.read_bytes()[:-100])
    assert torch.equal(whole.embed(CAPTIONS), know(encoder, CAPTIONS, cache).embed(CAPTIONS))
    with torch.no_grad():
        next(encoder.module.parameters()).mul_(2)
    other = know(encoder, CAPTIONS, cache)
    assert not torch.allclose(whole.embed(CAPTIONS), other.embed(CAPTIONS))
