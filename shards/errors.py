"""The errors of `shards`: sentences for people about samples, members and folders.

One tree, so that a caller can turn everything that wrong data causes into a line of a report with
one `except`; everything else that is raised is a bug.
"""


class ShardError(Exception):
    """Wrong data or a wrong request, said in one sentence for a person."""


class SampleError(ShardError):
    """Raised when a sample that is to be written does not fit its key's or its schema's rules."""


class MemberError(ShardError):
    """Raised when the bytes of a member are not what its name promises."""


class DatasetError(ShardError):
    """Raised when a file of a dataset is missing, damaged, or contradicts the others."""

    def __init__(self, where: str, message: str | None = None) -> None:
        super().__init__(where, message)
        self.where = where
        self.message = message or ""
        """Empty where a `DataLoader` made the error again, of a worker's, from its text alone."""

    def __str__(self) -> str:
        return f"{self.where}: {self.message}" if self.message else self.where
