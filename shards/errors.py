"""Exceptions of `shards`, with readable messages about samples, members and folders.

All of them derive from `ShardError`, so a caller can report any data error with one `except`. Any
other exception is a bug.
"""


class ShardError(Exception):
    """Invalid data or an invalid request; the message is one readable sentence."""


class SampleError(ShardError):
    """Raised when a sample to be written has an invalid key or does not match its schema."""


class MemberError(ShardError):
    """Raised when the bytes of a member do not match the type given by its suffix."""


class DatasetError(ShardError):
    """Raised when a file of a dataset is missing, damaged, or inconsistent with other files."""

    def __init__(self, where: str, message: str | None = None) -> None:
        super().__init__(where, message)
        self.where = where
        self.message = message or ""
        """Empty where a `DataLoader` recreated a worker's error from its text alone."""

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.message else self.where
