"""Every block of the documents works as written, or is listed here with the reason why not.

Only the data that a block finds is prepared, and small: no block is edited. The `python` blocks of
a document are run one after another, as they are read, so that later ones know earlier names. A
`text` block that follows a `python` block is what that block prints.
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from motiondata.lidar.presets import load_sensor
from motiondata.lidar.rigs.read_rig import read_rig
from tests.documents.blocks import BLOCKS, DOCUMENTS, ROOT, Block
from tests.documents.conftest import Prepared

TRAINS = "it trains for a quarter of an hour"
NOT_RUN = {
    "README.md: $ make test": "it is the run of all tests, of which this is one",
    "README.md: $ motiondata synthesize --clips 1000 --out corpus": TRAINS,
    "docs/training.md: $ motiondata synthesize --clips 1000 --out corpus": TRAINS,
    "docs/cluster.md: head$  ray start --head --port 6379 --num-cpus 16 --disable-usage-stats": (
        "it needs two machines that share a file system"
    ),
    "docs/cluster.md: $ export RAY_AUTH_MODE=token RAY_API_SERVER_ADDRESS=http://head:8265": (
        "it needs a cluster with Ray's dashboard"
    ),
    "docs/cluster.md: #!/bin/bash": "it needs Slurm",
    "docs/pfnn.md: $ motiondata synthesize --clips 250 --seed 3 --out many": (
        "it trains for a minute; test_example runs a few steps"
    ),
    "docs/viewing.md: $ motiondata view lidar": "it serves a page until Ctrl-C",
    "docs/viewing.md: $ motiondata recover motion --out recovered": "it serves a page until Ctrl-C",
    "README.md: $ pip install motiondata": "it installs from an index",
    "docs/installing.md: $ pip install motiondata": "it installs from an index",
    "docs/installing.md: $ python -m build": "test_installed builds and checks the wheel",
    "docs/export.md: $ pip install 'motiondata[tags]'": "it downloads a pipeline",
    "docs/remote.md: $ pip install 'motiondata[remote]'": "it needs servers",
}
"""The blocks that cannot be run here, by name. `test_commands` checks what they call."""
SLOW = {
    "README.md: $ make demo",
    "README.md: $ motiondata synthesize --clips 500 --out corpus --seed 0",
}
"""A demonstration of 60 clips, the start of Ray, and a corpus of 500 clips."""
SLOW_DOCUMENTS = {"docs/loading.md"}
"""Ten epochs of four workers, and Ray's data."""

VARIES = re.compile(r"\d[\d,.]*(?= s,| frames/s)")
"""What a run prints that another run does not: seconds and rates."""
ONCE = "Compiling the kernels"
"""What is printed only where no earlier run has left compiled kernels."""

DRAWINGS = {"architecture.md"}
"""The documents whose blocks without a language are compared with the code by their own test."""

END = "--- end of block ---"
"""What a document's program prints after each block."""


def cases(language: str) -> list[object]:
    """Return the blocks of a language that are run, as parameters of a test."""
    return [
        pytest.param(block, id=block.name, marks=[pytest.mark.slow] if block.name in SLOW else [])
        for block in BLOCKS
        if block.language == language and block.name not in NOT_RUN
        if language or block.document.name not in DRAWINGS
    ]


OF_OUTER_MAKE = ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")
"""Variables of the `make` that runs the tests. With them, `make` in a block prints its folder."""


def environment(folder: Path) -> dict[str, str]:
    """Return an environment with the project's programs on the path, and without a network."""
    return {
        **{name: value for name, value in os.environ.items() if name not in OF_OUTER_MAKE},
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "OMP_NUM_THREADS": "1",
        "HF_HOME": str(folder / "huggingface"),
        "HF_HUB_OFFLINE": "1",
    }


def test_every_block_is_run_or_listed() -> None:
    known = {"console", "python", "text", "toml", ""}
    assert [block.name for block in BLOCKS if block.language not in known] == [
        name for name, reason in NOT_RUN.items() if "Slurm" in reason
    ]
    names = {block.name for block in BLOCKS}
    assert names >= {*NOT_RUN, *SLOW}, "a listed block was changed: list it anew"
    for block in BLOCKS:
        if block.language == "console":
            assert block.steps, f"{block.name} has no command after a prompt"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("block", cases("console"))
def test_commands_work_and_print_what_is_written(
    block: Block, prepared: Prepared, tmp_path: Path
) -> None:
    prepared.copy_into(tmp_path, block.text)
    _copy_checkout(tmp_path)
    _write_sensors(block.document, tmp_path)
    for command, expected in block.steps:
        run = subprocess.run(
            ["bash", "-c", command],
            cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True,
        )  # fmt: skip
        assert run.returncode == 0, f"$ {command}\n{run.stdout}{run.stderr}"
        if any(expected):
            assert _lines(run.stdout) == _lines("\n".join(expected))


def _copy_checkout(folder: Path) -> None:
    """Put there what `make` reads, and an environment that is set up already."""
    for name in ("Makefile", "pyproject.toml", "constraints.txt"):
        shutil.copyfile(ROOT / name, folder / name)
    (folder / ".venv").mkdir()
    (folder / ".venv" / "bin").symlink_to(Path(sys.executable).parent)
    for marker in re.findall(r"^(\.venv/\.\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE):
        (folder / marker).touch()


def _write_sensors(document: Path, folder: Path) -> None:
    """Write the sensors of a document's `toml` blocks, each into the file of its name."""
    for block in BLOCKS:
        if block.document == document and (name := re.search('^name = "(.*)"', block.text)):
            (folder / f"{name[1]}.toml").write_text(block.text)


def _lines(text: str) -> list[str]:
    """Return the lines of an output that every run prints, without what varies.

    A program on PATH is called by its name, and by its path elsewhere.
    """
    text = text.replace(".venv/bin/motiondata", "motiondata")
    kept = [VARIES.sub("#", line.rstrip()) for line in text.splitlines() if ONCE not in line]
    return "\n".join(kept).strip().splitlines()


def python_documents() -> list[object]:
    """Return the documents with `python` blocks, as parameters of a test."""
    return [
        pytest.param(
            document,
            id=document.name,
            marks=[pytest.mark.slow] if str(document.relative_to(ROOT)) in SLOW_DOCUMENTS else [],
        )
        for document in DOCUMENTS
        if any(block.document == document and block.language == "python" for block in BLOCKS)
    ]


@pytest.mark.timeout(600)
@pytest.mark.parametrize("document", python_documents())
def test_programs_work_one_after_another(
    document: Path, prepared: Prepared, tmp_path: Path
) -> None:
    blocks = [block for block in BLOCKS if block.document == document]
    texts = [
        f"# {block.name}\n{block.text}\nprint({END!r})\n"
        for block in blocks
        if block.language == "python"
    ]
    program = "\n".join(texts)
    prepared.copy_into(tmp_path, program)
    (tmp_path / "program.py").write_text(program)
    run = subprocess.run(
        [sys.executable, "program.py"],
        cwd=tmp_path, env=environment(tmp_path), capture_output=True, text=True,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    printed = run.stdout.split(f"{END}\n")
    for number, expected in printed_by(blocks).items():
        assert _lines(printed[number]) == _lines(expected)


def printed_by(blocks: list[Block]) -> dict[int, str]:
    """Return what `python` blocks print, by their number, where a `text` block says it."""
    expected: dict[int, str] = {}
    programs = 0
    for before, block in zip([None, *blocks], blocks, strict=False):
        programs += block.language == "python"
        if block.language == "text" and not has_commands(block):
            assert before is not None, block.name
            assert before.language == "python", f"{block.name} follows no python block"
            expected[programs - 1] = block.text
    return expected


def has_commands(block: Block) -> bool:
    """Return whether a block has commands that take too long for a test, and no output."""
    return all(line.startswith(("motiondata ", "torchrun ")) for line in block.text.splitlines())


@pytest.mark.parametrize("block", cases("toml"))
def test_a_sensor_s_file_is_read(block: Block, tmp_path: Path) -> None:
    if "[[sensor]]" in block.text:
        assert read_rig(ROOT / "examples" / "sensors.toml")
        assert f"{block.text}\n" == (ROOT / "examples" / "sensors.toml").read_text()
        return
    path = tmp_path / "mine.toml"
    path.write_text(block.text)
    sensor = load_sensor(path)
    assert f'name = "{sensor.name}"' in block.text
    assert f"columns = {sensor.columns} " in block.text


@pytest.mark.parametrize("block", cases(""))
def test_a_layout_names_what_is_there(block: Block, prepared: Prepared) -> None:
    entries = [line for line in block.text.splitlines() if not line.startswith(" ")]
    assert entries
    for line in entries:
        name = line.split()[0].replace("<split>", "train").replace("<field>", "points")
        root = prepared.root if name.startswith("OUT") else ROOT
        assert (root / name).exists(), line
