"""The language of all texts: American spelling, and no phrases that readers stumble over."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.documents.blocks import ROOT

BRITISH = (
    r"colour|neighbour|honour|favour|behaviour|metre|centre(?!d by)|centred|judgement|"
    r"(?:standard|normal|synthes|optim|token|organ|recogn|initial|serial|vector|raster)is(?:e|ing|ation)|"
    r"(?:travel|label|model|cancel)l(?:ed|ing)|fulfils?\b|whilst|towards\b|licence|analyse\b|catalogue"
)
"""Parts of words that are spelled differently in American English."""
PHRASES = (
    r"\btold\b|\bwhoever\b|\bwhomever\b|\bso many\b|\bso few\b|"
    r"\b(?:go|goes|gone|going|went) on with\b|\bof (?:its|their|his|her|your|one's) own\b|"
    r"\bheld against\b|\bgoes on where\b|\bat the most\b|\bbegun otherwise\b"
)
"""Phrases for which plain technical English has shorter words."""
UNWANTED = re.compile(f"{BRITISH}|{PHRASES}", re.IGNORECASE)

STORED = ("licence", "distance_metres", "metres_a_second", "shift_metres", "noise_metres",
          "of_neighbours", "normaliser", "motiondata's synthesiser")  # fmt: skip
"""Names and texts that files store: a new spelling would change the bytes of data."""
TEXTS = (".py", ".md", ".toml", ".cfg", "Makefile")
"""Ends of the names of files that people write."""


def texts() -> list[Path]:
    names = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    written = [ROOT / name for name in names if name.endswith(TEXTS)]
    return [path for path in written if path.is_file() and path != Path(__file__)]


def unwanted(text: str) -> Iterator[str]:
    """Yield each line with unwanted words, except words that files store."""
    for number, line in enumerate(text.splitlines(), 1):
        free = re.sub("|".join(STORED), "", line)
        if found := UNWANTED.search(free):
            yield f"line {number}: {found[0]!r}"


def test_all_texts_are_plain_american_english() -> None:
    found = {
        path.relative_to(ROOT).as_posix(): lines
        for path in texts()
        if (lines := [*unwanted(path.read_text(encoding="utf-8"))])
    }
    assert found == {}


@pytest.mark.parametrize(
    "line",
    ["NEIGHBOURS = 5", "half_metres = 3", "a tokeniser", "as it is told", "files of their own"],
)
def test_unwanted_words_are_found(line: str) -> None:
    assert [*unwanted(line)]


@pytest.mark.parametrize("line", ['"licence": 3', "noise_metres", "a symmetric matrix", "concise"])
def test_stored_names_and_other_words_are_accepted(line: str) -> None:
    assert not [*unwanted(line)]
