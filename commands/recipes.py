"""Recipes: the options of a command in a TOML file, which `--recipe` reads.

A recipe gives the defaults of a command, so that its values are checked as options are, and options
on the command line replace them. A mistake is reported with its line.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import click

from commands.parameters import NameOrPath
from shards.format.unknown_names import unknown_name

COMMAND = "command"
"""The key that names the command that a recipe is for."""
SHIPPED = Path(__file__).parent / "recipe_files"
"""The folder of the recipes that come with the program."""
NOT_IN_RECIPES = {"recipe", "as_json", "quiet", "verbose", "help", "dry_run", "restart"}
"""Options that say what one run prints or discards."""

Kind = tuple[str, Callable[[Any], bool]]
KINDS: tuple[tuple[Callable[[click.Parameter], bool], Kind], ...] = (
    (
        lambda each: isinstance(each, click.Option) and each.is_flag,
        ("true or false", lambda value: isinstance(value, bool)),
    ),
    (
        lambda each: each.type.name.startswith("integer") and "|" not in each.type.name,
        ("a whole number", lambda value: isinstance(value, int) and not isinstance(value, bool)),
    ),
    (
        lambda each: each.type.name.startswith("float"),
        ("a number", lambda value: isinstance(value, int | float) and not isinstance(value, bool)),
    ),
    (
        lambda _: True,
        (
            "text",
            lambda value: isinstance(value, str | int | float) and not isinstance(value, bool),
        ),
    ),
)
"""Which kind of value a parameter takes: the first whose condition holds."""


@cache
def shipped_recipes() -> tuple[str, ...]:
    """Return the names of the recipes that come with the program."""
    return tuple(sorted(path.stem for path in SHIPPED.glob("*.toml")))


def add_recipe(command: click.Command) -> click.Command:
    """Add `--recipe` to a command."""
    option = click.Option(
        ["--recipe"],
        type=NameOrPath(shipped_recipes()),
        is_eager=True,
        expose_value=False,
        callback=_apply,
        help="File (.toml) of options, or the name of one that comes with the program: "
        f"{', '.join(shipped_recipes())}; options on the command line replace its values.",
    )
    command.params.append(option)
    return command


def options_in_recipes(command: click.Command) -> dict[str, click.Parameter]:
    """Return the parameters of a command that a recipe may have, by name."""
    return {
        each.name: each
        for each in command.params
        if each.name is not None and each.name not in NOT_IN_RECIPES
    }


def _apply(ctx: click.Context, _: click.Parameter, value: str | None) -> None:
    """Make the values of a recipe the defaults of the command."""
    if value is not None:
        path = _path_of(value)
        ctx.default_map = {**(ctx.default_map or {}), **_Recipe.read(path).values(ctx)}


def _path_of(value: str) -> Path:
    path = Path(value).expanduser()
    if path.suffix or path.exists():
        return path
    if value not in shipped_recipes():
        raise click.UsageError(unknown_name("recipe", value, shipped_recipes()))
    return SHIPPED / f"{value}.toml"


class _Recipe:
    """A recipe as it was read."""

    def __init__(self, path: Path, text: str, document: Mapping[str, Any]) -> None:
        self._path, self._text, self._document = path, text, document

    @classmethod
    def read(cls, path: Path) -> "_Recipe":
        try:
            text = path.read_text(encoding="utf-8")
            return cls(path, text, tomllib.loads(text))
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise click.UsageError(f"{path}: expected a recipe (.toml); {reason}") from error
        except tomllib.TOMLDecodeError as error:
            raise click.UsageError(f"{path}: is not TOML: {error}") from error

    def values(self, ctx: click.Context) -> dict[str, Any]:
        """Return the values by parameter; raise `click.UsageError` with the line of a mistake."""
        command = ctx.command
        named = self._document.get(COMMAND, command.name)
        if named != command.name:
            raise self._mistake(COMMAND, f"is a recipe of {named}, not of {command.name}")
        known = options_in_recipes(command)
        return {
            name: self._value(ctx, known, key, value)
            for key, value in self._document.items()
            if (name := key.replace("-", "_")) != COMMAND
        }

    def _value(
        self, ctx: click.Context, known: Mapping[str, click.Parameter], key: str, value: Any
    ) -> Any:
        name = key.replace("-", "_")
        if name not in known:
            raise self._mistake(key, unknown_name("option", name, [*known]))
        parameter = known[name]
        is_list = parameter.multiple or parameter.nargs == -1
        values = value if is_list and isinstance(value, list) else [value]
        expected, is_of_kind = next(kind for applies, kind in KINDS if applies(parameter))
        for each in values:
            if not is_of_kind(each):
                lists = " or a list of them" if is_list else ""
                raise self._mistake(key, f"{name} is {each!r}; expected {expected}{lists}")
        texts = [each if isinstance(each, bool) else str(each) for each in values]
        try:
            parameter.type_cast_value(ctx, texts if is_list else texts[0])
        except click.UsageError as error:
            raise self._mistake(key, f"{name}: {error.message}") from error
        return texts if is_list else texts[0]

    def _mistake(self, key: str, message: str) -> click.UsageError:
        name = re.escape(key)
        place = rf"^[ \t]*[\"']?{name}[\"']?[ \t]*[=.]|^[ \t]*\[+{name}"
        line = re.search(place, self._text, re.MULTILINE)
        number = f", line {self._text.count(chr(10), 0, line.start()) + 1}" if line else ""
        return click.UsageError(f"{self._path}{number}: {message}")
