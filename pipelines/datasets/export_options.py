"""What an export is told; the command line takes its defaults from here.

All but the split may change a byte of a file, so a folder is of one value of each.
"""

from dataclasses import dataclass

from motiondata.errors import InputError

EXPORT_FORMATS = ("npy-tree", "packs-of-32", "pcd")


@dataclass(frozen=True)
class ExportOptions:
    """What of a dataset becomes files, and which. Raises `InputError` for an unknown format."""

    format: str
    """One of `EXPORT_FORMATS`, explained in docs/export.md."""
    split: str | None = None
    """The split to export; None: all."""
    field: str = "points"
    """The array to export, one with a row of fixed shape a frame."""
    seed: int = 0
    """Keys the order of frames in packs."""

    def __post_init__(self) -> None:
        if self.format not in EXPORT_FORMATS:
            expected = ", ".join(EXPORT_FORMATS)
            raise InputError(f"format: expected one of {expected}, found {self.format!r}")
