"""An HTTP server on the loopback interface: files of a folder by ranges, with faults and latency.

A fault is chosen per request: an error status, an answer that breaks off, one that comes too late,
or one that ignores the range.
"""

import contextlib
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Literal, NamedTuple
from urllib.parse import unquote

from tests.support.local_server import LocalServer

Fault = Literal["500", "cut", "late", "whole"] | None
LATE_SECONDS = 2.0


class Request(NamedTuple):
    """A request that the server has received."""

    method: str
    name: str
    range: str | None


class RangeServer(LocalServer):
    """Serves a folder. `fault` chooses the fault of a request; `requests` has all requests."""

    def __init__(self, folder: Path, latency: float = 0.0) -> None:
        self.folder, self.latency = folder, latency
        self.fault: Callable[[Request], Fault] = lambda _: None
        self.requests: list[Request] = []
        self.in_flight = self.most_in_flight = 0
        super().__init__(type("Handler", (_Handler,), {"served": self}))


def failing(number: int, fault: Fault, method: str = "GET") -> Callable[[Request], Fault]:
    """Return a choice of faults: the first `number` requests of each name with a method fail."""
    counts: dict[str, int] = {}

    def choose(request: Request) -> Fault:
        counts[request.name] = counts.get(request.name, 0) + (request.method == method)
        return fault if request.method == method and counts[request.name] <= number else None

    return choose


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    served: RangeServer

    def log_message(self, *_: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer("HEAD")

    def do_GET(self) -> None:
        self._answer("GET")

    def _answer(self, method: str) -> None:
        served, name = self.served, unquote(self.path.split("?")[0]).lstrip("/")
        request = Request(method, name, self.headers.get("Range"))
        with served.lock:
            served.requests.append(request)
            served.in_flight += 1
            served.most_in_flight = max(served.most_in_flight, served.in_flight)
            fault = served.fault(request)
        try:
            time.sleep(LATE_SECONDS if fault == "late" else served.latency)
            with contextlib.suppress(ConnectionError):
                self._send(request, served.folder / name, fault)
        finally:
            with served.lock:
                served.in_flight -= 1

    def _send(self, request: Request, path: Path, fault: Fault) -> None:
        if fault == "500" or not path.is_file():
            self.send_response(500 if fault == "500" else 404)
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        data, status = path.read_bytes(), path.stat()
        part = data
        if request.range and fault != "whole":
            first, last = request.range.removeprefix("bytes=").split("-")
            part = data[int(first) : int(last) + 1]
        self.send_response(200 if part is data else 206)
        self.send_header("Content-Length", str(len(part)))
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("ETag", f'"{status.st_mtime_ns}-{status.st_size}"')
        self.end_headers()
        if request.method == "GET":
            self.wfile.write(part[: len(part) // 2] if fault == "cut" else part)
            self.close_connection = fault == "cut"
