"""Load a text encoder from a folder or from the hub, or make the tiny one of the captions.

The hub is used only for names that begin with `hub:`.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import torch
import transformers
from huggingface_hub import snapshot_download
from transformers import AutoConfig, AutoModel, AutoTokenizer

from motiondata.errors import InputError
from pipelines.training.common.language_models import (
    expect_known_words,
    expect_no_code,
    expect_vocabulary,
    load_errors_as_input_errors,
)
from pipelines.training.common.load_text_model import load_text_model
from pipelines.training.common.options import HUB, TINY
from pipelines.training.common.text_model import MAX_TOKENS
from pipelines.training.text_encoders.pooling import read_head
from pipelines.training.text_encoders.sentence_encoder import SentenceEncoder
from pipelines.training.text_encoders.text_encoder import T5TextEncoder, TextEncoder

PARTS = {
    "clip": "CLIPTextModelWithProjection",
    "clip_text_model": "CLIPTextModelWithProjection",
    "mt5": "MT5EncoderModel",
    "t5": "T5EncoderModel",
    "umt5": "UMT5EncoderModel",
}
"""Models of which only the part that encodes text is loaded; of others, the whole base model."""
UNUSED_WEIGHTS = ("pooler.",)
"""Weights that no pooling here uses, so that a folder may lack them."""
SENTENCE_CONFIG = "sentence_bert_config.json"
"""The file of sentence-transformers with the number of tokens that a model was trained on."""
HUB_FILES = ("*.json", "*.txt", "*.model", "*.safetensors")
OTHER_FORMATS = ("onnx/*", "openvino/*")
OLD_WEIGHTS = "pytorch_model*.bin"
"""Weights of models that have no safetensors; transformers unpickles nothing but tensors."""
EXPECTED = "config.json, model.safetensors and the tokenizer of a text encoder"


def load_text_encoder(name: str, captions: Sequence[str], seed: int) -> TextEncoder:
    """Return the text encoder of a folder, of the hub (`hub:...`), or a tiny random one (`tiny`).

    The tiny one has the words of the captions as its vocabulary. A loaded one is in evaluation
    mode, on the CPU. Raises `InputError` for a folder or name without a text encoder, and for a
    tokenizer that is missing, of another model, or does not know the words of the captions.
    """
    if name == TINY:
        return T5TextEncoder(load_text_model(TINY, captions, seed))
    with load_errors_as_input_errors(f"{name}: the text encoder", EXPECTED):
        folder = _download(name.removeprefix(HUB)) if name.startswith(HUB) else Path(name)
    if not folder.is_dir():
        raise InputError(
            f"{name}: expected the folder of a text encoder, found no folder; choose one, a model "
            f"on the hub ({HUB}openai/clip-vit-base-patch32), or {TINY}"
        )
    encoder = _load(folder, name)
    expect_known_words(name, encoder.tokenizer, captions)
    return encoder


def _download(name: str) -> Path:
    """Return the folder of a model of the hub, in the hub's cache on this machine."""
    patterns = [*HUB_FILES]
    folder = Path(
        snapshot_download(name, allow_patterns=patterns, ignore_patterns=[*OTHER_FORMATS])
    )
    if any(folder.rglob("*.safetensors")):
        return folder
    return Path(snapshot_download(name, allow_patterns=[*patterns, OLD_WEIGHTS]))


def _load(folder: Path, name: str) -> SentenceEncoder:
    head = read_head(folder)
    with load_errors_as_input_errors(f"{name}: the text encoder", EXPECTED):
        config = AutoConfig.from_pretrained(head.transformer, local_files_only=True)
        expect_no_code(name, config)
        tokenizer = AutoTokenizer.from_pretrained(head.transformer, local_files_only=True)
        transformer = _load_transformer(head.transformer, name, config.model_type)
    embeddings = transformer.get_input_embeddings().num_embeddings
    expect_vocabulary(name, tokenizer, embeddings)
    longest = _longest(head.transformer, transformer.config, tokenizer)
    with load_errors_as_input_errors(
        f"{name}: the text encoder", "a model that encodes text alone"
    ):
        return SentenceEncoder(transformer, tokenizer, head, longest)


def _load_transformer(folder: Path, name: str, kind: str) -> Any:
    """Return the part of a model that encodes text; raise `InputError` if it lacks weights."""
    model = getattr(transformers, PARTS[kind]) if kind in PARTS else AutoModel
    transformers.logging.set_verbosity_error()  # parts that are not loaded are not missing
    loaded, found = model.from_pretrained(
        folder, local_files_only=True, dtype=torch.float32, output_loading_info=True
    )
    missing = sorted(key for key in found["missing_keys"] if not key.startswith(UNUSED_WEIGHTS))
    if missing:
        raise InputError(
            f"{name}: its weights lack {len(missing)} of those of a {type(loaded).__name__}, such "
            f"as {missing[0]}; expected a trained text encoder"
        )
    if getattr(loaded, "pooler", None) is not None:
        loaded.pooler = None  # its weights would be trained without a gradient
    return loaded


def _longest(folder: Path, config: Any, tokenizer: Any) -> int:
    """Return the largest number of tokens that a model reads, at most `MAX_TOKENS`."""
    limits: list[int] = [MAX_TOKENS, tokenizer.model_max_length]
    limits += [getattr(config, "max_position_embeddings", None) or MAX_TOKENS]
    # The folder may not be of sentence-transformers, or its model may have no limit.
    with suppress(OSError, ValueError, KeyError, TypeError):
        limits += [int(json.loads((folder / SENTENCE_CONFIG).read_bytes())["max_seq_length"])]
    return min(limits)
