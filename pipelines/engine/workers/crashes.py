"""How worker processes die, and which row is the cause.

A recording is the cause if worker processes die by themselves at the same row twice in succession.
A kill from outside is usually unrelated to the row, so the row is blamed only after four in
succession.
"""

import signal
from dataclasses import dataclass
from enum import Enum

from motiondata.errors import DropReason

OUT_OF_MEMORY_EXIT = 77
"""The exit status of a worker that ran out of memory."""
EXTERNAL_KILLS = {-signal.SIGKILL, -signal.SIGTERM, -signal.SIGHUP, -signal.SIGINT}
"""The exit codes of processes that a user or the operating system has killed."""


class Crash(Enum):
    """How a worker died.

    A member has the reason of the drop, the number of successive deaths after which the row is
    dropped, and the message of the drop. The message does not depend on time or machine, so that
    the bytes of the drops are reproducible.
    """

    CRASHED = (DropReason.CRASHED, 2, "crashed the worker, twice in a row")
    HUNG = (DropReason.HUNG, 2, "took longer than --clip-seconds, twice in a row")
    OUT_OF_MEMORY = (
        DropReason.OUT_OF_MEMORY,
        2,
        "took more memory than --worker-gigabytes, twice in a row",
    )
    KILLED = (DropReason.CRASHED, 4, "the worker was killed while it was in hand, 4 times in a row")

    def __init__(self, reason: DropReason, times: int, message: str) -> None:
        self.reason = reason
        self.times = times
        self.message = message

    @classmethod
    def of(cls, exit_code: int | None) -> "Crash":
        """Return how a worker died, from its exit code: minus the signal number for a signal."""
        if exit_code in EXTERNAL_KILLS:
            return cls.KILLED
        return cls.OUT_OF_MEMORY if exit_code == OUT_OF_MEMORY_EXIT else cls.CRASHED


@dataclass
class CrashTracker:
    """The deaths of a job's workers since a row was last blamed."""

    count: int = 0
    last_row: int | None = None
    """The row that was being built at the last death; None if there was none."""
    times: int = 0
    """The number of successive deaths at `last_row`."""

    def blames_row(self, current_row: int | None, crash: Crash) -> bool:
        """Record a death, and tell whether the row that was being built is the cause."""
        self.count += 1
        self.times = self.times + 1 if current_row == self.last_row else 1
        self.last_row = current_row
        return current_row is not None and self.times >= crash.times
