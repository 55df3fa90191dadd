"""How workers die, and which row is to blame for it.

A process that is killed from outside has been unlucky; one that dies by itself, twice in a row at
the same row, has met a poisonous recording.
"""

import signal
from dataclasses import dataclass
from enum import Enum

from motiondata.errors import DropReason

OUT_OF_MEMORY_EXIT = 77
"""The exit status of a worker that ran out of memory."""
EXTERNAL_KILLS = {-signal.SIGKILL, -signal.SIGTERM, -signal.SIGHUP, -signal.SIGINT}
"""The exit codes of processes that somebody or the system has killed."""


class Crash(Enum):
    """How a worker died: the reason to drop the row for, after how many times in a row, in words.

    The words are the same whenever and wherever it happens, so that the drops' bytes are.
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
        """Tell how a worker died from its exit code, which is minus the signal if it was one."""
        if exit_code in EXTERNAL_KILLS:
            return cls.KILLED
        return cls.OUT_OF_MEMORY if exit_code == OUT_OF_MEMORY_EXIT else cls.CRASHED


@dataclass
class CrashTracker:
    """What is known of the deaths of a job's workers since a row was last blamed."""

    count: int = 0
    last_row: int | None = None
    """The row that was in hand at the last death."""
    times: int = 0
    """At how many deaths in a row it was."""

    def blames_row(self, current_row: int | None, crash: Crash) -> bool:
        """Record a death, and tell whether the row that was in hand is to blame for it."""
        self.count += 1
        self.times = self.times + 1 if current_row == self.last_row else 1
        self.last_row = current_row
        return current_row is not None and self.times >= crash.times
