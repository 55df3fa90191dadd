"""Serve a viewer over HTTP, to this machine unless another address is given.

A page of another site could reach a server on loopback under a name that it controls (DNS
rebinding), so only requests that name an address, or the host that was given, are answered.
"""

import errno
import ipaddress
import socket
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from motiondata.errors import InputError
from pipelines.viewing.live.viewer import Answer, Viewer

FORBIDDEN = Answer(
    HTTPStatus.FORBIDDEN, "text/plain; charset=utf-8", b"open the address that the command printed"
)


class ViewerServer(ThreadingHTTPServer):
    """A server of one viewer; `with` closes it."""

    daemon_threads = True

    def __init__(self, viewer: Viewer, host: str, port: int) -> None:
        self.viewer = viewer
        self.host = host
        if ":" in host:
            self.address_family = socket.AF_INET6
        try:
            super().__init__((host, port), _Handler)
        except (OSError, OverflowError) as error:
            raise InputError(_refusal(host, port, error)) from error

    def server_bind(self) -> None:
        """Bind, without asking a name server for the name of the host."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = self.host, self.server_address[1]

    @property
    def address(self) -> str:
        """The address of the page."""
        named = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{named}:{self.server_port}/"

    def is_ours(self, host: str | None) -> bool:
        """Tell whether a request's `Host` names this server by an address or its given name."""
        try:
            name = urlsplit(f"//{host or ''}").hostname or ""
        except ValueError:
            return False
        return name in {"localhost", self.host.lower()} or _is_address(name)


def _refusal(host: str, port: int, error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"--port {port}: is in use; choose another, or 0 for any free port"
    if isinstance(error, OverflowError):
        return f"--port: expected 0 to 65535, found {port}"
    return f"--host {host} --port {port}: cannot be opened: {error}"


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


class _Handler(BaseHTTPRequestHandler):
    server: ViewerServer

    def do_GET(self) -> None:
        """Answer a request."""
        if not self.server.is_ours(self.headers.get("Host")):
            return self._send(FORBIDDEN)
        asked = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(asked.query).items()}
        return self._send(self.server.viewer.answer(asked.path, query))

    def _send(self, answer: Answer) -> None:
        self.send_response(answer.status)
        self.send_header("Content-Type", answer.kind)
        self.send_header("Content-Length", str(len(answer.body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        try:
            self.wfile.write(answer.body)
        except ConnectionError:  # the page was closed
            self.close_connection = True

    def log_message(self, format: str, *values: object) -> None:  # noqa: A002
        """Write no line per request."""
