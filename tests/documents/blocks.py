"""The fenced blocks of the documents, as a reader finds them."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")),
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "benchmarks" / "README.md",
]
FENCE = re.compile(r"(`{3,}|~{3,})(\w*)")
PROMPT = re.compile(r"\w*\$ +(.*)")
INLINE = re.compile(r"(?<!`)`([^`]+)`(?!`)")


@dataclass(frozen=True)
class Block:
    """A fenced block of a document."""

    document: Path
    language: str
    """What stands after the fence: `console`, `python`, ..., or nothing."""
    text: str

    @property
    def name(self) -> str:
        """The document and the first line: `README.md: $ make demo`."""
        return f"{self.document.relative_to(ROOT)}: {self.text.splitlines()[0]}"

    @property
    def steps(self) -> list[tuple[str, list[str]]]:
        """The commands of a `console` block, each with the lines that it prints."""
        steps: list[tuple[str, list[str]]] = []
        for line in self.text.replace("\\\n", " ").splitlines():
            if prompted := PROMPT.fullmatch(line):
                steps.append((prompted[1], []))
            elif steps:
                steps[-1][1].append(line)
        return steps


def blocks_of(document: Path) -> Iterator[Block]:
    """Yield the fenced blocks of a document in order."""
    fence, language = "", ""
    lines: list[str] = []
    for line in document.read_text().splitlines():
        if fence and line == fence:
            yield Block(document, language, "\n".join(lines))
            fence, lines = "", []
        elif fence:
            lines.append(line)
        elif begun := FENCE.match(line):
            fence, language = begun[1], begun[2]
    assert not fence, f"{document}: a block is not closed"


BLOCKS = [block for document in DOCUMENTS for block in blocks_of(document)]


def written_commands(program: str) -> Iterator[tuple[str, list[str]]]:
    """Yield all commands of a program in blocks and in the text, with where they are written."""
    for block in BLOCKS:
        if block.language != "python":  # `from motiondata import ...` is no command
            for line in block.text.replace("\\\n", " ").splitlines():
                yield from _commands_in(line, program, block.name)
    for document in DOCUMENTS:
        text = re.sub(r"^(`{3,}).*?^\1$", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)
        for span in INLINE.findall(text):
            yield from _commands_in(" ".join(span.split()), program, document.name)


def _commands_in(line: str, program: str, where: str) -> Iterator[tuple[str, list[str]]]:
    found = re.search(rf"(?:^|[ /]){re.escape(program)} +(.*)", line.split(" #")[0])
    words = shlex.split(re.split(r"\\?\|", found[1])[0]) if found else []
    if words:  # not only the program, as before a pipe
        yield where, words
