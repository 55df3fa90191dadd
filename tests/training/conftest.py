"""A dataset of captioned features, made once for all tests of training, in one thread."""

import pytest

from shards.dataset import Dataset
from tests.one_thread import one_thread as one_thread
from tests.training.made_captioned import make_captioned


@pytest.fixture(scope="session")
def captioned(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return make_captioned(tmp_path_factory.mktemp("captioned"))
