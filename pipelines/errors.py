"""What ends a job that was rightly asked for: the machine or a person, not its input.

The command line exits with 1 for it, and with 2 for wrong input.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from motiondata.errors import MotionDataError

GO_ON = "what is finished is kept: run the same command again to go on"


class AbortedError(MotionDataError):
    """Raised when a job stops before it is done; its folder can be gone on with."""


@contextmanager
def aborting(out: Path) -> Iterator[None]:
    """Turn what the operating system refuses (a full disk, a broken one) into `AbortedError`."""
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise AbortedError(
            f"{out}: the job stopped: {error.strerror or error}{where}; {GO_ON}"
        ) from error
