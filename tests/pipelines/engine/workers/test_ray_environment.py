"""Ray and its surroundings: tokens, home folders, long folders, and folders with modules like ours.

Each build runs in a separate process, because Ray reads its environment once per process.
"""

import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import pytest

from pipelines.engine.workers import ray_environment
from tests.support.archive import MadeArchive
from tests.support.faults import build_words
from tests.support.reference_data import ROOT

STORE_BYTES = "80000000"
ANOTHER_TOKEN = "f" * 64
UNSET = ("RAY_ADDRESS", "RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH", "PYTHONPATH")


def environment(**variables: str) -> dict[str, str]:
    """Return this process's environment with some variables, and none that speak to Ray."""
    kept = {name: value for name, value in os.environ.items() if name not in UNSET}
    return kept | {"PYTHONPATH": str(ROOT)} | variables


def build(
    archive: MadeArchive, out: Path, *words: str, cwd: Path = ROOT, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a build of several shards as users do."""
    command = build_words(archive, out, "--shard-megabytes", 1, *words)
    return subprocess.run(
        [sys.executable, "-m", "motiondata", *command],
        cwd=cwd,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=200,
    )


def said(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout + done.stderr


def free_port() -> str:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return str(free.getsockname()[1])


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a home folder with a token of Ray's."""
    token = tmp_path / "home/.ray/auth_token"
    token.parent.mkdir(parents=True)
    token.write_text("0123456789abcdef" * 4)
    return tmp_path / "home"


@pytest.fixture
def head(home: Path) -> Iterator[str]:
    """Start the head of a cluster as `docs/cluster.md` says, and return its address."""
    port = free_port()
    options = ["--num-cpus", "2", "--object-store-memory", STORE_BYTES, "--disable-usage-stats"]
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True))
        ports = ["--port", port, "--temp-dir", folder]
        head = subprocess.Popen(
            [
                str(Path(sys.executable).with_name("ray")),
                *["start", "--head", "--block", "--include-dashboard=false", *ports, *options],
            ],
            env=environment(HOME=str(home)),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        stack.callback(head.wait)
        stack.callback(os.killpg, head.pid, signal.SIGTERM)
        wait_for_port(int(port))
        yield f"127.0.0.1:{port}"


def wait_for_port(port: int) -> None:
    for _ in range(600):
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        time.sleep(0.1)


def test_a_cluster_that_does_not_say_whether_it_asks_for_a_token_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        with pytest.raises(ConnectionError, match="set RAY_AUTH_MODE to token or disabled"):
            ray_environment.asks_for_token(address, probe_seconds=1.0)


@pytest.mark.slow
def test_a_head_is_joined_by_its_address_with_the_token_of_the_home_folder(
    archive: MadeArchive, head: str, home: Path, tmp_path: Path
) -> None:
    by_option = build(archive, tmp_path / "a", "--ray-address", head, HOME=str(home))
    assert by_option.returncode == 0, said(by_option)
    assert "oken auth" not in said(by_option)
    by_variable = build(
        archive, tmp_path / "b", "--ray-address", "auto", HOME=str(home), RAY_ADDRESS=head
    )
    assert by_variable.returncode == 0, said(by_variable)


@pytest.mark.slow
def test_a_missing_or_a_wrong_token_is_named_where_a_head_does_not_answer(
    archive: MadeArchive, head: str, tmp_path: Path
) -> None:
    elsewhere = str(tmp_path / "nowhere")
    without = build(archive, tmp_path / "a", "--ray-address", head, HOME=elsewhere)
    assert without.returncode == 1
    assert f"none was found in RAY_AUTH_TOKEN or {elsewhere}/.ray/auth_token" in without.stderr
    wrong = build(archive, tmp_path / "b", "--ray-address", head, RAY_AUTH_TOKEN=ANOTHER_TOKEN)
    assert wrong.returncode == 1
    assert "is that of RAY_AUTH_TOKEN the head's?" in wrong.stderr


@pytest.mark.slow
def test_workers_start_without_a_home_in_a_job_with_a_long_folder_and_leave_nothing(
    archive: MadeArchive, tmp_path: Path
) -> None:
    """As a batch system's jobs have it; `/dev/null` cannot hold a folder, not even for root."""
    long = tmp_path / "slurm_jobdir/1355700/some_partition_name/tmp.t0016/scratch/of/this/step"
    long.mkdir(parents=True)
    words = ("--workers", "2")
    done = build(archive, tmp_path / "out", *words, HOME="/dev/null/home", TMPDIR=str(long))
    assert done.returncode == 0, said(done)
    assert "oken auth" not in said(done)
    assert not [path for path in long.rglob("*") if "ray" in path.name]


@pytest.mark.slow
def test_a_folder_with_modules_named_like_ours_is_no_obstacle(
    archive: MadeArchive, tmp_path: Path
) -> None:
    project = tmp_path / "project"
    for package in ("pipelines", "shards", "commands"):
        (project / package).mkdir(parents=True)
        (project / package / "__init__.py").write_text("raise SystemExit('not ours')")
    (project / "cli.py").write_text("raise SystemExit('not ours')")
    path = f"{project}:{ROOT}"
    for number, workers in enumerate(("0", "2")):
        out = tmp_path / str(number)
        done = build(archive, out, "--workers", workers, cwd=project, PYTHONPATH=path)
        assert done.returncode == 0, said(done)
