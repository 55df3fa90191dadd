"""What all trained models need when they are applied: an id, and reproducible sums."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

from shards.format.hashing import hash_values


def hash_model(description: Mapping[str, Any], weights: Mapping[str, Tensor]) -> str:
    """Return the hash of the description and the weights, which does not depend on their file."""
    parts: list[Any] = [json.dumps(description, sort_keys=True).encode()]
    for name, value in sorted(weights.items()):
        array = value.cpu().numpy()
        parts += [f"{name} {array.dtype.str} {array.shape}".encode(), array]
    return hash_values(*parts)


@contextmanager
def one_thread() -> Iterator[None]:
    """Let PyTorch compute in one thread in the block."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
