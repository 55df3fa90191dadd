"""Language models that cannot be loaded, in one sentence: transformers raises many exceptions.

Free of its libraries until a model is loaded, so that a machine without them is told so elsewhere.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from motiondata.errors import InputError


@contextmanager
def loading(what: str, expected: str) -> Iterator[None]:
    """Turn what transformers raises of a folder or name in the block into `InputError`."""
    from safetensors import SafetensorError

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
