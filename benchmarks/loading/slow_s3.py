"""An S3 server (moto's) in a process, whose answers come later by a time that can be changed.

A request of /latency/MS sets the time.
"""

import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

PREFIX = "/latency/"


@contextmanager
def slow_s3() -> Iterator[str]:
    """Run a server during the block, and yield its URL; AWS's variables name it meanwhile."""
    program = "from benchmarks.loading.slow_s3 import serve; serve()"
    command = [sys.executable, "-c", program]
    with subprocess.Popen(  # noqa: S603
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        try:
            port = process.stdout.readline().strip() if process.stdout else ""
            url = f"http://127.0.0.1:{port}"
            settings = {
                "AWS_ENDPOINT_URL": url,
                "AWS_ACCESS_KEY_ID": "benchmark",
                "AWS_SECRET_ACCESS_KEY": "benchmark",
                "AWS_DEFAULT_REGION": "us-east-1",
                # S3 sends no checksum with a range; moto sends that of the whole file.
                "AWS_RESPONSE_CHECKSUM_VALIDATION": "when_required",
            }
            with patch.dict(os.environ, settings):
                yield url
        finally:
            process.kill()


def set_latency(url: str, milliseconds: int) -> None:
    """Let every answer of a server come later by this time."""
    urllib.request.urlopen(f"{url}{PREFIX}{milliseconds}").close()  # noqa: S310


class _Delayed:
    """A WSGI application whose answers come later."""

    def __init__(self, application: Callable[..., Any]) -> None:
        self._application = application
        self._seconds = 0.0

    def __call__(self, environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        if environ["PATH_INFO"].startswith(PREFIX):
            self._seconds = int(environ["PATH_INFO"].removeprefix(PREFIX)) / 1000
            start("204 No Content", [])
            return []
        time.sleep(self._seconds)
        return self._application(environ, start)


def serve() -> None:
    """Print the port, and serve until the process is killed."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    WSGIRequestHandler.protocol_version = "HTTP/1.1"  # connections are kept, as S3 keeps them
    application = _Delayed(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, application, threaded=True)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
