"""The failure budget: which drops are failures, how many are allowed, and the exit codes."""

import errno
import os
from pathlib import Path

import pytest

from motiondata.errors import DropReason, InputError
from pipelines.engine.drops import Drop
from pipelines.engine.failures import FailureBudget, Outcome
from tests.commands.test_cli import build_words, run
from tests.support.archive import BAD, GOOD, MadeArchive

FAILURES = sum(not row[3].expected for row in BAD.values())
ROWS = len(GOOD) + FAILURES


@pytest.mark.parametrize(
    ("text", "failures", "rows", "allowed"),
    [
        ("0", 0, 10, True),
        ("0", 1, 10, False),
        ("3", 3, 10, True),
        ("3", 4, 10_000, False),
        ("0%", 0, 0, True),
        ("0%", 1, 10_000, False),
        ("1%", 100, 10_000, True),
        ("1%", 101, 10_000, False),
        ("1%", 1, 99, False),
        ("0.5%", 1, 200, True),
        ("0.5%", 1, 199, False),
        ("0.57%", 57, 10_000, True),
        ("100%", 10, 10, True),
    ],
)
def test_a_budget_is_a_number_of_rows_or_a_share(
    text: str, failures: int, rows: int, allowed: bool
) -> None:
    assert FailureBudget(text).allows(failures, rows) == allowed


@pytest.mark.parametrize("text", ["", "%", "-1", "1.5", "many", "1 %", "1%%", "nan", "٣"])
def test_what_is_no_budget_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InputError, match=r"such as 0\.5%"):
        FailureBudget(text)


def drop(reason: DropReason) -> Drop:
    return Drop(0, "000000", "a.npy", "KIT", "build", reason, "why")


@pytest.mark.parametrize("reason", DropReason)
def test_expected_drops_are_neither_failures_nor_rows_that_were_to_be_built(
    reason: DropReason,
) -> None:
    outcome = Outcome.of(10, [drop(reason)] * 4, FailureBudget("3"))
    assert (outcome.failures, outcome.rows) == ((0, 6) if reason.expected else (4, 10))
    assert outcome.within_budget == reason.expected


def test_reasons_that_end_a_worker_are_failures() -> None:
    poison = (DropReason.CRASHED, DropReason.HUNG, DropReason.OUT_OF_MEMORY)
    assert not any(reason.expected for reason in poison)


@pytest.mark.parametrize(
    ("budget", "code"),
    [("1%", 3), (str(FAILURES), 0), (str(FAILURES - 1), 3), ("100%", 0), ("none", 2)],
)
def test_the_exit_code_tells_whether_too_many_rows_failed(
    archive: MadeArchive, out: Path, budget: str, code: int
) -> None:
    found, said = run(*build_words(archive, out, "--max-failures", budget))
    assert found == code, said
    if code != 2:
        verdict = "within" if code == 0 else "more than"
        assert f"{FAILURES} of {ROWS} rows that were to be built failed: {verdict}" in said
        assert run("verify", out)[0] == 0


def test_an_outcome_of_one_row_is_in_the_singular() -> None:
    said = Outcome(0, 1, FailureBudget("1%")).describe()
    assert said == "0 of 1 row that was to be built failed: within --max-failures 1%"


@pytest.mark.parametrize("option", ["--clip-seconds", "--worker-gigabytes"])
def test_limits_are_above_0(archive: MadeArchive, out: Path, option: str) -> None:
    code, said = run(*build_words(archive, out, option, 0))
    assert code == 2
    assert "expected more than 0" in said


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EACCES])
def test_a_disk_that_refuses_is_one_sentence_and_exit_code_1(
    archive: MadeArchive, out: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refuse)
    code, said = run(*build_words(archive, out))
    assert code == 1
    assert os.strerror(number) in said
    assert "Traceback" not in said
    assert len(said.strip().splitlines()) == 1


def test_the_help_tells_the_exit_codes() -> None:
    said = " ".join(run("build-lidar", "--help")[1].split())
    assert "0, complete. 1, aborted" in said
    assert "2, wrong usage or input. 3, complete, with more failures" in said
