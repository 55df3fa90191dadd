"""Kinds of paths that several commands share.

A shell replaces `~` at the start of a word only, so that `--out=~/lidar` would make a folder of
that name: here a path that begins with `~` is in the user's home. URLs are refused, except those of
datasets that are only read.
"""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from motiondata.errors import InputError
from motiondata.lidar.preset_names import SENSOR_NAMES
from pipelines.products.lidar.spans import canonical
from shards.errors import ShardError
from shards.format.paths import refuse_url
from shards.format.places import place_of
from shards.remote.urls import is_url


class _Path(click.Path):
    """A path that may begin with `~`, and is no URL."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        _refuse_url(self, value, param, ctx)
        path = Path(value)
        at_home = path.parts[:1] == ("~",)
        return super().convert(path.expanduser() if at_home else path, param, ctx)


class _Place(_Path):
    """A path, or a URL of a dataset."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if isinstance(value, str) and is_url(value):
            try:
                return place_of(value)
            except ShardError as error:
                self.fail(str(error), param, ctx)
        return super().convert(value, param, ctx)


class NameOrPath(click.types.StringParamType):
    """A name that is known, or a path, which is no URL. Shells complete both."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        self.names = tuple(names)

    def shell_complete(
        self, _ctx: click.Context, _param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Return the names that begin so, and let the shell add files."""
        names = [name for name in self.names if name.startswith(incomplete)]
        return [*map(CompletionItem, names), CompletionItem(incomplete, type="file")]

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the text; fail for a URL."""
        _refuse_url(self, value, param, ctx)
        return super().convert(value, param, ctx)


def _refuse_url(
    kind: "click.ParamType[Any]",
    value: str | os.PathLike[str],
    param: click.Parameter | None,
    ctx: click.Context | None,
) -> None:
    try:
        refuse_url(value)
    except ShardError as error:
        kind.fail(str(error), param, ctx)


class _NumberOrRange(click.types.StringParamType):
    """A number, or a range such as `4-20`."""

    name = "number|range"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return canonical(str(value))  # click names the option
        except InputError as error:
            self.fail(str(error), param, ctx)


FOLDER = _Path(path_type=Path, file_okay=False)
FILE = _Path(path_type=Path, dir_okay=False)
ANY = _Path(path_type=Path)
DATASET = _Place(path_type=Path, file_okay=False)
"""A dataset: its folder, or its URL."""
SOURCE = _Place(path_type=Path)
"""A dataset, or files of this machine."""
NAME_OR_PATH = NameOrPath()
NUMBER_OR_RANGE = _NumberOrRange()
SENSOR = NameOrPath(SENSOR_NAMES)
"""A sensor preset, or a sensor file."""
