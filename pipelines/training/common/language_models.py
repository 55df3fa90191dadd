"""Loading of language models without their progress bars, with one-sentence errors.

This module imports its libraries only when a model is loaded; the missing extra is reported
elsewhere.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from motiondata.errors import InputError

MOST_UNKNOWN = 0.5
"""A larger share of unknown tokens means that the tokenizer does not fit the model or language."""


@contextmanager
def load_errors_as_input_errors(what: str, expected: str) -> Iterator[None]:
    """Convert errors that transformers raises in the block to `InputError`.

    Progress bars are disabled: they show the loading of weights, not the user's work.
    """
    from safetensors import SafetensorError
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        yield
    except (
        OSError,
        ValueError,
        KeyError,
        AttributeError,
        RuntimeError,
        ImportError,
        SafetensorError,
    ) as error:
        raise _cannot_be_loaded(what, error, expected) from error
    except Exception as error:
        if type(error) is not Exception:  # tokenizers raises the bare class
            raise
        raise _cannot_be_loaded(what, error, expected) from error


def _cannot_be_loaded(what: str, error: Exception, expected: str) -> InputError:
    first = str(error).strip().partition("\n")[0]
    return InputError(f"{what} cannot be loaded ({first}); expected {expected}")


def expect_vocabulary(where: str, tokenizer: Any, embeddings: int) -> None:
    """Raise `InputError` if a tokenizer has tokens without embeddings in the model."""
    largest = max(tokenizer.get_vocab().values(), default=-1)
    if largest >= embeddings:
        raise InputError(
            f"{where}: its tokenizer has token numbers up to {largest}, but its model has "
            f"embeddings of only {embeddings} tokens; expected a tokenizer and a model that belong "
            "together"
        )


def expect_known_words(where: str, tokenizer: Any, sentences: Sequence[str]) -> None:
    """Raise `InputError` if a tokenizer does not know the words of sentences.

    If a folder lacks its tokenizer's files, the loaded tokenizer knows no words, and all sentences
    are alike.
    """
    unknown = tokenizer.unk_token_id
    ids = tokenizer([*sentences], add_special_tokens=False)["input_ids"] if sentences else []
    tokens = [token for sentence in ids for token in sentence]
    if unknown is not None and tokens.count(unknown) > MOST_UNKNOWN * len(tokens):
        raise InputError(
            f"{where}: expected a language model that knows the words of the captions, found that "
            f"{tokens.count(unknown):,} of {len(tokens):,} of their tokens are unknown to its "
            "tokenizer. Are its tokenizer's files there and its own?"
        )


def expect_no_code(where: str, config: Any) -> None:
    """Raise `InputError` if a configuration names kernels of the hub.

    If the package `kernels` is installed, transformers downloads and runs what
    `attn_implementation` names: a model's file must not choose which code runs.
    """
    for name in ("_attn_implementation", "_experts_implementation"):
        found = getattr(config, name, None)
        values = found.values() if isinstance(found, dict) else [found]
        if any("/" in str(value) for value in values):
            raise InputError(
                f"{where}: its configuration has {name.removeprefix('_')} {found!s:.100}, which "
                "names code on the hub; expected none. Remove it from the configuration"
            )
    for name in getattr(config, "sub_configs", {}):
        expect_no_code(where, getattr(config, name, None))
