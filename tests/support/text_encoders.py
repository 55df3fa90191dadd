"""Small random text encoders of several families, as other programs save them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, models, pre_tokenizers, processors

CAPTIONS = ["a person walks forward", "left arm waves", "a person", "someone runs and then walks"]
WORDS = sorted({word for caption in CAPTIONS for word in caption.split()})
PAD, UNKNOWN, BEGIN, END = "<pad>", "<unk>", "<s>", "</s>"
SPECIAL = (PAD, UNKNOWN, BEGIN, END)
SIZES = {
    "vocab_size": len(SPECIAL) + len(WORDS),
    "hidden_size": 16,
    "intermediate_size": 16,
    "num_hidden_layers": 2,
    "num_attention_heads": 2,
    "max_position_embeddings": 40,
    "pad_token_id": 0,
    "bos_token_id": 2,
    "eos_token_id": 3,
}
T5_SIZES = {"vocab_size": SIZES["vocab_size"], "d_model": 16, "d_kv": 8, "d_ff": 16}
MORE_T5_SIZES = {"num_layers": 2, "num_heads": 2, "pad_token_id": 0, "eos_token_id": 3}
DISTILLED = {"dim": 16, "hidden_dim": 16, "n_layers": 2, "n_heads": 2}

FAMILIES: dict[str, Callable[[], Any]] = {
    "bert": lambda: transformers.BertModel(transformers.BertConfig(**SIZES)),
    "mpnet": lambda: transformers.MPNetModel(transformers.MPNetConfig(**SIZES)),
    "roberta": lambda: transformers.RobertaModel(transformers.RobertaConfig(**SIZES)),
    "distilbert": lambda: transformers.DistilBertModel(
        transformers.DistilBertConfig(vocab_size=SIZES["vocab_size"], **DISTILLED)
    ),
    "t5": lambda: transformers.T5EncoderModel(transformers.T5Config(**T5_SIZES, **MORE_T5_SIZES)),
}


def make_tokenizer() -> Any:
    """Return a tokenizer of the words of the captions, with a begin and an end token."""
    words = {word: number for number, word in enumerate([*SPECIAL, *WORDS])}
    tokenizer = Tokenizer(models.WordLevel(words, UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        f"{BEGIN} $A {END}", None, [(BEGIN, words[BEGIN]), (END, words[END])]
    )
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=PAD,
        unk_token=UNKNOWN,
        bos_token=BEGIN,
        eos_token=END,
        cls_token=BEGIN,
        sep_token=END,
    )


def save_family(family: str, folder: Path) -> Path:
    """Write a small random model of a family, as transformers does."""
    torch.manual_seed(0)
    FAMILIES[family]().save_pretrained(folder)
    make_tokenizer().save_pretrained(folder)
    return folder
