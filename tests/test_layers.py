"""The architecture, as tests: which layer may import which, and what stays light."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

MAY_IMPORT = {
    "motiondata": {"motiondata"},
    "shards": {"shards"},
    "pipelines": {"pipelines", "motiondata", "shards"},
    "commands": {"commands", "pipelines", "motiondata", "shards"},
}
"""Our own packages that each layer's modules may name."""

DOOR = ROOT / "motiondata/__main__.py"
"""Runs the command line under the one name of ours that is not common."""

RIM_ONLY = {"ray": "pipelines/scheduling.py"}
"""Packages that one file alone may know."""


def imported_packages(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute"
            yield (node.module or "").split(".")[0]


@pytest.mark.parametrize("layer", MAY_IMPORT)
def test_a_layer_imports_only_what_lies_below_it(layer: str) -> None:
    forbidden = {*MAY_IMPORT, "cli", "tests"} - MAY_IMPORT[layer]
    for file in set((ROOT / layer).rglob("*.py")) - {DOOR}:
        assert not forbidden & set(imported_packages(file)), file


def test_the_command_line_names_nothing_heavy() -> None:
    heavy = {"torch", "ray", "numba", "numpy", "pandas", "pyarrow", "matplotlib", "scipy"}
    for file in (ROOT / "cli.py", *(ROOT / "commands").rglob("*.py")):
        assert not heavy & set(imported_packages(file)), file


@pytest.mark.parametrize(("package", "only_file"), RIM_ONLY.items())
def test_one_file_alone_knows(package: str, only_file: str) -> None:
    for layer in MAY_IMPORT:
        for file in (ROOT / layer).rglob("*.py"):
            if file != ROOT / only_file:
                assert package not in set(imported_packages(file)), file


def test_commands_print_through_one_function_alone() -> None:
    files = {ROOT / "cli.py", *(ROOT / "commands").rglob("*.py")} - {ROOT / "commands/printing.py"}
    for file in files:
        words = {
            node.attr
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Attribute)
        }
        assert not {"echo", "secho"} & words, f"{file}: print with commands.printing.say"


def test_the_command_line_starts_without_torch_ray_or_numba() -> None:
    program = "import sys, cli; print(sorted({'torch', 'ray', 'numba'} & set(sys.modules)))"
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


def test_every_package_is_installed() -> None:
    import tomllib

    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    found = {
        ".".join(init.parent.relative_to(ROOT).parts)
        for layer in MAY_IMPORT
        for init in (ROOT / layer).rglob("__init__.py")
    }
    assert set(listed) == found
