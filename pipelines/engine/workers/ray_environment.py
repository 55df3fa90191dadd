"""What Ray needs of its environment: a token, a short folder, and settings.

Ray 2.60 starts clusters that ask for a token, and reads it from the environment or from the home
folder. Source: docs.ray.io/en/latest/ray-security/token-auth.html and Ray's
`_private/authentication/authentication_token_setup.py`.
"""

import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

MODE, TOKEN, TOKEN_PATH = "RAY_AUTH_MODE", "RAY_AUTH_TOKEN", "RAY_AUTH_TOKEN_PATH"

SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    "RAY_ENABLE_UV_RUN_RUNTIME_ENV": "0",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}
"""What Ray is told through the environment, unless the user has set it."""
CLUSTER_SETTINGS = {
    "RAY_NUM_REDIS_GET_RETRIES": "1",
    "RAY_py_gcs_connect_timeout_s": "10",
}
"""The same for a cluster: give up after some 20 s, not minutes, where there is none."""

PROBE = """
import sys
from ray._private import services
from ray._raylet import GcsClient
GcsClient(address=services.canonicalize_bootstrap_address(sys.argv[1]))
"""
"""Asks for a cluster's number without a token, in another process: Ray decides once per process
whether it sends one, and writes to standard error."""
REFUSED = "Unauthenticated"
PROBE_SECONDS = 60.0
"""A busy machine takes some 20 s to import Ray alone."""

SOCKET_BYTES = 107
"""The longest name of a socket: `sun_path` of unix(7), less the zero at its end."""
SOCKET_IN_FOLDER = "/ray-12345678/session_2026-01-01_00-00-00_000000_1234567/sockets/plasma_store"
"""The longest that Ray makes in its folder, with the folder's name."""
SHORT_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 (the folders made in them are private)


@contextmanager
def own_cluster() -> Iterator[str]:
    """Prepare the environment for a cluster of this process alone, and yield the folder for it.

    The cluster gets a token that nobody else knows, unless the user has chosen one or none, so that
    the home folder is neither read nor written. The folder is removed with all that Ray left there.
    Raises `OSError` where no folder can be made.
    """
    chosen = os.environ.get(MODE, "token").lower() != "token" or bool(
        {TOKEN, TOKEN_PATH} & os.environ.keys()
    )
    token = {} if chosen else {TOKEN: secrets.token_hex(32)}
    folder = tempfile.mkdtemp(prefix="ray-", dir=_short_folder())
    try:
        with _set({MODE: "token", **token} | SETTINGS):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _short_folder() -> str:
    """Return the first folder for temporary files in which the names of sockets have room."""
    named = [os.environ.get("RAY_TMPDIR"), tempfile.gettempdir(), *SHORT_FOLDERS]
    folders = [folder for folder in named if folder]
    for folder in folders:
        short = len(os.fsencode(folder + SOCKET_IN_FOLDER)) <= SOCKET_BYTES
        if short and os.access(folder, os.W_OK | os.X_OK):
            return folder
    most = SOCKET_BYTES - len(SOCKET_IN_FOLDER)
    raise OSError(
        f"expected a folder that can be written, with a name of {most} bytes at most, because Ray "
        f"makes sockets in it; found none among {', '.join(folders)}: set RAY_TMPDIR to one"
    )


@contextmanager
def joined_cluster(address: str) -> Iterator[str]:
    """Prepare the environment for a cluster that others have started: send the token if it asks.

    One that asks for none takes a token from its driver, but its workers then cannot answer. Yields
    what to check where the cluster refuses. Raises `ConnectionError` where a token is asked for and
    there is none.
    """
    asks = MODE not in os.environ and asks_for_token(address)
    found = find_token()
    if asks and found is None:
        raise ConnectionError(
            f"the cluster asks for a token, and none was found in {TOKEN} or "
            f"{_token_path() or '~/.ray/auth_token (there is no home folder)'}: copy the head's "
            f"~/.ray/auth_token, or set {TOKEN} or {TOKEN_PATH}"
        )
    with _set({MODE: "token" if asks else "disabled"} | SETTINGS | CLUSTER_SETTINGS):
        yield f"It asks for a token: is that of {found} the head's? " if asks else ""


def asks_for_token(address: str) -> bool:
    """Tell whether a cluster refuses who has no token.

    Raises `ConnectionError` where it does not say so in time.
    """
    if "://" in address:
        return find_token() is not None
    probe = subprocess.Popen(  # noqa: S603 (our own program)
        [sys.executable, "-c", PROBE, address],
        env=os.environ | CLUSTER_SETTINGS | {MODE: "disabled"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    watchdog = threading.Timer(PROBE_SECONDS, probe.kill)
    watchdog.start()
    with probe:
        asks = any(REFUSED in line for line in probe.stderr or ())
        late = not asks and probe.wait() == -signal.SIGKILL
        probe.kill()
    watchdog.cancel()
    if late:
        raise ConnectionError(
            f"the cluster did not say within {PROBE_SECONDS:.0f} s whether it asks for a token; "
            f"where it runs, set {MODE} to token or disabled"
        )
    return asks


def find_token() -> str | None:
    """Return where Ray finds a token, in words, or None."""
    if os.environ.get(TOKEN):
        return TOKEN
    path = _token_path()
    return str(path) if path is not None and path.is_file() else None


def _token_path() -> Path | None:
    if named := os.environ.get(TOKEN_PATH):
        return Path(named)
    try:
        return Path.home() / ".ray" / "auth_token"
    except RuntimeError:  # neither HOME nor an entry in the password database
        return None


@contextmanager
def _set(variables: Mapping[str, str]) -> Iterator[None]:
    """Set those variables that are not set, and unset them afterwards."""
    added = variables.keys() - os.environ.keys()
    os.environ.update({name: variables[name] for name in added})
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)
