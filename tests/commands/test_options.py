"""Options made from dataclasses: one per field, each with the help that its docstring gives."""

from dataclasses import dataclass, fields
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from cli import main
from commands.choices import Choice
from commands.options import help_of, options_of
from commands.parameters import FOLDER
from pipelines.clips.options import ClipSelection
from pipelines.engine.execution import Execution
from shards.format.dataset import Dataset

BUILDS = ("build-lidar", "encode")
EXCLUDING = {
    *(
        "build-lidar",
        "build-features",
        "build-pose-pairs",
        "build-pfnn",
        "encode",
        "tokenize",
        "detokenize",
    ),
    *("align", "train-captioner", "train-tokenizer", "train-matcher", "train-language"),
    *("train-pose-editor", "train-pair-matcher"),
    "export",
}
"""The commands that leave out clips by their flags."""


@dataclass(frozen=True)
class Soup:
    """A soup."""

    recipe: Path
    """Folder of the
    recipe. A second sentence is no help."""
    litres_each: float = 0.5
    """Litres per guest, such as `0.5`, in `pots`."""
    pots: int | None = None
    """Number of pots."""
    name: str = "minestrone"
    """Name."""
    hot: bool = False
    """Serve hot."""
    hidden: int = 7


@click.command()
@options_of(Soup, skip=("hidden",), types={"recipe": FOLDER})
def cook(**values: object) -> None:
    """Cook."""
    click.echo(repr(Soup(**values)))  # type: ignore[arg-type]


def cooked(*words: str) -> str:
    return CliRunner().invoke(cook, words).output.strip()


def test_every_field_is_an_option_with_its_default() -> None:
    assert cooked("--recipe", "x") == repr(Soup(Path("x")))


def test_options_set_the_fields_of_their_names() -> None:
    words = ["--recipe", "x", "--litres-each", "2", "--pots", "3", "--name", "y", "--hot"]
    assert cooked(*words) == repr(Soup(Path("x"), 2.0, 3, "y", True))


def test_a_field_without_a_default_is_required_and_a_skipped_one_is_no_option() -> None:
    assert "Missing option '--recipe'" in cooked()
    assert "No such option" in cooked("--recipe", "x", "--hidden", "1")


def test_the_help_is_the_first_sentence_with_options_for_names_of_fields() -> None:
    texts = help_of(Soup)
    assert texts["recipe"] == "Folder of the recipe."
    assert texts["litres_each"].endswith("0.5, in --pots.")
    assert "[default: 0.5]" in cooked("--help")


def test_every_field_of_an_execution_has_a_help() -> None:
    assert help_of(Execution).keys() == {field.name for field in fields(Execution)}


def test_flags_are_excluded_by_one_option_with_one_help() -> None:
    found = {
        (option.opts[0], option.multiple, option.help)
        for command in EXCLUDING
        for option in main.commands[command].params
        if option.name == "exclude" and isinstance(option, click.Option)
    }
    with_option = {
        name
        for name, command in main.commands.items()
        if any(option.name == "exclude" for option in command.params)
    }
    assert found == {("--exclude", True, help_of(ClipSelection)["exclude"])}
    assert with_option == EXCLUDING


def options(command: str) -> dict[str, tuple[str | None, object]]:
    """Return the help and the default of the execution options of a command, by name."""
    names = {field.name for field in fields(Execution)}
    return {
        option.name or "": (option.help, option.default)
        for option in main.commands[command].params
        if isinstance(option, click.Option) and option.name in names
    }


def test_all_builds_have_the_same_execution_options_in_the_same_words() -> None:
    lidar, features, demo = (options(name) for name in (*BUILDS, "demo"))
    assert lidar.keys() == {field.name for field in fields(Execution)}
    assert lidar.keys() - features.keys() == {"allow_empty"}
    assert features.items() <= lidar.items()
    assert demo.items() <= lidar.items()


@pytest.mark.parametrize("command", BUILDS)
def test_a_budget_that_is_none_is_refused_by_every_build(
    built: Dataset, tmp_path: Path, command: str
) -> None:
    checkpoint = ["--checkpoint", str(tmp_path / "none.pt")] if command == "encode" else []
    out = tmp_path / "out"
    words = [command, str(built.path), "--out", str(out), "--max-failures", "few", *checkpoint]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 2
    assert "a number of rows such as 12, or a share such as 0.5%" in result.output
    assert not out.exists()


CHOICES = {
    f"{name} {parameter.opts[0]}": parameter
    for name, command in main.commands.items()
    for parameter in command.params
    if isinstance(parameter.type, click.Choice)
}


def test_there_are_options_of_one_of_several_words() -> None:
    assert {"export --format", "render --view", "split --by", "stats --weight"} <= {*CHOICES}


@pytest.mark.parametrize("parameter", CHOICES.values(), ids=CHOICES)
def test_a_mistyped_word_of_an_option_is_answered_with_the_nearest(
    parameter: click.Parameter,
) -> None:
    assert isinstance(parameter.type, Choice)
    word = max(parameter.type.choices, key=len)
    with pytest.raises(click.BadParameter) as raised:
        parameter.type.convert(word + "-", parameter, None)
    meant = f" (did you mean {word}?)" if len(word) > 1 else ""
    assert raised.value.message.startswith(f"{word + '-'!r}{meant} is not one of ")
