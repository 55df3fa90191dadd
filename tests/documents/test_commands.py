"""Commands, options and names in the documents exist, in blocks and in the text."""

import re
from pathlib import Path

import pytest

from cli import main
from tests.documents.blocks import BLOCKS, DOCUMENTS, ROOT, written_commands

TARGET = re.compile(r"^([\w-]+):", re.MULTILINE)
HARD_CODED = re.compile(r"\{\d+\.\.\d+\}")


def options_of(words: list[str]) -> set[str]:
    """Return the options that are among the words of a command."""
    return {word.split("=")[0] for word in words if re.match(r"--?[a-z]", word)}


def test_every_command_of_the_program_has_the_options_that_are_written() -> None:
    written = list(written_commands("motiondata"))
    assert len(written) > 20
    for where, (name, *words) in written:
        assert name in main.commands, f"{where}: motiondata {name}"
        command = main.commands[name]
        known = {"--help", *(opt for param in command.params for opt in param.opts)}
        assert options_of(words) <= known, f"{where}: motiondata {name} {' '.join(words)}"


def test_every_target_of_make_is_there() -> None:
    targets = set(TARGET.findall((ROOT / "Makefile").read_text()))
    written = [(where, words[0]) for where, words in written_commands("make")]
    assert len(written) > 5
    for where, target in written:
        assert target in targets, f"{where}: make {target}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.name)
def test_no_document_counts_the_shards_of_a_dataset(document: Path) -> None:
    assert not HARD_CODED.findall(document.read_text())


def test_blocks_are_found_where_they_stand() -> None:
    (layout,) = (block for block in BLOCKS if block.document.name == "CONTRIBUTING.md")
    assert layout.name.startswith("CONTRIBUTING.md: cli.py")
    assert layout.text.startswith("cli.py ")
