"""What several commands share: kinds of paths, and exit codes.

A shell replaces `~` at the start of a word alone, so that `--out=~/lidar` would make a folder of
that name: a path that begins with `~` is of the user's home here.
"""

from pathlib import Path
from typing import Any

import click


class _Path(click.Path):
    """A path that may begin with `~`."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        path = Path(value)
        at_home = path.parts[:1] == ("~",)
        return super().convert(path.expanduser() if at_home else path, param, ctx)


FOLDER = _Path(path_type=Path, file_okay=False)
FILE = _Path(path_type=Path, dir_okay=False)
ANY = _Path(path_type=Path)

ABORTED, WRONG_INPUT, TOO_MANY_FAILURES = 1, 2, 3
"""Exit codes, beside 0; explained in docs/format.md and in the help of `build-lidar`."""
