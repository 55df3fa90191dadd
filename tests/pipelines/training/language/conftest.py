"""A dataset of motion tokens, and a model trained on it, made once."""

import io
from pathlib import Path

import pytest

pytest.importorskip("transformers")

from pipelines.training.common.load_text_model import load_text_model
from pipelines.training.common.options import LoopOptions, OptimizerOptions
from pipelines.training.common.tiny_text_model import TinySizes
from pipelines.training.common.training_checkpoint import CHECKPOINT
from pipelines.training.language.instructions import wordings
from pipelines.training.language.options import LanguageOptions
from pipelines.training.language.train_language import train_language
from pipelines.training.tokenizers.load_tokenizer import load_tokenizer
from shards.format.dataset import Dataset
from tests.support.captioned_features import KINDS, captions_of
from tests.support.text_models import SMALL, save_text_model
from tests.support.token_clips import make_token_clips, write_tokenizer

LOOP = LoopOptions(batch=8, watch_every=1000, optimizer=OptimizerOptions(warmup=10))


@pytest.fixture(scope="session")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the checkpoint of the tokenizer of the tokens."""
    path = tmp_path_factory.mktemp("tokenizer") / CHECKPOINT
    write_tokenizer(path)
    return path


@pytest.fixture(scope="session")
def tokens(tokenizer: Path, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Return a small dataset of motion tokens."""
    out = tmp_path_factory.mktemp("language") / "tokens"
    return make_token_clips(out, load_tokenizer(tokenizer).id)


@pytest.fixture(scope="session")
def begun(
    tokens: Dataset, tokenizer: Path, small_t5: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return the checkpoint of a model that has hardly learned."""
    out = tmp_path_factory.mktemp("begun")
    options = LanguageOptions(str(small_t5), tokenizer, steps=2, pretraining_steps=1)
    train_language(tokens.path, out, options, LOOP, "cpu", io.StringIO())
    return out / CHECKPOINT


@pytest.fixture(scope="session")
def small_t5(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a very small T5."""
    folder = tmp_path_factory.mktemp("small") / "t5"
    save_t5(folder, SMALL)
    return folder


def save_t5(folder: Path, sizes: TinySizes) -> None:
    """Write a T5 that knows the words of all captions and instructions."""
    words = [text for clip in range(len(KINDS)) for text in captions_of(clip)]
    save_text_model(load_text_model("tiny", [*words, *wordings()], 0, sizes), folder)
