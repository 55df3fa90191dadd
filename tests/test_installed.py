"""The built wheel, installed: it has its data files, and imports its own modules from any folder.

The wheel is installed in a new environment that sees the packages of the tests, but not the
checkout, and in environments that see the packages of single extras. The names `pipelines`,
`shards`, `commands` and `cli` are common, so that a user's folder
may have its own; the command, its forked workers and Ray's workers must not import those.
"""

import os
import subprocess
import sys
import venv
import zipfile
from importlib.metadata import Distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from shards.format.dataset import Dataset
from tests.support.installations import make_environment
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
    """Build the source distribution from a copy of the sources, and the wheel from it."""
    folder = tmp_path_factory.mktemp("wheel")
    sources = folder / "sources"
    sources.mkdir()
    for name in (*source_files(), *BUILD_FILES):
        (sources / name).parent.mkdir(parents=True, exist_ok=True)
        (sources / name).write_bytes((ROOT / name).read_bytes())
    build = (sys.executable, "-m", "build", "--no-isolation", "--outdir", folder)
    run(*build, sources, folder=folder)
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


@pytest.fixture(scope="module")
def unpacked(wheel: Path) -> Path:
    """Return a folder with the files of the wheel."""
    folder = wheel.parent / "unpacked"
    zipfile.ZipFile(wheel).extractall(folder)
    return folder


def requirements_of(unpacked: Path, extra: str) -> list[str]:
    """Return what the wheel asks for, with its extras of extras resolved."""
    (metadata,) = unpacked.glob("*.dist-info")
    asked = Distribution.at(metadata).requires or []
    mine = [Requirement(each) for each in asked]
    found = [str(each) for each in mine if each.marker is None]
    for each in mine:
        if each.marker is not None and each.marker.evaluate({"extra": extra}):
            if each.name == "motiondata":
                found += [more for name in each.extras for more in requirements_of(unpacked, name)]
            else:
                found.append(f"{each.name}{each.specifier}")
    return found


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


def test_both_distributions_are_fit_for_an_index(wheel: Path) -> None:
    (sources,) = wheel.parent.glob("motiondata-*.tar.gz")
    twine = (sys.executable, "-m", "twine", "check", "--strict")
    assert run(*twine, wheel, sources, folder=wheel.parent).count("PASSED") == 2


READS = """
import sys
from shards import open_dataset
data = open_dataset(sys.argv[1])
split = data.dataset.default_split()
for batch in data.frames(split, field="points", batch=2, shuffle=True, seed=0):
    pass
print(len(data), batch["points"].dtype)
data.manifest
"""


def test_the_base_reads_streams_and_verifies(
    unpacked: Path, built: Dataset, tmp_path: Path
) -> None:
    data, python = built.path, tmp_path / "base" / "bin" / "python"
    make_environment(tmp_path / "base", unpacked, requirements_of(unpacked, ""))
    program = (python, "-m", "motiondata")
    assert "is sound" in run(*program, "verify", data, folder=tmp_path)
    assert "points" in run(*program, "info", data, folder=tmp_path)
    run(*program, "export", data, "--format", "npy-tree", "--out", "files", folder=tmp_path)
    run(*program, "doctor", folder=tmp_path)
    with pytest.raises(AssertionError) as failed:
        run(python, "-c", READS, data, folder=tmp_path)
    assert " float32" in str(failed.value)
    assert "run pip install 'motiondata[tables]'" in str(failed.value)


BUILD = ("build-lidar", "walk.npz", "--out", "lidar")
NEEDS = {
    ("", BUILD): "build",
    ("", ("preview", "DATA")): "view",
    ("", ("query", "DATA", "select 1")): "query",
    ("build", ("filter", "DATA", "--where", "frames > 1", "--out", "few")): "tables",
    ("build", ("caption", "DATA", "--checkpoint", "x.pt")): "torch",
}
"""What each command lacks with an extra: the extra to install."""


@pytest.mark.parametrize(("installed", "command"), NEEDS)
def test_a_command_says_which_extra_it_lacks(
    unpacked: Path, built: Dataset, tmp_path: Path, installed: str, command: tuple[str, ...]
) -> None:
    python = make_environment(tmp_path / "home", unpacked, requirements_of(unpacked, installed))
    words = (str(built.path) if word == "DATA" else word for word in command)
    with pytest.raises(AssertionError) as failed:
        run(python, "-m", "motiondata", *words, folder=tmp_path)
    lines = str(failed.value).splitlines()
    assert f"run pip install 'motiondata[{NEEDS[installed, command]}]'" in lines[0]
    assert "Traceback" not in lines


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
