"""Language models, loaded quietly; one that cannot be loaded is refused in a sentence.

Free of its libraries until a model is loaded, so that a machine without them is told so elsewhere.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from motiondata.errors import InputError


@contextmanager
def loading(what: str, expected: str) -> Iterator[None]:
    """Turn what transformers raises of a folder or name in the block into `InputError`.

    Its progress bars are switched off: they tell of weights, not of the user's work.
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
        first = str(error).strip().partition("\n")[0]
        raise InputError(f"{what} cannot be loaded ({first}); expected {expected}") from error


def expect_vocabulary(where: str, tokenizer: Any, embeddings: int) -> None:
    """Raise `InputError` where a tokenizer has tokens that a model has no embeddings for."""
    largest = max(tokenizer.get_vocab().values(), default=-1)
    if largest >= embeddings:
        raise InputError(
            f"{where}: its tokenizer has tokens up to number {largest}, its model embeddings of "
            f"{embeddings} tokens only; expected a tokenizer and a model that belong together"
        )
