"""A synthetic corpus and its dataset, made once for all tests of evaluation, in one thread."""

import pytest

from tests.support.evaluated_corpus import Corpus, make_corpus
from tests.support.one_thread import one_thread as one_thread


@pytest.fixture(scope="session")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return make_corpus(tmp_path_factory.mktemp("evaluated"))
