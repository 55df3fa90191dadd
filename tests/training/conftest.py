"""A dataset of captioned features, made once for all tests of training."""

from collections.abc import Iterator

import pytest
import torch

from shards.dataset import Dataset
from tests.training.made_captioned import make_captioned


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Let every sum be taken in the same order, and the cores to others."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def captioned(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return make_captioned(tmp_path_factory.mktemp("captioned"))
