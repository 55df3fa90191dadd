"""The environment that Ray needs: a token, a folder with a short path, and settings.

Ray 2.60 starts clusters that require a token. It reads the token from the environment or from the
home folder. Source: docs.ray.io/en/latest/ray-security/token-auth.html and Ray's
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
"""Environment variables for Ray, unless the user has set them."""
CLUSTER_SETTINGS = {
    "RAY_NUM_REDIS_GET_RETRIES": "1",
    "RAY_py_gcs_connect_timeout_s": "10",
}
"""Environment variables for joining a cluster: Ray gives up after about 20 s instead of minutes if
there is none."""

PROBE = """
import sys
from ray._private import services
from ray._raylet import GcsClient
GcsClient(address=services.canonicalize_bootstrap_address(sys.argv[1]))
"""
"""Requests a cluster's ID without a token. This runs in another process, because Ray decides once
per process whether it sends a token, and because it writes to standard error."""
REFUSED = "Unauthenticated"
PROBE_SECONDS = 60.0
"""The time limit of the probe. On a busy machine, importing Ray alone takes about 20 s."""

SOCKET_BYTES = 107
"""The maximum length of a socket path: `sun_path` of unix(7) without its terminating zero."""
SOCKET_IN_FOLDER = "/ray-12345678/session_2026-01-01_00-00-00_000000_1234567/sockets/plasma_store"
"""The longest socket path that Ray creates, with the name of the folder made for it."""
SHORT_FOLDERS = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 (the folders made in them are private)


@contextmanager
def own_cluster() -> Iterator[str]:
    """Prepare the environment for a private cluster of this process, and yield its folder.

    The cluster gets a random token, unless the user has set a token or disabled tokens. The home
    folder is then neither read nor written. The folder is removed afterwards with its contents.
    Raises `OSError` if no folder can be created.
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
    """Return the first folder for temporary files whose path is short enough for socket paths.

    Raises `OSError` if there is none.
    """
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
    """Prepare the environment for a running cluster. Send the token if the cluster requires one.

    A cluster that requires no token accepts one from its driver, but its workers then cannot
    answer. Yields a hint on what to check if the cluster refuses the connection. Raises
    `ConnectionError` if a token is required and none is found.
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


def asks_for_token(address: str, probe_seconds: float = PROBE_SECONDS) -> bool:
    """Tell whether a cluster refuses connections without a token.

    Raises `ConnectionError` if it does not answer within `probe_seconds`.
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
    watchdog = threading.Timer(probe_seconds, probe.kill)
    watchdog.start()
    with probe:
        asks = any(REFUSED in line for line in probe.stderr or ())
        late = not asks and probe.wait() == -signal.SIGKILL
        probe.kill()
    watchdog.cancel()
    if late:
        raise ConnectionError(
            f"the cluster did not say within {probe_seconds:.0f} s whether it asks for a token; "
            f"where it runs, set {MODE} to token or disabled"
        )
    return asks


def find_token() -> str | None:
    """Return the variable or the path in which Ray finds a token, or None."""
    if os.environ.get(TOKEN):
        return TOKEN
    path = _token_path()
    return str(path) if path is not None and path.is_file() else None


def _token_path() -> Path | None:
    if named := os.environ.get(TOKEN_PATH):
        return Path(named)
    try:
        return Path.home() / ".ray" / "auth_token"
    except RuntimeError:  # HOME is not set and the password database has no entry
        return None


@contextmanager
def _set(variables: Mapping[str, str]) -> Iterator[None]:
    """Set the environment variables that are not yet set, and unset them afterwards."""
    added = variables.keys() - os.environ.keys()
    os.environ.update({name: variables[name] for name in added})
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)
