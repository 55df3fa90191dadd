"""Kernels: compiled once for all processes, and said to be; without a cache they work as well."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from motiondata.jit import kernel

MODULE = """
from motiondata.jit import compiling_once, kernel

@kernel
def doubled(number):
    return 2 * number

with compiling_once(lambda: print("compiling")):
    print(doubled(21), doubled(2.5))
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "doubling.py"
    path.write_text(MODULE)
    return path


def begun(program: Path) -> subprocess.Popen[str]:
    root = str(Path(__file__).parents[1])
    environment = {
        **os.environ,
        "PYTHONPATH": root,
        "NUMBA_CACHE_DIR": str(program.parent / "cache"),
    }
    return subprocess.Popen(
        [sys.executable, str(program)], env=environment, stdout=subprocess.PIPE, text=True
    )


def ended(process: subprocess.Popen[str]) -> list[str]:
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 0
    return output.splitlines()


def test_compiling_is_announced_once_and_loading_is_not(program: Path) -> None:
    assert ended(begun(program)) == ["compiling", "42 5.0"]
    assert ended(begun(program)) == ["42 5.0"]


def test_of_processes_that_begin_together_one_compiles(program: Path) -> None:
    processes = [begun(program) for _ in range(2)]
    lines = sorted(line for process in processes for line in ended(process))
    assert lines == ["42 5.0", "42 5.0", "compiling"]


def test_a_kernel_that_cannot_be_cached_is_compiled_all_the_same() -> None:
    names: dict[str, object] = {}
    exec("def doubled(number): return 2 * number", names)  # noqa: S102 (a function of no file)
    assert kernel(names["doubled"])(21) == 42  # type: ignore[type-var, operator]


CALLER = """
from callee import tripled
from motiondata.jit import compiling_once, kernel

@kernel
def twelvefold(number):
    return 4 * tripled(number)

with compiling_once(lambda: print("compiling")):
    print(twelvefold(2))
"""

CALLEE = """
from motiondata.jit import step

@step
def tripled(number):
    return 3 * number
"""


def test_a_kernel_is_compiled_anew_when_what_it_calls_has_changed(tmp_path: Path) -> None:
    caller, callee = tmp_path / "caller.py", tmp_path / "callee.py"
    caller.write_text(CALLER)
    callee.write_text(CALLEE)
    assert ended(begun(caller)) == ["compiling", "24"]
    assert ended(begun(caller)) == ["24"]
    callee.write_text(CALLEE.replace("3 * number", "300 * number"))
    assert ended(begun(caller)) == ["compiling", "2400"]
