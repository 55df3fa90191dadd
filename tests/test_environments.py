"""The container and the conda environment are made and started, where the tools for them are."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.test_layers import ROOT

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]


def works(*words: str) -> bool:
    """Tell whether a program is there and does what it is asked."""
    if shutil.which(words[0]) is None:
        return False
    return subprocess.run(words, capture_output=True, check=False).returncode == 0


def run(*words: object) -> str:
    done = subprocess.run(
        [str(word) for word in words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.skipif(not works("docker", "info"), reason="no Docker daemon answers")
def test_the_container_makes_a_dataset(tmp_path: Path) -> None:
    run("docker", "build", "--quiet", "--tag", "motiondata:test", ".")
    user = f"{os.getuid()}:{os.getgid()}"
    started = ("docker", "run", "--rm", "--user", user, "--volume", f"{tmp_path}:/data")
    inside = (*started, "motiondata:test")
    assert "demo/lidar is sound" in run(*inside, "demo", "demo", "--clips", "4")


@pytest.mark.skipif(not works("conda", "--version"), reason="conda is not installed")
def test_the_conda_environment_has_the_command(tmp_path: Path) -> None:
    home = tmp_path / "environment"
    run("conda", "env", "create", "--quiet", "--file", "environment.yml", "--prefix", home)
    assert "motiondata, version" in run(home / "bin" / "motiondata", "--version")


def test_the_container_has_every_package_and_file_of_the_program() -> None:
    copied = {
        word.rstrip("/")
        for line in (ROOT / "Dockerfile").read_text().splitlines()
        if line.startswith("COPY ") and "--from" not in line
        for word in line.split()[1:-1]
    }
    needed = {"commands", "motiondata", "pipelines", "shards", "cli.py", "pyproject.toml"}
    assert copied == needed | {"constraints.txt", "README.md", "LICENSE"}
