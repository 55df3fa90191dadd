"""No file contains the markers of an unresolved merge conflict."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_layers import ROOT

SUFFIXES = {"", ".json", ".md", ".py", ".svg", ".toml", ".txt", ".yml"}
MARKERS = ("<" * 7, "|" * 7, ">" * 7)
"""How the lines begin that git writes around a conflict; a line of `=` alone may underline text."""


def texts() -> list[Path]:
    """Return the text files of the project: those at its top and in its packages and folders."""
    folders = [folder for folder in ROOT.iterdir() if (folder / "__init__.py").exists()]
    folders += [ROOT / name for name in ("docs", "examples")]
    files = [*ROOT.iterdir(), *(file for folder in folders for file in folder.rglob("*"))]
    return sorted(file for file in files if file.suffix in SUFFIXES and file.is_file())


def marked_lines(file: Path) -> Iterator[str]:
    for number, line in enumerate(file.read_text(errors="replace").splitlines(), start=1):
        if line.startswith(MARKERS):
            yield f"{file.name}:{number}: {line}"


def test_no_file_has_the_markers_of_a_merge_conflict() -> None:
    files = texts()
    assert {"README.md", "format.md", "cli.py", "Makefile"} <= {file.name for file in files}
    assert [line for file in files for line in marked_lines(file)] == []


@pytest.mark.parametrize("marker", MARKERS)
def test_a_conflict_in_a_document_would_be_seen(marker: str, tmp_path: Path) -> None:
    (tmp_path / "format.md").write_text(f"one\n{marker} HEAD\ntwo\n")
    assert [*marked_lines(tmp_path / "format.md")] == [f"format.md:2: {marker} HEAD"]
