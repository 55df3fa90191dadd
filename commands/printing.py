"""What commands print: the only place that writes text from outside to a terminal.

A report is printed as text, or with `--json` as JSON. Progress and warnings go to standard error.
"""

import json
import sys
from collections.abc import Callable, Iterable
from typing import NoReturn

import click

from pipelines.engine.reports import Report
from pipelines.engine.streams import give_up
from shards.printable import printable

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print the report as JSON (docs/reports.md)."
)


def say(text: str, err: bool = False) -> None:
    """Print text, with the control characters of a terminal escaped."""
    click.echo(printable(text), err=err)


def show(report: Report, as_json: bool, lines: Iterable[str] | None = None) -> None:
    """Print a report and, unless it is 0, exit with its exit code.

    `lines` are the lines of the text, by default those of the report.
    """
    if as_json:
        say(json.dumps(report.to_json(), indent=1, allow_nan=False))
    else:
        say("\n".join(report.lines() if lines is None else lines))
    if report.exit_code:
        sys.exit(report.exit_code)


def show_build(
    report: Report, as_json: bool, page: Callable[[], list[str]] | None = None
) -> NoReturn:
    """Print the report of a build, and exit with its exit code even if printing fails.

    `page` writes the dataset's page first, and returns lines about it.
    """
    lines = [] if page is None else page()
    try:
        show(report, as_json, [*report.lines(), *lines])
    except OSError:  # such as a log on a full disk: the dataset is complete nevertheless
        give_up(sys.stdout)
    sys.exit(report.exit_code)
