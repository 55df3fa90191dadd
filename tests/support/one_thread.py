"""One thread of PyTorch for the tests of training and of evaluation: a fixture for a conftest.

For a module, not for a test, so that what a module's own fixtures train is trained so too.
"""

from collections.abc import Iterator

import pytest
import torch


@pytest.fixture(scope="module", autouse=True)
def one_thread() -> Iterator[None]:
    """Let every sum be taken in the same order, and the cores to others."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
