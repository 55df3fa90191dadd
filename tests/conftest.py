"""For all tests: Ctrl-C works in what they start, and nothing that they make or start stays behind.

A shell lets its background jobs ignore SIGINT, and every process that they start does as well; then
tests that interrupt a build would wait for ever. All temporary files, Ray's too, lie in one folder
of the session, which is removed when all tests have passed; processes that were started with a file
in it, such as those of a cluster whose driver was killed, are ended.
"""

import os
import shutil
import signal
import tempfile
from contextlib import suppress
from multiprocessing.util import Finalize
from pathlib import Path

import pytest

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = (
    "tests.support.built_archive",
    "tests.support.browser",
    "tests.support.learned_editor",
)

FOLDER = pytest.StashKey[Path]()
AFTER_MULTIPROCESSING = -200
"""Exit priority: multiprocessing removes its own folder, inside the session's, at -100."""


def pytest_configure(config: pytest.Config) -> None:
    """Make the session's folder; its name is short, as Ray makes sockets in it."""
    above = Path(tempfile.gettempdir()).parent if "PYTEST_XDIST_WORKER" in os.environ else None
    folder = tempfile.mkdtemp(prefix="md-", dir=above)
    config.stash[FOLDER] = Path(folder)
    os.environ["TMPDIR"] = tempfile.tempdir = folder
    os.environ["MOTIONDATA_CACHE"] = str(Path(folder, "cache"))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """Mark the folder for removal if no test has failed."""
    if exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.config.stash[FOLDER].joinpath("failed").touch()


def pytest_unconfigure(config: pytest.Config) -> None:
    """End what still runs, and remove the folder when this process ends."""
    folder = config.stash[FOLDER]
    for arguments in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            started_there = os.fsencode(folder) in arguments.read_bytes()
            if started_there and arguments.parent.name != str(os.getpid()):
                os.kill(int(arguments.parent.name), signal.SIGKILL)
    if not (folder / "failed").exists():
        Finalize(None, shutil.rmtree, (folder, True), exitpriority=AFTER_MULTIPROCESSING)
