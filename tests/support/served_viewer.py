"""A viewer that is served while a test looks at it."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread

from pipelines.viewing.live.server import ViewerServer
from pipelines.viewing.live.viewer import Viewer


@contextmanager
def serving(viewer: Viewer) -> Iterator[ViewerServer]:
    """Serve a viewer on a free port."""
    with ViewerServer(viewer, "127.0.0.1", 0) as running:
        thread = Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield running
        finally:
            running.shutdown()
            thread.join()
