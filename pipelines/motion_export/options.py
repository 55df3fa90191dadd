"""Options of an export of posed bodies. The command line takes its defaults from here."""

from dataclasses import dataclass
from pathlib import Path

from motiondata.errors import InputError
from pipelines.clips.options import expect_at_least
from shards.format.paths import refuse_url

MOTION_FORMATS = ("obj", "ply", "glb", "bvh", "amass", "smpl")
"""The formats of files of posed bodies, explained in docs/export.md."""


@dataclass(frozen=True)
class MotionExportOptions:
    """Which clips to export, and how. Raises `InputError` for invalid values."""

    format: str
    """One of `MOTION_FORMATS`."""
    split: str | None = None
    """The split to export; None exports all splits."""
    keys: tuple[str, ...] = ()
    """The clips to export; none exports all."""
    exclude: tuple[str, ...] = ()
    """Flags; clips of a dataset with any of them are left out."""
    limit: int | None = None
    """Export only the first clips, up to this number."""
    stride: int = 1
    """Write only every n-th frame, at the frame rate that this gives."""
    body: Path | None = None
    """Body file in SMPL's format (`.npz` or `.pkl`), or folder of `<gender>/model.npz`; by default
    the bundled body."""

    def __post_init__(self) -> None:
        if self.format not in MOTION_FORMATS:
            raise InputError(
                f"format: expected one of {', '.join(MOTION_FORMATS)}, found {self.format!r}"
            )
        if self.body is not None:
            refuse_url(self.body)
        expect_at_least(self, "limit", 1)
        expect_at_least(self, "stride", 1)
