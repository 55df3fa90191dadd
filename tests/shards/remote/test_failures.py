"""A request that failed is tried again where that may help, whatever error a library raised."""

from types import SimpleNamespace

import pytest

from shards.remote.connection import tried
from shards.remote.failures import RemoteError, failure, is_final

FINAL, PASSING = True, False


class AnsweredError(Exception):
    """An error of a library for an answer with a status."""

    def __init__(self, status: int) -> None:
        super().__init__("the text of the library")
        self.response = SimpleNamespace(status_code=status)


def caused(error: Exception, cause: Exception) -> Exception:
    error.__cause__ = cause
    return error


ERRORS = [
    *((AnsweredError(status), PASSING) for status in (408, 409, 412, 429, 500, 502, 503)),
    *((AnsweredError(status), FINAL) for status in (400, 401, 403, 416, 501, 505)),
    (TimeoutError(), PASSING),
    (ConnectionResetError(), PASSING),
    (PermissionError(), FINAL),
    (RuntimeError("an upload failed"), PASSING),
    (caused(RuntimeError("an upload failed"), AnsweredError(403)), FINAL),
    (caused(RuntimeError("an upload failed"), AnsweredError(503)), PASSING),
    (caused(NotImplementedError(), AnsweredError(503)), FINAL),
]


@pytest.mark.parametrize(("error", "is_last"), ERRORS, ids=lambda value: repr(value)[:60])
def test_a_request_is_tried_again_if_that_may_help(error: Exception, is_last: bool) -> None:
    assert is_final(failure(error)) == is_last
    tries = []

    def call() -> None:
        tries.append(1)
        raise error

    with pytest.raises(RemoteError, match="s3://kit: the request failed"):
        tried(call, "s3://kit", 2)
    assert len(tries) == (1 if is_last else 2)


@pytest.mark.parametrize("status", [404, 410])
@pytest.mark.parametrize("is_hidden", [False, True])
def test_nothing_at_a_url_is_no_failure(status: int, is_hidden: bool) -> None:
    def call() -> None:
        error = AnsweredError(status)
        raise caused(RuntimeError(), error) if is_hidden else error

    with pytest.raises(FileNotFoundError, match="s3://kit"):
        tried(call, "s3://kit", 2)
