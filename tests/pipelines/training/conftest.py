"""A dataset of captioned features, made once for all tests of training, in one thread."""

import pytest

from shards.format.dataset import Dataset
from tests.support.captioned_features import make_captioned
from tests.support.one_thread import one_thread as one_thread


@pytest.fixture(scope="session")
def captioned(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    return make_captioned(tmp_path_factory.mktemp("captioned"))
