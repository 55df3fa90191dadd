"""Command-line options made from the fields of a dataclass, so that each meaning is written once.

The docstring below a field says what the field means. Its first sentence is the help of the option.
"""

import ast
import inspect
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import MISSING, Field, fields
from functools import cache
from itertools import pairwise
from textwrap import dedent
from types import NoneType
from typing import Any, TypeVar, get_args, get_type_hints

import click

from motiondata.errors import InputError
from pipelines.engine.execution import AUTO, Execution
from pipelines.engine.failures import FailureBudget

T = TypeVar("T")
Function = Callable[..., Any]
Decorator = Callable[[Function], Function]
Types = Mapping[str, "click.ParamType[Any]"]


class _Budget(click.types.StringParamType):
    """A failure budget, such as `12` or `0.5%`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return FailureBudget(str(value))
        except InputError as error:
            self.fail(str(error), param, ctx)


class _Workers(click.types.StringParamType):
    """A number of workers, or `auto`."""

    name = "integer|auto"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if str(value).lower() == AUTO:
            return AUTO
        try:
            return int(value)
        except ValueError:
            self.fail(f"expected {AUTO}, or 0 or more, found {value!r}", param, ctx)


EXECUTION_FIELDS = tuple(field.name for field in fields(Execution))
EXECUTION_TYPES: Types = {"max_failures": _Budget(), "workers": _Workers()}


def execution_options(
    *, only: Collection[str] | None = None, skip: Collection[str] = ()
) -> Decorator:
    """Add the options of how a build is executed, with the same meaning in every command.

    The command receives the fields of `Execution` by name. `only` and `skip` name fields, for a
    command that offers fewer.
    """
    left_out = {*skip, *(set(EXECUTION_FIELDS).difference(only) if only else ())}
    return options_of(Execution, skip=left_out, types=EXECUTION_TYPES)


def options_of(cls: type, *, skip: Collection[str] = (), types: Types | None = None) -> Decorator:
    """Add one option per field of a dataclass, in the order of the fields.

    `skip` names fields without an option. `types` gives the click types of fields that are not
    flags, numbers or texts. A field without a default makes a required option.
    """
    annotations, help_texts = get_type_hints(cls), help_of(cls)

    def decorate(command: Function) -> Function:
        for field in reversed(fields(cls)):
            if field.name not in skip:
                kind = (types or {}).get(field.name) or _plain_type(annotations[field.name])
                command = _option(field, kind, help_texts[field.name])(command)
        return command

    return decorate


def _option(field: "Field[Any]", kind: Any, help_text: str) -> Decorator:
    name = flag_of(field.name)
    if kind is bool:
        return click.option(name, field.name, is_flag=True, help=help_text)
    if field.default is MISSING:
        return click.option(name, field.name, type=kind, required=True, help=help_text)
    if isinstance(field.default, tuple):
        return click.option(name, field.name, type=kind, multiple=True, help=help_text)
    default = field.default if field.default is None else str(field.default)
    shown = bool(default)
    return click.option(
        name, field.name, type=kind, default=default, show_default=shown, help=help_text
    )


def _plain_type(annotation: Any) -> Any:
    """Return the type of a field's value, without the None of an optional one."""
    kinds = [kind for kind in get_args(annotation) if kind is not NoneType] or [annotation]
    return kinds[0]


def flag_of(name: str) -> str:
    """Return the option of a field: `--max-failures` for `max_failures`."""
    return f"--{name.replace('_', '-')}"


@cache
def help_of(cls: type) -> dict[str, str]:
    """Return the help of each documented field of a dataclass, by name.

    The help is the first sentence of the docstring below the field. A field that is named in
    backquotes becomes its option. Other backquotes are removed.
    """
    names = {field.name for field in fields(cls)}
    (parsed,) = ast.parse(dedent(inspect.getsource(cls))).body
    lines = parsed.body if isinstance(parsed, ast.ClassDef) else []
    return {
        name: _as_help(docstring, names)
        for field, below in pairwise(lines)
        for name, docstring in _documented(field, below)
    }


def _documented(field: ast.stmt, below: ast.stmt) -> Iterator[tuple[str, str]]:
    """Yield the name and the docstring of a field, if these two statements are both."""
    match field, below:
        case (
            ast.AnnAssign(target=ast.Name(id=name)),
            ast.Expr(value=ast.Constant(value=str(docstring))),
        ):
            yield name, docstring


def _as_help(docstring: str, names: Collection[str]) -> str:
    sentence = re.split(r"(?<=\.)\s", " ".join(docstring.split()), maxsplit=1)[0]
    return re.sub(
        r"`([^`]*)`",
        lambda found: flag_of(found[1]) if found[1] in names else found[1],
        sentence,
    )


def take(options: type[T], parameters: dict[str, Any]) -> T:
    """Take the fields of a dataclass out of the parameters of a command, and make the object."""
    return options(**take_fields(options, parameters))


def take_fields(options: type, parameters: dict[str, Any]) -> dict[str, Any]:
    """Take the fields of a dataclass out of the parameters of a command, and return them."""
    names = {field.name for field in fields(options)} & {*parameters}
    return {name: parameters.pop(name) for name in names}
