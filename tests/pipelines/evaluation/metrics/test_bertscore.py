"""BERTScore with tiny random models, compared with the definition as loops."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from motiondata.errors import InputError

pytest.importorskip("transformers")

import transformers
from tokenizers import Tokenizer, models, pre_tokenizers, processors

from pipelines.evaluation.metrics.bertscore import BertScorer
from pipelines.evaluation.metrics.scores import LanguageModel

WORDS = ["a", "man", "walks", "runs", "left", "right", "forward", "slowly", "turns", "to", "the"]
MARKS = ["[PAD]", "[CLS]", "[SEP]", "[UNK]"]
CANDIDATES = ["a man walks forward slowly", "a man runs", "", "a man hops"]
REFERENCES = [
    ["a man walks to the left", "a man walks slowly forward"],
    ["a man runs"],
    ["a man turns left"],
    ["the man turns right", "a man"],
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a BERT of three layers and a tokenizer of whole words."""
    path = tmp_path_factory.mktemp("model") / "tiny-bert"
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=len(MARKS) + len(WORDS),
        hidden_size=16,
        num_hidden_layers=3,
        num_attention_heads=2,
        intermediate_size=32,
    )
    transformers.BertModel(config).save_pretrained(path)
    _tokenizer("[CLS] $A [SEP]").save_pretrained(path)
    return path


def _tokenizer(template: str) -> Any:
    """Return a tokenizer of whole words, with marks about a sentence as the template says."""
    numbers = {word: number for number, word in enumerate([*MARKS, *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(numbers, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=template, special_tokens=[(mark, numbers[mark]) for mark in MARKS]
    )
    names = ("pad_token", "cls_token", "sep_token", "unk_token")
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, **dict(zip(names, MARKS, strict=True))
    )


def embedded(folder: Path, sentence: str, layer: int) -> NDArray[np.float64]:
    """Return the embeddings of a sentence's tokens, the first and the last of which are marks."""
    numbers = [MARKS.index("[CLS]")]
    for word in sentence.split():
        unknown = MARKS.index("[UNK]")
        numbers.append(len(MARKS) + WORDS.index(word) if word in WORDS else unknown)
    numbers.append(MARKS.index("[SEP]"))
    model = transformers.BertModel.from_pretrained(folder).eval()
    with torch.no_grad():
        said = model(torch.tensor([numbers]), output_hidden_states=True)
    found: NDArray[np.float64] = said.hidden_states[layer][0].double().numpy()
    return found


def slow_f1(candidate: NDArray[np.float64], reference: NDArray[np.float64]) -> float:
    def best(of: NDArray[np.float64], among: NDArray[np.float64]) -> float:
        cosines = [
            max(float(one @ other / np.linalg.norm(one) / np.linalg.norm(other)) for other in among)
            for one in of[1:-1]
        ]
        return sum(cosines) / len(cosines) if cosines else 0.0

    precision, recall = best(candidate, reference), best(reference, candidate)
    if len(candidate) == 2:
        return 0.0
    return 2 * precision * recall / (precision + recall)


@pytest.mark.parametrize("layer", [None, 1])
def test_the_score_is_that_of_the_definition(folder: Path, layer: int | None) -> None:
    taken = 3 if layer is None else layer
    expected = [
        max(
            slow_f1(embedded(folder, candidate, taken), embedded(folder, reference, taken))
            for reference in refs
        )
        for candidate, refs in zip(CANDIDATES, REFERENCES, strict=True)
    ]
    scorer = BertScorer(folder, layer)
    assert scorer.model == LanguageModel("tiny-bert", taken)
    assert scorer.score(CANDIDATES, REFERENCES) == pytest.approx(np.mean(expected), abs=1e-5)
    for candidate, refs, score in zip(CANDIDATES, REFERENCES, expected, strict=True):
        assert scorer.score([candidate], [refs]) == pytest.approx(score, abs=1e-5)


def test_a_reference_scores_1_and_nothing_scores_0(folder: Path) -> None:
    scorer = BertScorer(folder)
    written = [refs[0] for refs in REFERENCES] * 20  # more than are embedded at once
    assert scorer.score(written, REFERENCES * 20) == pytest.approx(1.0, abs=1e-5)
    assert scorer.score([""] * 4, REFERENCES) == 0.0


def test_of_a_model_with_a_decoder_the_encoder_is_taken(tmp_path: Path) -> None:
    config = transformers.T5Config(
        vocab_size=len(MARKS) + len(WORDS), d_model=16, d_kv=8, d_ff=32, num_layers=2, num_heads=2
    )
    transformers.T5ForConditionalGeneration(config).save_pretrained(tmp_path)
    _tokenizer("$A [SEP]").save_pretrained(tmp_path)
    scorer = BertScorer(tmp_path)
    assert scorer.score(["a man walks"], [["a man walks"]]) == pytest.approx(1.0, abs=1e-5)
    assert 0 < scorer.score(["a man walks"], [["the left turns"]]) < 1


def test_what_is_no_model_is_refused_in_a_sentence(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="layer from 0 to 3, found 4"):
        BertScorer(folder, 4)
    with pytest.raises(InputError, match="expected one of auto, cpu, cuda, found 'tpu'"):
        BertScorer(folder, device="tpu")
    with pytest.raises(InputError, match=r"found no config\.json"):
        BertScorer(tmp_path)
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(InputError, match="cannot be loaded"):
        BertScorer(tmp_path)


def test_a_language_model_without_its_tokenizer_is_refused(folder: Path, tmp_path: Path) -> None:
    for name in ("config.json", "model.safetensors"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with pytest.raises(InputError, match="unknown to its tokenizer"):
        BertScorer(tmp_path).expect_known(["a man walks forward", "a man runs"])


def test_words_that_a_language_model_knows_are_taken(folder: Path) -> None:
    BertScorer(folder).expect_known([refs[0] for refs in REFERENCES] + ["a man hops"])


def test_a_tokenizer_larger_than_the_language_model_is_refused(tmp_path: Path) -> None:
    config = transformers.BertConfig(
        vocab_size=len(MARKS),
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=32,
    )
    transformers.BertModel(config).save_pretrained(tmp_path)
    _tokenizer("[CLS] $A [SEP]").save_pretrained(tmp_path)
    with pytest.raises(
        InputError, match="token numbers up to 14, but its model has embeddings of only 4"
    ):
        BertScorer(tmp_path)


def test_a_language_model_that_names_code_is_refused(folder: Path, tmp_path: Path) -> None:
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    config = json.loads((folder / "config.json").read_text())
    config["attn_implementation"] = "someone/kernel"
    (tmp_path / "config.json").write_text(json.dumps(config))
    with pytest.raises(InputError, match="someone/kernel, which names code on the hub"):
        BertScorer(tmp_path)
