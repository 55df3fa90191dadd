"""BERTScore F1 with a language model in a local folder; nothing is downloaded.

Zhang et al., "BERTScore: evaluating text generation with BERT" (2020), as in the authors' package
without inverse document frequencies and without rescaling. Each token is matched to the most
similar token of the other sentence, by the cosine of their contextual embeddings. The begin and
end tokens may be matched to, but do not count themselves. With several references, the best counts.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from transformers import AutoConfig, AutoModel, AutoTokenizer

from motiondata.errors import InputError
from motiondata.watching import Advance, unnoticed
from pipelines.evaluation.metrics.scores import LanguageModel
from pipelines.training.common.language_models import (
    expect_known_words,
    expect_no_code,
    expect_vocabulary,
    load_errors_as_input_errors,
)
from pipelines.training.common.ranks import choose_device

_CLIPS_AT_ONCE = 32

_SPACE_FIRST = ("Roberta", "GPT2")
"""Tokenizers that encode a word without a space before it differently than in mid-sentence."""


class _Sentence(NamedTuple):
    """A sentence as the embeddings of its tokens."""

    tokens: torch.Tensor
    """Unit vectors shaped (tokens, width), including the begin and end tokens."""
    counts: torch.Tensor
    """Shaped (tokens,), bool: False for the begin and end tokens."""


class BertScorer:
    """Scores captions with a layer of a language model. Layer 0 is the input embeddings.

    Raises `InputError` for a folder without a model, and for a layer that the model lacks.
    """

    def __init__(self, folder: Path, layer: int | None = None, device: str = "auto") -> None:
        self._device = choose_device(device)
        self._tokenizer, self._encoder = _load(folder)
        self._encoder.to(self._device)
        layers = int(self._encoder.config.num_hidden_layers)
        if layer is not None and not 0 <= layer <= layers:
            raise InputError(f"{folder}: expected a layer from 0 to {layers}, found {layer}")
        self.model = LanguageModel(folder.resolve().name, layers if layer is None else layer)
        self._marks = {self._tokenizer.cls_token_id, self._tokenizer.sep_token_id}
        spaced = type(self._tokenizer).__name__.startswith(_SPACE_FIRST)
        self._before = " " if spaced else ""

    def expect_known(self, sentences: Sequence[str]) -> None:
        """Raise `InputError` if the tokenizer does not know the words of normalized sentences."""
        expect_known_words(self.model.name, self._tokenizer, sentences)

    def score(
        self,
        candidates: Sequence[str],
        references: Sequence[Sequence[str]],
        advance: Advance = unnoticed,
    ) -> float:
        """Return the mean over clips of the best F1 between a candidate and its references."""
        best: list[float] = []
        for start in range(0, len(candidates), _CLIPS_AT_ONCE):
            part = slice(start, start + _CLIPS_AT_ONCE)
            some, expected = candidates[part], references[part]
            distinct = list(dict.fromkeys([*some, *(ref for refs in expected for ref in refs)]))
            known = dict(zip(distinct, self._embed(distinct), strict=True))
            best += [
                max(_f1(known[candidate], known[reference]) for reference in refs)
                for candidate, refs in zip(some, expected, strict=True)
            ]
            advance(len(some))
        return sum(best) / len(best)

    @torch.inference_mode()
    def _embed(self, sentences: Sequence[str]) -> Iterator[_Sentence]:
        batch = self._tokenizer(
            [self._before + sentence for sentence in sentences],
            padding=True,
            truncation=True,
            return_tensors="pt",
        )
        ids, mask = batch["input_ids"], batch["attention_mask"]
        output = self._encoder(
            input_ids=ids.to(self._device),
            attention_mask=mask.to(self._device),
            output_hidden_states=True,
        )
        states = torch.nn.functional.normalize(output.hidden_states[self.model.layer].cpu(), dim=-1)
        for tokens, numbers, there in zip(states, ids, mask.bool(), strict=True):
            counts = torch.tensor([n not in self._marks for n in numbers[there].tolist()])
            yield _Sentence(tokens[there], counts)


def _f1(candidate: _Sentence, reference: _Sentence) -> float:
    """Return the F1 of two sentences; 0 if one of them has no token that counts."""
    if not (candidate.counts.any() and reference.counts.any()):
        return 0.0
    alike = candidate.tokens @ reference.tokens.T
    precision = float(alike.amax(dim=1)[candidate.counts].mean())
    recall = float(alike.amax(dim=0)[reference.counts].mean())
    total = precision + recall
    return 2 * precision * recall / total if total else 0.0


def _load(folder: Path) -> tuple[Any, Any]:
    """Return a folder's tokenizer and its model, or the encoder of an encoder-decoder model."""
    if not (folder / "config.json").is_file():
        raise InputError(
            f"{folder}: expected the folder of a language model and its tokenizer, as transformers "
            "saves them, found no config.json"
        )
    with load_errors_as_input_errors(
        f"{folder}: the language model", "what transformers' save_pretrained writes"
    ):
        expect_no_code(str(folder), AutoConfig.from_pretrained(folder, local_files_only=True))
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        model = AutoModel.from_pretrained(folder, local_files_only=True, dtype=torch.float32)
    expect_vocabulary(str(folder), tokenizer, model.get_input_embeddings().num_embeddings)
    encoder = model.get_encoder() if model.config.is_encoder_decoder else model
    return tokenizer, encoder.eval()
