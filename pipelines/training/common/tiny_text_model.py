"""The tiny text model: a T5 with random weights, whose vocabulary is that of the captions.

Its tokenizer is a Unigram model. Its pieces are the words of the captions, and their characters for
other words. It is not trained by `tokenizers`, whose training is not deterministic.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from math import log

from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
from transformers import T5Config, T5ForConditionalGeneration

from pipelines.training.common.optimizer import seeded
from pipelines.training.common.options import TINY
from pipelines.training.common.text_model import END, TextModel, finish_tokenizer

TINY_WORDS = 8000
"""Maximum number of words in the vocabulary; the most frequent are kept."""
CHARACTER_COST = 10.0
"""Difference in log probability between the rarest word and a character."""
PAD, UNKNOWN = "<pad>", "<unk>"
SPECIAL = (PAD, END, UNKNOWN)
"""First pieces of the vocabulary, in T5's order."""


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


def make_tiny(captions: Sequence[str], seed: int, sizes: TinySizes = TINY_SIZES) -> TextModel:
    """Return a T5 with random weights and the tokenizer of the captions."""
    tokenizer = make_tokenizer(captions)
    config = T5Config(
        vocab_size=tokenizer.get_vocab_size(),
        decoder_start_token_id=SPECIAL.index(PAD),
        **asdict(sizes),
    )
    with seeded(seed):
        return TextModel(TINY, tokenizer, T5ForConditionalGeneration(config))


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
    return finish_tokenizer(tokenizer)


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
