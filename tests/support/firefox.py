"""The system's Firefox, headless, driven by its own protocol, Marionette: JSON over a socket.

Playwright drives only the Firefox that it downloads. Tests are skipped where there is
no Firefox.
"""

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

import pytest

PROGRAMS = ("firefox-esr", "firefox")
PATIENCE_SECONDS = 60


class Firefox:
    """A window of Firefox."""

    def __init__(self, port: int) -> None:
        self._socket = _connect(port)
        self._stream = self._socket.makefile("rb")
        self._receive()  # the greeting
        self._sent = 0
        self._ask("WebDriver:NewSession", {})

    def open(self, url: str) -> None:
        """Open a page, and wait until it is ready."""
        self._ask("WebDriver:Navigate", {"url": url})
        self.wait_for("document.documentElement.dataset.ready === 'true'")

    def evaluate(self, expression: str) -> Any:
        """Return the value of an expression of the document."""
        script: dict[str, Any] = {"script": f"return {expression}", "args": [], "sandbox": None}
        return self._ask("WebDriver:ExecuteScript", script)["value"]

    def wait_for(self, expression: str) -> None:
        """Wait until an expression is true."""
        end = time.monotonic() + PATIENCE_SECONDS
        while not self.evaluate(expression):
            assert time.monotonic() < end, f"not true: {expression}"
            time.sleep(0.1)

    def text(self, name: str) -> str:
        """Return the text of the element with an id."""
        text: str = self.evaluate(f"document.getElementById({name!r}).textContent")
        return text

    def press(self, key: str) -> None:
        """Press a key, as a person does."""
        actions = [{"type": "keyDown", "value": key}, {"type": "keyUp", "value": key}]
        keyboard = {"type": "key", "id": "keyboard", "actions": actions}
        self._ask("WebDriver:PerformActions", {"actions": [keyboard]})

    def _ask(self, command: str, values: dict[str, Any]) -> Any:
        self._sent += 1
        message = json.dumps([0, self._sent, command, values])
        self._socket.sendall(f"{len(message.encode())}:{message}".encode())
        _, _, error, result = self._receive()
        assert error is None, error
        return result

    def _receive(self) -> Any:
        size = b""
        while not size.endswith(b":"):
            size += self._stream.read(1)
        return json.loads(self._stream.read(int(size[:-1])))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        self._socket.close()


def _connect(port: int) -> socket.socket:
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_SECONDS)
        except ConnectionRefusedError:
            assert time.monotonic() < end, "Firefox does not start"
            time.sleep(0.1)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port


@contextmanager
def firefox(profile: Path) -> Iterator[Firefox]:
    """Start Firefox with a new profile, or skip the test."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("there is no Firefox; install the package firefox-esr to test pages in it")
    profile.mkdir()
    port = _free_port()
    (profile / "user.js").write_text(f'user_pref("marionette.port", {port});\n')
    command = [program, "--headless", "--marionette", "--no-remote", "--profile", str(profile)]
    running = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with Firefox(port) as opened:
            yield opened
    finally:
        running.terminate()
        running.wait()
