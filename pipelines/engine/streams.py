"""Streams that say how a job comes along, and whose failure must not end it.

A log's disk may be full and the reader of a pipe may be gone while the job itself is well. What
cannot be written is left out, and leaves nothing in a buffer that would fail again at the end.
"""

import os
import sys
from contextlib import suppress
from typing import Any, TextIO

from shards.printable import printable


class Unfailing:
    """A text stream that passes on what it can; None, as Python has for a closed one, takes all."""

    def __init__(self, stream: TextIO | None) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text, or as much of it as the system takes."""
        with suppress(OSError, ValueError):
            self._write(text)
        return len(text)

    def _write(self, text: str) -> None:
        if self._stream is None:
            return
        try:
            descriptor = self._stream.fileno()
        except (OSError, ValueError, AttributeError):  # a stream that is no file
            self._stream.write(text)
            self._stream.flush()
        else:
            os.write(descriptor, text.encode(errors="backslashreplace"))

    def flush(self) -> None:
        """Do nothing: texts are written at once."""

    def isatty(self) -> bool:
        """Tell whether somebody looks at a terminal."""
        with suppress(OSError, ValueError):
            return self._stream is not None and self._stream.isatty()
        return False

    def fileno(self) -> int:
        """Return the file's descriptor; raises `OSError` where there is none."""
        if self._stream is None:
            raise OSError("a closed stream has no descriptor")
        return self._stream.fileno()

    @property
    def encoding(self) -> Any:
        """The characters that the stream takes."""
        return getattr(self._stream, "encoding", None)


def say(sentence: str) -> None:
    """Write a line to standard error, if that can be done."""
    Unfailing(sys.stderr).write(f"{printable(sentence)}\n")


def give_up(stream: TextIO | None) -> None:
    """Drop what a stream could not write: Python would try again at its end and exit with 120."""
    with suppress(OSError, ValueError, AttributeError):
        null = os.open(os.devnull, os.O_WRONLY)
        os.dup2(null, stream.fileno())  # type: ignore[union-attr]
        os.close(null)
