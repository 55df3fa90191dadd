"""Text models: a T5 and its tokenizer, from a folder, from the hub, or created from captions.

The configuration and the tokenizer are stored in checkpoints as two JSON texts, so that a
checkpoint needs no other file. The hub is used only for names that begin with `hub:`. The tokenizer
of the tiny model is a Unigram model. Its pieces are the words of the captions, and their characters
for other words. It is not trained by `tokenizers`, whose training is not deterministic.
"""

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from math import log
from pathlib import Path
from typing import Any

import torch

from motiondata.errors import InputError
from pipelines.training.common.check_text_model import expect_usable
from pipelines.training.common.language_models import expect_no_code, load_errors_as_input_errors
from pipelines.training.common.optimizer import seeded
from pipelines.training.common.options import HUB, TINY

try:
    from huggingface_hub.errors import StrictDataclassError
    from tokenizers import (
        Regex,
        Tokenizer,
        decoders,
        models,
        normalizers,
        pre_tokenizers,
        processors,
    )
    from transformers import AutoConfig, AutoTokenizer, T5Config, T5ForConditionalGeneration
except ImportError as error:
    raise InputError(
        f"training and captioning need the extra train ({error}): "
        "pip install -c constraints.txt -e '.[train]'"
    ) from error

MAX_TOKENS = 128
"""Longer texts are truncated; the longest captions of HumanML3D have about a hundred words."""
IGNORED = -100
"""Label that PyTorch's cross entropy ignores, as in the T5 of transformers."""
TINY_WORDS = 8000
"""Maximum number of words in the tiny model's vocabulary; the most frequent are kept."""
CHARACTER_COST = 10.0
"""Difference in log probability between the rarest word and a character."""
PAD, END, UNKNOWN = "<pad>", "</s>", "<unk>"
SPECIAL = (PAD, END, UNKNOWN)
"""First pieces of the vocabulary, in T5's order."""


TOKENIZER, PIECES = "tokenizer.json", "spiece.model"
"""Tokenizer files: the fast format, and SentencePiece's, which google/t5-v1_1 uses, for example."""
SENTENCEPIECE = "sentencepiece"
"""Package with which transformers reads the SentencePiece format."""


@dataclass(frozen=True)
class TinySizes:
    """Sizes of the T5 that is created from captions."""

    d_model: int = 128
    d_kv: int = 32
    d_ff: int = 256
    num_layers: int = 2
    num_decoder_layers: int = 2
    num_heads: int = 4
    dropout_rate: float = 0.1
    feed_forward_proj: str = "gated-gelu"


TINY_SIZES = TinySizes()


@dataclass(frozen=True, eq=False)
class TextModel:
    """A T5 and its tokenizer."""

    name: str
    """Name given by the user."""
    tokenizer: Tokenizer
    model: T5ForConditionalGeneration

    @property
    def width(self) -> int:
        """Return the width of the model's embeddings."""
        return int(self.model.config.d_model)

    def encode(self, texts: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor]:
        """Return token numbers and the mask of valid tokens, both shaped (texts, tokens), int64."""
        tokens = [torch.tensor(found.ids) for found in self.tokenizer.encode_batch(list(texts))]
        ids = torch.nn.utils.rnn.pad_sequence(
            tokens, batch_first=True, padding_value=self.model.config.pad_token_id
        )
        lengths = torch.tensor([len(found) for found in tokens])
        return ids, (torch.arange(ids.shape[1]) < lengths[:, None]).long()

    def labels(self, texts: Sequence[str]) -> torch.Tensor:
        """Return token numbers shaped (texts, tokens), with `IGNORED` as padding."""
        ids, mask = self.encode(texts)
        return ids.masked_fill(mask == 0, IGNORED)

    def decode(self, ids: torch.Tensor) -> list[str]:
        """Return the texts of token numbers shaped (texts, tokens)."""
        return [text.strip() for text in self.tokenizer.decode_batch(ids.tolist())]

    def to_state(self) -> dict[str, str]:
        """Return everything except the weights, for a checkpoint."""
        config = json.dumps(self.model.config.to_dict())
        return {"name": self.name, "tokenizer": self.tokenizer.to_str(), "config": config}

    @staticmethod
    def from_state(state: dict[str, str]) -> "TextModel":
        """Return a text model whose weights are not loaded yet."""
        try:
            config = T5Config.from_dict(json.loads(state["config"]))
        except StrictDataclassError as error:
            raise ValueError(f"the configuration of the T5: {error}") from error
        expect_no_code("the checkpoint", config)
        with load_errors_as_input_errors(
            "the checkpoint: its text model", "what train-captioner wrote"
        ):
            tokenizer = Tokenizer.from_str(state["tokenizer"])
        return TextModel(state["name"], tokenizer, T5ForConditionalGeneration(config))


def load_text_model(
    name: str, captions: Sequence[str], seed: int, sizes: TinySizes = TINY_SIZES
) -> TextModel:
    """Return the T5 of a folder, of the hub (`hub:google/flan-t5-base`), or a tiny one (`tiny`).

    The tiny model has the words of the captions as its vocabulary, and random weights. A loaded
    model is tried on the captions. Raises `InputError` for a folder or name without a T5, and for a
    tokenizer that is missing, belongs to another model, or cannot write the captions.
    """
    if name == TINY:
        return _make_tiny(captions, seed, sizes)
    if name.startswith(HUB):
        return _load(name, name.removeprefix(HUB), captions, local=False)
    _expect_t5(Path(name))
    _expect_tokenizer(Path(name))
    return _load(name, name, captions, local=True)


def make_tokenizer(captions: Sequence[str]) -> Tokenizer:
    """Return a tokenizer whose pieces are the words and characters of the captions.

    It converts to lower case and removes full stops at the end: learning them is not worth the
    steps of a T5 with random weights.
    """
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.NFKC(),
            normalizers.Lowercase(),
            normalizers.Replace(Regex(r"[\s.]+$"), ""),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Metaspace(), pre_tokenizers.Punctuation()]
    )
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.model = models.Unigram(_pieces(tokenizer, captions), SPECIAL.index(UNKNOWN), False)
    tokenizer.add_special_tokens(list(SPECIAL))
    return _finished(tokenizer)


def _pieces(tokenizer: Tokenizer, captions: Sequence[str]) -> list[tuple[str, float]]:
    """Return the vocabulary: pieces with their log probabilities."""
    normalized = [tokenizer.normalizer.normalize_str(caption) for caption in captions]
    split = tokenizer.pre_tokenizer.pre_tokenize_str
    counts = Counter(word for caption in normalized for word, _ in split(caption))
    words = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:TINY_WORDS]
    total = sum(counts.values())
    characters = sorted({character for word in counts for character in word} - {*dict(words)})
    return [
        *((piece, 0.0) for piece in SPECIAL),
        *((word, log(count / total)) for word, count in words),
        *((character, -log(total + 1) - CHARACTER_COST) for character in characters),
    ]


def _finished(tokenizer: Tokenizer, end: str = END) -> Tokenizer:
    """Make a tokenizer append the end token, if it does not, truncate, and not pad."""
    if tokenizer.encode("").tokens[-1:] != [end]:
        pair = (end, tokenizer.token_to_id(end))
        tokenizer.post_processor = processors.TemplateProcessing(f"$A {end}", None, [pair])
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


def _make_tiny(captions: Sequence[str], seed: int, sizes: TinySizes) -> TextModel:
    tokenizer = make_tokenizer(captions)
    config = T5Config(
        vocab_size=tokenizer.get_vocab_size(),
        decoder_start_token_id=SPECIAL.index(PAD),
        **asdict(sizes),
    )
    with seeded(seed):
        return TextModel(TINY, tokenizer, T5ForConditionalGeneration(config))


def _expect_t5(folder: Path) -> None:
    """Raise `InputError` unless a folder has the configuration of a T5."""
    path = folder / "config.json"
    remedy = f"name such a folder, {HUB}google/flan-t5-base to ask the hub, or {TINY}"
    if not path.is_file():
        raise InputError(f"{folder}: expected the folder of a T5, found no config.json; {remedy}")
    try:
        kind: Any = json.loads(path.read_bytes())["model_type"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            f"{path}: expected the configuration of a T5, found {error!r}; {remedy}"
        ) from error
    _check_kind(str(path), kind)


def _check_kind(where: str, kind: Any) -> None:
    """Raise `InputError` for other model types: transformers would load a T5 of random weights."""
    if kind != T5Config.model_type:
        raise InputError(f"{where}: expected model_type 't5', found {kind!r}; name a T5")


def _expect_tokenizer(folder: Path) -> None:
    """Raise `InputError` unless a folder has a tokenizer that can be read on this machine."""
    if (folder / TOKENIZER).is_file():
        return
    if not (folder / PIECES).is_file():
        raise InputError(
            f"{folder}: expected {TOKENIZER} or {PIECES}, found neither; copy the tokenizer's "
            "files of this T5 there"
        )
    if find_spec(SENTENCEPIECE) is None:
        raise InputError(
            f"{folder}: has {PIECES} and no {TOKENIZER}; reading it needs the package "
            f"{SENTENCEPIECE}: pip install {SENTENCEPIECE}, or save {TOKENIZER} there"
        )


def _load(name: str, source: str, captions: Sequence[str], local: bool) -> TextModel:
    expected = f"config.json, model.safetensors and {TOKENIZER} of a T5"
    if find_spec(SENTENCEPIECE) is None:
        expected += f" (one with {PIECES} alone needs pip install {SENTENCEPIECE})"
    with load_errors_as_input_errors(f"{name}: the text model", expected):
        config = AutoConfig.from_pretrained(source, local_files_only=local)
        _check_kind(name, config.model_type)
        expect_no_code(name, config)
        tokenizer = AutoTokenizer.from_pretrained(source, local_files_only=local)
        model = T5ForConditionalGeneration.from_pretrained(
            source, local_files_only=local, dtype=torch.float32
        )
        backend = _finished(tokenizer.backend_tokenizer, tokenizer.eos_token or END)
    expect_usable(name, backend, model, tokenizer.unk_token_id, captions)
    return TextModel(name, backend, model)
