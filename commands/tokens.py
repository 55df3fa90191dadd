"""Commands that turn motion features into tokens and back.

Nothing heavy is imported before a command runs, so that help appears at once.
"""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from commands.choices import Choice
from commands.clips import exclude_option
from commands.options import execution_options, options_of, take
from commands.parameters import FILE
from commands.printing import json_option, show, show_build
from commands.training_options import (
    dataset_argument,
    dataset_folder_option,
    text_model_option,
    to_loop,
    training_folder_option,
    training_options,
)
from pipelines.engine.execution import Execution
from pipelines.training.common.options import LoopOptions
from pipelines.training.language.options import LanguageOptions
from pipelines.training.tokenizers.options import (
    EMPHASES,
    QUANTIZERS,
    TOKENIZER_BATCH,
    TokenizerOptions,
    TokenizerSizes,
)

if TYPE_CHECKING:
    from shards.format.places import Place


@click.command("train-tokenizer")
@dataset_argument
@training_folder_option
@options_of(TokenizerSizes, types={"quantizer": Choice(QUANTIZERS)})
@options_of(TokenizerOptions, skip=("sizes",), types={"emphasis": Choice(EMPHASES)})
@training_options(TOKENIZER_BATCH)
@json_option
def train_tokenizer(
    dataset: "Place", out: Path, device: str, as_json: bool, **parameters: Any
) -> None:
    """Train a tokenizer on the motion features of DATASET.

    The tokenizer turns a few frames into one of a few hundred codes, and codes into frames.

    Run the same command again to resume a training that was stopped. OUT/checkpoint.pt is the
    tokenizer. OUT/reconstruction.json has the errors on the splits val and test.
    """
    from pipelines.training.tokenizers import train_tokenizer

    loop = to_loop(parameters)
    sizes = take(TokenizerSizes, parameters)
    options = TokenizerOptions(**parameters, sizes=sizes)
    report = train_tokenizer.train_tokenizer(dataset, out, options, loop, device, sys.stderr)
    if report is not None:  # this is the first process
        show(report, as_json)


@click.command("train-language")
@dataset_argument
@training_folder_option
@options_of(LanguageOptions, skip=("text_model",), types={"tokenizer": FILE, "labels": FILE})
@text_model_option
@training_options(LoopOptions.batch)
@json_option
def train_language(
    dataset: "Place", out: Path, device: str, as_json: bool, **parameters: Any
) -> None:
    """Train a T5 on the tokens and captions of DATASET.

    The model reads and writes motion and text: captions, motions, lengths, continuations.

    Run the same command again to resume a training that was stopped. Start several processes with
    torchrun. OUT/checkpoint.pt is the model; OUT/log.jsonl is the log of the training.
    """
    from pipelines.training.language import train_language

    loop = to_loop(parameters)
    options = LanguageOptions(**parameters)
    report = train_language.train_language(dataset, out, options, loop, device, sys.stderr)
    if report is not None:  # this is the first process
        show(report, as_json)


checkpoint_option = click.option(
    "--checkpoint",
    type=FILE,
    required=True,
    help="Tokenizer checkpoint written by train-tokenizer.",
)


@click.command(context_settings={"show_default": True})
@dataset_argument
@checkpoint_option
@dataset_folder_option
@click.option(
    "--stages",
    type=int,
    help="Number of first stages of a residual tokenizer whose codes are kept; by default, all.",
)
@exclude_option
@execution_options(skip=("allow_empty",))
@json_option
def tokenize(
    dataset: "Place",
    checkpoint: Path,
    out: Path,
    stages: int | None,
    exclude: tuple[str, ...],
    as_json: bool,
    **execution: Any,
) -> NoReturn:
    """Turn the motion features of DATASET into a dataset of tokens.

    Clips of any length are tokenized. The exit codes are those of build-lidar. After an
    interruption, the same command resumes.
    """
    from pipelines.training.tokenizers import tokenize

    report = tokenize.tokenize(dataset, checkpoint, out, Execution(**execution), exclude, stages)
    show_build(report, as_json)


@click.command(context_settings={"show_default": True})
@dataset_argument
@checkpoint_option
@dataset_folder_option
@exclude_option
@execution_options(skip=("allow_empty",))
@json_option
def detokenize(
    dataset: "Place",
    checkpoint: Path,
    out: Path,
    exclude: tuple[str, ...],
    as_json: bool,
    **execution: Any,
) -> NoReturn:
    """Turn the tokens of DATASET into a dataset of motion.

    Its samples have features, joints, and the poses of a body that is fitted to the joints. The
    exit codes are those of build-lidar. After an interruption, the same command resumes.
    """
    from pipelines.training.tokenizers import tokenize

    report = tokenize.detokenize(dataset, checkpoint, out, Execution(**execution), exclude)
    show_build(report, as_json)
