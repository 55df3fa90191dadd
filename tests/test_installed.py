"""The built wheel, installed: it has its data files, and imports its own modules from any folder.

The wheel is installed in a new environment that sees the packages of the tests, but not the
checkout. The names `pipelines`, `shards`, `commands` and `cli` are common, so that a user's folder
may have its own; the command, its forked workers and Ray's workers must not import those.
"""

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.test_layers import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1500)]

PACKAGES = ("commands", "motiondata", "pipelines", "shards")
BUILD_FILES = ("pyproject.toml", "README.md", "LICENSE")
DECOY = "raise SystemExit('a module of the current folder was imported')\n"


def run(*words: object, folder: Path) -> str:
    """Run a program in a folder, and return what it prints, errors too."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(word) for word in words],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def source_files() -> set[str]:
    """Return the files of all packages, but for what Python and Numba cache beside them."""
    files = (file for package in PACKAGES for file in (ROOT / package).rglob("*.*"))
    kept = (file for file in files if file.is_file() and file.parent.name != "__pycache__")
    return {"cli.py", *(file.relative_to(ROOT).as_posix() for file in kept)}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel from a copy of the sources: setuptools writes beside them."""
    folder = tmp_path_factory.mktemp("wheel")
    sources = folder / "sources"
    sources.mkdir()
    for name in (*source_files(), *BUILD_FILES):
        (sources / name).parent.mkdir(parents=True, exist_ok=True)
        (sources / name).write_bytes((ROOT / name).read_bytes())
    pip = (sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation")
    run(*pip, "--wheel-dir", folder, sources, folder=folder)
    (built,) = folder.glob("motiondata-*.whl")
    return built


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the wheel, and return the command."""
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    pip = (sys.executable, "-m", "pip", "--python", python, "install", "--quiet")
    run(*pip, "--no-deps", "--no-index", wheel, folder=folder)
    (packages,) = folder.glob("lib/python3*/site-packages")
    others = [path for path in sys.path if Path(path).name in ("site-packages", "dist-packages")]
    (packages / "packages_of_the_tests.pth").write_text("".join(f"{path}\n" for path in others))
    return folder / "bin" / "motiondata"


@pytest.fixture(params=["an empty folder", "a folder with modules of our names"])
def folder(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Return a folder to run in."""
    if request.param != "an empty folder":
        for name in ("commands", "pipelines", "shards"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "__init__.py").write_text(DECOY)
        (tmp_path / "cli.py").write_text(DECOY)
    return tmp_path


def test_the_wheel_has_every_file_of_the_packages(wheel: Path) -> None:
    found = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert found == source_files()
    assert {"motiondata/bodies/data/free_body.npz", "motiondata/lidar/data/vlp-16.toml"} <= found


def test_only_installed_modules_are_imported(program: Path, tmp_path: Path) -> None:
    say = "import cli, motiondata, pipelines, shards; print(cli.__file__, *motiondata.__path__)"
    printed = run(program.with_name("python"), "-c", say, folder=tmp_path)
    assert all(path.startswith(str(program.parents[1])) for path in printed.split())


def test_the_demo_and_a_build_on_ray_run_in_any_folder(program: Path, folder: Path) -> None:
    module = (program.with_name("python"), "-m", "motiondata")
    for command in ((program,), module):
        assert run(*command, "--version", folder=folder).startswith("motiondata, version ")
    said = run(program, "demo", "demo", "--clips", 12, folder=folder)
    assert "demo/lidar is sound: 12 samples" in said
    corpus = ("demo/corpus/index.csv", "--amass", "demo/corpus/amass")
    small = ("--shard-megabytes", 1, "--workers", 2)
    assert "12 samples, 0 drops" in run(
        program, "build-lidar", *corpus, "--out", "lidar", *small, folder=folder
    )
    assert len([*folder.glob("lidar/*/*.tar")]) > 2
    assert "is sound" in run(program, "verify", "lidar", folder=folder)
