"""The options `--quiet` and `--verbose`, which every command has."""

from collections.abc import Callable
from functools import wraps
from typing import Any

import click

from pipelines.engine.verbosity import Verbosity, set_verbosity

OPTIONS = {
    Verbosity.QUIET: (
        "quiet",
        "Write no progress to standard error; warnings and errors are still written.",
    ),
    Verbosity.VERBOSE: (
        "verbose",
        "Write progress every second in a log, and the rate at the end of each job.",
    ),
}
"""The options and their help."""


def add_verbosity(command: click.Command) -> click.Command:
    """Add the options to a command, which runs with the chosen verbosity."""
    for name, text in OPTIONS.values():
        command.params.append(click.Option([f"--{name}"], is_flag=True, help=text))
    if command.callback is not None:
        command.callback = _with_verbosity(command.callback)
    return command


def _with_verbosity(run: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(run)
    def run_with(*arguments: Any, **parameters: Any) -> Any:
        chosen = [level for level, (name, _) in OPTIONS.items() if parameters.pop(name)]
        if len(chosen) > 1:
            raise click.UsageError("--quiet and --verbose exclude each other; leave one out")
        with set_verbosity(chosen[0] if chosen else Verbosity.NORMAL):
            return run(*arguments, **parameters)

    return run_with
