"""What the doctor says follows from what the machine has."""

from collections.abc import Callable
from pathlib import Path

import pytest

from motiondata.extras import EXTRAS
from pipelines.doctor import Disk, Package, doctor, findings


def package(version: str | None) -> Package:
    return Package("duckdb", version, "query", "motiondata query")


def test_a_good_machine_has_no_findings(tmp_path: Path) -> None:
    disks = (Disk(tmp_path, 10**12),)
    assert [*findings(8, 10**11, "a GPU", disks, (package("1.1"),))] == []


def test_each_lack_is_a_finding(tmp_path: Path) -> None:
    disks = (Disk(tmp_path, 10**9),)
    said = [*findings(1, 5 * 10**8, None, disks, (package(None),))]
    words = ("one processor", "1 worker of 1 GB", "no GPU", "has 1.0 GB left", "motiondata[query]")
    assert len(said) == len(words)
    for word, finding in zip(words, said, strict=True):
        assert word in finding


@pytest.mark.parametrize("compiles", [False, True])
def test_the_report_says_whether_kernels_were_compiled(tmp_path: Path, compiles: bool) -> None:
    def load(announce: Callable[[str], None]) -> None:
        if compiles:
            announce("Compiling")

    report = doctor(tmp_path, load)
    assert report.kernels is not None
    assert report.kernels.compiled == compiles
    expected = "compiled just now" if compiles else "loaded from the cache"
    assert any(expected in line for line in report.lines())
    assert {each.name for each in report.packages} >= {"torch", "duckdb"}


def test_each_extra_has_a_package_whose_use_is_said(tmp_path: Path) -> None:
    report = doctor(tmp_path, lambda _: None)
    assert {each.extra for each in report.packages} == {*EXTRAS.values()}


def test_the_folder_need_not_exist(tmp_path: Path) -> None:
    assert doctor(tmp_path / "none/yet", lambda _: None).disks[0].folder == tmp_path
