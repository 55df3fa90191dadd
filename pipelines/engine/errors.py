"""Errors that stop a correctly specified job. The machine or a person causes them.

The command line exits with 1 for these errors and with 2 for wrong input.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from motiondata.errors import InputError, MotionDataError
from shards.format.paths import refuse_url

RESUME_HINT = "what is finished is kept: run the same command again to resume"
NOT_BEGUN = "nothing was written"


class AbortedError(MotionDataError):
    """Raised when a job stops before it is done. The job can be resumed in its folder."""


class RayNotStartedError(AbortedError):
    """Raised when Ray does not start or a cluster cannot be joined, before any job has begun."""


@contextmanager
def os_errors_as_aborted(out: Path) -> Iterator[None]:
    """Convert errors of the operating system, such as a full disk, into `AbortedError`.

    Raises `InputError` or `ShardError`, before the block runs, if `out` cannot be a folder.
    """
    expect_possible_folder(out)
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise AbortedError(
            f"{out}: the job stopped: {error.strerror or error}{where}; "
            f"{RESUME_HINT if _has_begun(out) else NOT_BEGUN}"
        ) from error


def expect_possible_folder(out: Path) -> None:
    """Raise `InputError` if an output folder neither exists nor can be created; refuse URLs.

    Writes nothing, so that a dry run can call it too.
    """
    refuse_url(out)
    for path in (out, *out.absolute().parents):
        try:
            there = path.exists()
        except OSError as error:  # such as a name that is too long
            raise InputError(f"{path}: expected a folder to write to; {error.strerror}") from error
        if there and not path.is_dir():
            raise InputError(f"{path}: expected a folder to write {out} to, found a file")
        if there:
            if not os.access(path, os.W_OK | os.X_OK):
                read_only = os.statvfs(path).f_flag & os.ST_RDONLY
                reason = os.strerror(errno.EROFS if read_only else errno.EACCES)
                raise InputError(f"{path}: expected a folder to write {out} to; {reason}")
            return


def _has_begun(out: Path) -> bool:
    """Tell whether a job's folder has contents that the same command would use."""
    try:
        return any(out.iterdir())
    except OSError:
        return False
