"""Kernels: compiled once for all processes, with a message; they also work without a cache."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import motiondata.jit
from motiondata.jit import kernel

MODULE = """
from motiondata.jit import compiling_once, kernel

@kernel
def doubled(number):
    return 2 * number

with compiling_once(lambda sentence: print(sentence.split()[0].lower())):
    print(doubled(21), doubled(2.5))
"""


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "doubling.py"
    path.write_text(MODULE)
    return path


ROOT = Path(__file__).parents[2]


def begun(program: Path, root: Path = ROOT) -> subprocess.Popen[str]:
    """Start a program that imports our package from a folder."""
    environment = {
        **os.environ,
        "PYTHONPATH": str(root),
        "NUMBA_CACHE_DIR": str(program.parent / "cache"),
    }
    return subprocess.Popen(
        [sys.executable, str(program)], env=environment, stdout=subprocess.PIPE, text=True
    )


def cached(program: Path) -> list[Path]:
    return list(program.parent.glob("cache/**/*.nbc"))


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
    assert [line for line in lines if line != "waiting"] == ["42 5.0", "42 5.0", "compiling"]


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: data[:0],
    "half": lambda data: data[: len(data) // 2],
    "a flipped bit": lambda data: data[:-3000] + bytes([data[-3000] ^ 1]) + data[-2999:],
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_file_in_the_cache_is_compiled_again(program: Path, damage: str) -> None:
    """What a power loss leaves; to load it could end the process."""
    ended(begun(program))
    assert len(cached(program)) == 2
    for path in cached(program):
        path.write_bytes(DAMAGES[damage](path.read_bytes()))
    assert ended(begun(program)) == ["compiling", "42 5.0"]
    assert ended(begun(program)) == ["42 5.0"]


def test_a_folder_in_the_place_of_a_file_of_the_cache_costs_time_only(program: Path) -> None:
    ended(begun(program))
    for path in cached(program):
        path.unlink()
        path.mkdir()
    assert ended(begun(program)) == ["compiling", "42 5.0"]


FULL_DISK = """
import resource, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
"""


def test_a_disk_without_room_for_the_cache_costs_time_only(program: Path) -> None:
    program.write_text(FULL_DISK + program.read_text())
    assert ended(begun(program)) == ["compiling", "42 5.0"]
    assert cached(program) == []


def test_whoever_holds_the_lock_is_named_and_waited_for(program: Path) -> None:
    held = subprocess.Popen(
        [sys.executable, "-c", HOLDING, motiondata.jit.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert held.stdout is not None
    held.stdout.readline()
    program.write_text(program.read_text().replace(".split()[0].lower()", ", flush=True"))
    waiting = begun(program)
    assert waiting.stdout is not None
    first = waiting.stdout.readline()
    held.communicate()
    assert first.startswith(f"Waiting for process {held.pid} ({sys.executable} -c")
    assert ended(waiting)[-1] == "42 5.0"


HOLDING = """
import fcntl, sys
with open(sys.argv[1]) as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_kernel_that_cannot_be_cached_is_compiled_all_the_same() -> None:
    names: dict[str, object] = {}
    exec("def doubled(number): return 2 * number", names)  # noqa: S102 (a function of no file)
    assert kernel(names["doubled"])(21) == 42  # type: ignore[type-var, operator]


CALLER = """
from {middle} import tripled
from motiondata.jit import compiling_once, kernel

@kernel
def twelvefold(number):
    return 4 * tripled(number)

with compiling_once(lambda sentence: print(sentence.split()[0].lower())):
    print(twelvefold(2))
"""

MIDDLE = """
from {callee} import threefold
from motiondata.jit import step

@step
def tripled(number):
    return threefold(number)
"""

CALLEE = """
from motiondata.jit import step

@step
def threefold(number):
    return 3 * number
"""

LAYOUTS = {
    "one folder": ("caller", "middle", "callee"),
    "folders of one package": ("house.near.caller", "house.near.middle", "house.far.callee"),
    "folders of motiondata": (
        "motiondata.lidar.caller",
        "motiondata.bodies.middle",
        "motiondata.sources.callee",
    ),
}
"""Where a kernel is, what it calls, and what that calls."""


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_kernel_is_compiled_anew_when_what_it_calls_has_changed(
    layout: str, tmp_path: Path
) -> None:
    """The copy of our package is the one that is imported."""
    shutil.copytree(
        Path(motiondata.jit.__file__).parent,
        tmp_path / "motiondata",
        ignore=shutil.ignore_patterns("__pycache__", "data"),
    )
    caller, middle, callee = LAYOUTS[layout]
    written(tmp_path, middle, MIDDLE.format(callee=callee))
    called = written(tmp_path, callee, CALLEE)
    program = written(tmp_path, caller, CALLER.format(middle=middle))
    assert ended(begun(program, tmp_path)) == ["compiling", "24"]
    assert ended(begun(program, tmp_path)) == ["24"]
    called.write_text(CALLEE.replace("3 * number", "300 * number"))
    assert ended(begun(program, tmp_path)) == ["compiling", "2400"]


def written(root: Path, module: str, text: str) -> Path:
    """Write a module, make its folders packages, and return its file."""
    path = root.joinpath(*module.split(".")).with_suffix(".py")
    path.parent.mkdir(parents=True, exist_ok=True)
    for folder in path.relative_to(root).parents[:-1]:
        (root / folder / "__init__.py").touch()
    path.write_text(text)
    return path
