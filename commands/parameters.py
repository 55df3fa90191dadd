"""What several commands share: kinds of paths, and exit codes."""

from pathlib import Path

import click

FOLDER = click.Path(path_type=Path, file_okay=False)
FILE = click.Path(path_type=Path, dir_okay=False)
ANY = click.Path(path_type=Path)

ABORTED, WRONG_INPUT, TOO_MANY_FAILURES = 1, 2, 3
"""Exit codes, beside 0; explained in docs/format.md and in the help of `build-lidar`."""
