"""Streams for progress and messages. Their failure must not end a job.

The disk of a log may be full, or the reader of a pipe may be gone, while the job itself runs well.
Text that cannot be written is discarded. It does not stay in a buffer, where it would fail again at
exit.
"""

import os
import sys
from contextlib import suppress
from typing import Any, TextIO

from shards.printable import printable


class Unfailing:
    """A text stream that ignores write errors. None stands for a closed stream and takes all."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text, or as much of it as the system accepts."""
        with suppress(OSError, ValueError):
            self._write(text)
        return len(text)

    def _write(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            descriptor = self._stream.fileno()
        except (OSError, ValueError, AttributeError):  # the stream is not a file
            self._stream.write(text)
            self._stream.flush()
        else:
            os.write(descriptor, text.encode(errors="backslashreplace"))

    def flush(self) -> None:
        """Do nothing: texts are written immediately."""

    def isatty(self) -> bool:
        """Tell whether the stream is a terminal."""
        with suppress(OSError, ValueError):
            return self._stream is not None and self._stream.isatty()
        return False

    def fileno(self) -> int:
        """Return the file descriptor. Raises `OSError` if there is none."""
        if self._stream is None:
            raise OSError("a closed stream has no descriptor")
        return self._stream.fileno()

    @property
    def encoding(self) -> Any:
        """The encoding of the stream, or None."""
        return getattr(self._stream, "encoding", None)


def say(sentence: str) -> None:
    """Write a line to standard error, if possible."""
    Unfailing(sys.stderr).write(f"{printable(sentence)}\n")


def give_up(stream: TextIO | None) -> None:
    """Discard what a stream could not write: Python would retry at exit and exit with 120."""
    with suppress(OSError, ValueError, AttributeError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())  # type: ignore[union-attr]
        os.close(null)
