"""What failed at a server: whether another try may help, and the sentence about it.

Each library of a server raises its own errors, which this module tells apart by what they have in
common: the types of Python's errors, and statuses of HTTP.
"""

from shards.errors import ShardError
from shards.remote.urls import without_secrets

FINAL = (PermissionError, IsADirectoryError, NotImplementedError, ValueError)
"""Errors that another try would not change."""
NOT_SIGNED_IN = ("NoCredentialsError", "PartialCredentialsError", "ProfileNotFound")
"""Names of errors of botocore for credentials that it does not find."""
NEVER = (501, 505)
"""Statuses of HTTP for what a server cannot do."""
MISSING = (404, 410)
TEMPORARY = (408, 409, 412, 429)
"""Statuses of HTTP for a file that is not there, and for a request that may be tried again: 409
and 412 are of a write that another one has overtaken."""
FORBIDDEN = "Forbidden"
"""How the text of gcsfs's error for the status 403 begins."""
LONGEST_REASON = 300
"""Most characters of a reason in a sentence."""


class RemoteError(ShardError):
    """Raised when a server does not answer, or answers wrongly, after all tries."""


def failure(error: Exception) -> Exception:
    """Return what failed, which some libraries hide.

    For HTTP, `fsspec` calls every failure to find out a size "not found". huggingface_hub raises a
    `RuntimeError` from that of an upload.
    """
    if type(error) is RuntimeError and isinstance(error.__cause__, Exception):
        error = error.__cause__
    if not isinstance(error, FileNotFoundError):
        return FileNotFoundError(str(error)) if _status(error) in MISSING else error
    cause = error.__cause__
    is_of_http = isinstance(cause, Exception) and type(cause).__module__.startswith("aiohttp")
    return cause if is_of_http and _status(cause) not in MISSING else error  # type: ignore[return-value, arg-type]


def is_final(error: Exception) -> bool:
    """Tell whether another try would not help: the request is wrong or forbidden."""
    if isinstance(error, FINAL) or type(error).__name__ in NOT_SIGNED_IN:
        return True
    if str(error).startswith(FORBIDDEN):
        return True
    status = _status(error)
    return status in NEVER or (400 <= status < 500 and status not in TEMPORARY)


def sentence(where: str, error: Exception, tries: int) -> str:
    """Describe a failure without what a library may have put into its text."""
    status = _status(error)
    text = f"status {status}" if status else without_secrets(" ".join(str(error).split()))
    times = "" if tries == 1 else f" after {tries} tries"
    reason = f"{type(error).__name__}: {text}" if text else type(error).__name__
    shown = reason[:LONGEST_REASON]
    return f"{without_secrets(where)}: the request failed{times} ({shown})"


def _status(error: Exception) -> int:
    """Return the status of HTTP that an error is of; 0 if it is of none."""
    answer = getattr(error, "response", None)
    for holder, name in ((error, "status"), (answer, "status_code"), (error, "code")):
        found = getattr(holder, name, None)
        if isinstance(found, int) and found:
            return found
    return 0
