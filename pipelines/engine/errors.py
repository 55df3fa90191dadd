"""Errors that stop a correctly specified job. The machine or a person causes them.

The command line exits with 1 for these errors and with 2 for wrong input.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from motiondata.errors import MotionDataError
from pipelines.engine.output_path import expect_possible_folder

RESUME_HINT = "what is finished is kept: run the same command again to resume"
NOT_BEGUN = "nothing was written"


class AbortedError(MotionDataError):
    """Raised when a job stops before it is done. The job can be resumed in its folder."""


class RayNotStartedError(AbortedError):
    """Raised when Ray does not start or a cluster cannot be joined, before any job has begun."""


@contextmanager
def os_errors_as_aborted(path: Path) -> Iterator[None]:
    """Convert errors of the operating system, such as a full disk, into `AbortedError`.

    Raises `InputError` or `ShardError`, before the block runs, if `path` cannot be a folder.
    """
    expect_possible_folder(path)
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise AbortedError(
            f"{path}: the job stopped: {error.strerror or error}{where}; "
            f"{RESUME_HINT if _has_begun(path) else NOT_BEGUN}"
        ) from error


def _has_begun(path: Path) -> bool:
    """Tell whether a job's folder has contents that the same command would use."""
    try:
        return any(path.iterdir())
    except OSError:
        return False
