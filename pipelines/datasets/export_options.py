"""Options of an export. The command line takes its defaults from here.

Every option except the split may change a byte of a file, so a folder has one value of each.
"""

from dataclasses import dataclass

from motiondata.errors import InputError

TRAINER_FORMATS = ("humanml3d", "kit", "motionstreamer", "motionmillion")
"""The layouts of folders that trainers of motion features read."""
EXPORT_FORMATS = ("npy-tree", "packs-of-32", "pcd", *TRAINER_FORMATS)
BY_POSITIONS, BY_ROTATIONS = "joints-by-positions", "joints-by-rotations"
RECOVERY_FORMATS = (BY_POSITIONS, BY_ROTATIONS)
"""The formats of `motiondata recover`."""


@dataclass(frozen=True)
class ExportOptions:
    """Which part of a dataset to export, and how. Raises `InputError` for an unknown format."""

    format: str
    """One of `EXPORT_FORMATS` or `RECOVERY_FORMATS`, explained in docs/export.md."""
    split: str | None = None
    """The split to export; None exports all splits."""
    field: str | None = None
    """The array to export, by default the first floating-point one. It must have one row of fixed
    shape per frame."""
    seed: int = 0
    """Seed of the order of frames in packs."""

    def __post_init__(self) -> None:
        if self.format not in (*EXPORT_FORMATS, *RECOVERY_FORMATS):
            expected = ", ".join(EXPORT_FORMATS)
            raise InputError(f"format: expected one of {expected}, found {self.format!r}")
