"""Load a text model: a T5 and its tokenizer, from a folder or from the hub, or the tiny one.

The hub is used only for names that begin with `hub:`.
"""

import json
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoTokenizer, T5Config, T5ForConditionalGeneration

from motiondata.errors import InputError
from pipelines.training.common.check_text_model import expect_usable
from pipelines.training.common.language_models import expect_no_code, load_errors_as_input_errors
from pipelines.training.common.options import HUB, TINY
from pipelines.training.common.text_model import END, TextModel, finish_tokenizer
from pipelines.training.common.tiny_text_model import TINY_SIZES, TinySizes, make_tiny

TOKENIZER, PIECES = "tokenizer.json", "spiece.model"
"""Tokenizer files: the fast format, and SentencePiece's, which google/t5-v1_1 uses, for example."""
SENTENCEPIECE = "sentencepiece"
"""Package with which transformers reads the SentencePiece format."""


def load_text_model(
    name: str, captions: Sequence[str], seed: int, sizes: TinySizes = TINY_SIZES
) -> TextModel:
    """Return the T5 of a folder, of the hub (`hub:google/flan-t5-base`), or a tiny one (`tiny`).

    The tiny model has the words of the captions as its vocabulary, and random weights. A loaded
    model is tried on the captions. Raises `InputError` for a folder or name without a T5, and for a
    tokenizer that is missing, belongs to another model, or cannot write the captions.
    """
    if name == TINY:
        return make_tiny(captions, seed, sizes)
    if name.startswith(HUB):
        return _load(name, name.removeprefix(HUB), captions, local=False)
    _expect_t5(Path(name))
    _expect_tokenizer(Path(name))
    return _load(name, name, captions, local=True)


def _expect_t5(folder: Path) -> None:
    """Raise `InputError` unless a folder has the configuration of a T5."""
    path = folder / "config.json"
    remedy = f"choose such a folder, a model on the hub ({HUB}google/flan-t5-base), or {TINY}"
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
        raise InputError(f"{where}: expected model_type 't5', found {kind!r}; choose a T5")


def _expect_tokenizer(folder: Path) -> None:
    """Raise `InputError` unless a folder has a tokenizer that can be read on this machine."""
    if (folder / TOKENIZER).is_file():
        return
    if not (folder / PIECES).is_file():
        raise InputError(
            f"{folder}: expected {TOKENIZER} or {PIECES}, found neither; copy the tokenizer "
            "files of this T5 into it"
        )
    if find_spec(SENTENCEPIECE) is None:
        raise InputError(
            f"{folder}: has {PIECES} and no {TOKENIZER}; reading it needs the package "
            f"{SENTENCEPIECE}: pip install {SENTENCEPIECE}, or save {TOKENIZER} there"
        )


def _load(name: str, source: str, captions: Sequence[str], local: bool) -> TextModel:
    expected = f"config.json, model.safetensors and {TOKENIZER} of a T5"
    if find_spec(SENTENCEPIECE) is None:
        expected += f" (reading {PIECES} instead needs pip install {SENTENCEPIECE})"
    with load_errors_as_input_errors(f"{name}: the text model", expected):
        config = AutoConfig.from_pretrained(source, local_files_only=local)
        _check_kind(name, config.model_type)
        expect_no_code(name, config)
        tokenizer = AutoTokenizer.from_pretrained(source, local_files_only=local)
        model = T5ForConditionalGeneration.from_pretrained(
            source, local_files_only=local, dtype=torch.float32
        )
        backend = finish_tokenizer(tokenizer.backend_tokenizer, tokenizer.eos_token or END)
    expect_usable(name, backend, model, tokenizer.unk_token_id, captions)
    return TextModel(name, backend, model)
