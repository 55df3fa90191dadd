"""Progress: lines in a log, a bar on a terminal, and a rate at the end."""

import io
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.datasets.verify import verify
from pipelines.engine.progress import Progress, format_rate
from tests.support.archive import MadeArchive
from tests.support.faults import build_words
from tests.test_layers import ROOT


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


class FileTerminal(io.TextIOWrapper):
    """A file that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_a_log_gets_a_plain_line_now_and_then() -> None:
    log = io.StringIO()
    with Progress(200, 50, log, log_seconds=0.0) as progress:
        progress.advance(50)
        progress.advance(100)
    first, second = log.getvalue().splitlines()
    assert first.startswith("50% of 200 frames; 50 frames done in")
    assert second.startswith("100% of 200 frames; 150 frames done in")
    assert first.endswith("s left")


def test_a_log_of_nothing_yet_promises_nothing() -> None:
    log = io.StringIO()
    with Progress(200, 50, log, log_seconds=0.0) as progress:
        progress.advance(0)
    assert log.getvalue() == "25% of 200 frames; nothing is done yet\n"


def test_a_log_of_a_job_without_frames_is_written() -> None:
    log = io.StringIO()
    with Progress(0, 0, log, log_seconds=0.0) as progress:
        progress.advance(0)
    assert log.getvalue() == "100% of 0 frames; nothing is done yet\n"


@pytest.mark.parametrize(
    ("rate", "shown"),
    [(0.0042, "0.0042"), (0.3, "0.30"), (3.14, "3.1"), (42.2, "42"), (12305.0, "12,305")],
)
def test_no_rate_reads_zero(rate: float, shown: str) -> None:
    assert format_rate(rate) == shown


@pytest.mark.parametrize(
    ("unit", "shown"),
    [("frames", "1 frame"), ("meshes", "1 mesh"), ("batches", "1 batch"), ("files", "1 file"),
     ("parts of the page", "1 part of the page")],
)  # fmt: skip
def test_a_line_about_one_thing_is_in_the_singular(unit: str, shown: str) -> None:
    log = io.StringIO()
    with Progress(1, 0, log, unit, log_seconds=0.0) as progress:
        progress.advance(1)
    assert log.getvalue().startswith(f"100% of {shown}; {shown} done in ")


def test_a_slow_job_says_its_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter([0.0, 8.0])
    monkeypatch.setattr("time.monotonic", lambda: next(seconds))
    progress = Progress(100, 0, io.StringIO(), "steps")
    progress._done = 2
    assert progress.rate.describe() == "2 steps done in 8.0 s, 0.25 steps/s"


def test_a_log_is_not_flooded() -> None:
    log = io.StringIO()
    with Progress(100, 0, log) as progress:
        for _ in range(100):
            progress.advance(1)
    assert log.getvalue() == ""


def test_a_terminal_gets_a_bar_with_rate_and_time_left() -> None:
    terminal = Terminal()
    with Progress(100, 0, terminal) as progress:
        progress.advance(40)
        assert progress._bar is not None
        progress._bar.refresh()
    assert "frames/s" in terminal.getvalue()
    assert "40/100" in terminal.getvalue()


def test_a_build_that_had_nothing_to_do_says_so() -> None:
    with Progress(100, 100, Terminal()) as progress:
        assert progress.rate.describe() == "nothing was left to do"


@pytest.mark.parametrize("kind", [io.TextIOWrapper, FileTerminal])
def test_a_log_on_a_full_disk_does_not_end_the_job(
    kind: type[io.TextIOWrapper],
) -> None:
    log = kind(io.BufferedWriter(io.FileIO("/dev/full", "w")))
    with log, Progress(100, 0, log, log_seconds=0.0) as progress:
        progress.advance(50)
        progress.say("half of it")
        progress.advance(50)
    assert progress.rate.describe().startswith("100 frames done")


@pytest.mark.parametrize("closed", [False, True])
def test_a_closed_log_does_not_end_the_job(closed: bool) -> None:
    log = io.StringIO()
    log.close()
    with Progress(100, 0, log if closed else None, log_seconds=0.0) as progress:
        progress.advance(50)
        progress.say("half of it")


def test_a_build_ends_well_whose_log_is_on_a_full_disk(archive: MadeArchive, out: Path) -> None:
    words = [sys.executable, "-m", "cli", *build_words(archive, out)]
    with Path("/dev/full").open("w") as log:
        assert subprocess.run(words, stdout=log, stderr=log, cwd=ROOT, check=False).returncode == 0
    assert verify(out).sound


def test_a_build_ends_well_whose_output_is_closed(archive: MadeArchive, out: Path) -> None:
    command = shlex.join([sys.executable, "-m", "cli", *build_words(archive, out)])
    words = ["sh", "-c", f"{command} >&- 2>&-"]
    assert subprocess.run(words, cwd=ROOT, check=False).returncode == 0
    assert verify(out).sound
