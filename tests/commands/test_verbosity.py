"""--quiet and --verbose: every command has them, and they change only what is said on the way."""

import io

import pytest
from click.testing import CliRunner

from cli import COMMANDS, main
from pipelines.engine.progress import Progress
from pipelines.engine.verbosity import Verbosity, set_verbosity, verbosity
from shards.format.dataset import Dataset


def progress_of(level: Verbosity, log_seconds: float = 0.0) -> list[str]:
    """Return the lines that a job writes."""
    log = io.StringIO()
    with set_verbosity(level), Progress(2, 0, log, log_seconds=log_seconds) as progress:
        progress.advance(1)
        progress.say("a warning")
        progress.advance(1)
    return log.getvalue().splitlines()


def test_a_quiet_job_writes_only_warnings() -> None:
    assert progress_of(Verbosity.QUIET) == ["a warning"]


def test_a_verbose_job_ends_with_its_rate() -> None:
    lines = progress_of(Verbosity.VERBOSE)
    assert lines[-1].startswith("2 frames done in")
    assert len(lines) == len(progress_of(Verbosity.NORMAL)) + 1


def test_a_quick_job_writes_nothing_by_default() -> None:
    assert progress_of(Verbosity.NORMAL, log_seconds=10) == ["a warning"]


def test_the_setting_ends_with_its_block() -> None:
    with set_verbosity(Verbosity.QUIET):
        assert verbosity() == Verbosity.QUIET
    assert verbosity() == Verbosity.NORMAL


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_has_both_options(command: object) -> None:
    flags = {option for param in command.params for option in param.opts}  # type: ignore[attr-defined]
    assert flags >= {"--quiet", "--verbose"}


def test_a_command_is_quiet_or_verbose_and_its_result_is_the_same(built: Dataset) -> None:
    found = {
        flag: CliRunner().invoke(main, ["verify", str(built.path), flag])
        for flag in ("--quiet", "--verbose")
    }
    assert found["--quiet"].stdout == found["--verbose"].stdout
    assert found["--quiet"].stderr == ""
    assert "samples done in" in found["--verbose"].stderr


def test_both_options_together_are_refused(built: Dataset) -> None:
    result = CliRunner().invoke(main, ["verify", str(built.path), "--quiet", "--verbose"])
    assert result.exit_code == 2
    assert "--quiet and --verbose exclude each other" in result.stderr
