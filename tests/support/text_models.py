"""Small text models, and folders of them as other programs write them."""

from pathlib import Path

from pipelines.training.common.text_model import END, TextModel
from pipelines.training.common.tiny_text_model import PAD, UNKNOWN, TinySizes

SMALL = TinySizes(d_model=16, d_kv=8, d_ff=16, num_heads=2)


def save_text_model(text: TextModel, folder: Path) -> None:
    """Write a T5 and its tokenizer as transformers do."""
    from transformers import PreTrainedTokenizerFast

    special = {"pad_token": PAD, "eos_token": END, "unk_token": UNKNOWN}
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=text.tokenizer, **special)
    text.model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
