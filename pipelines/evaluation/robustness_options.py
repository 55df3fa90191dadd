"""Options of the robustness table. Nothing heavy is imported, so that help appears at once."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from motiondata.devices import AUTO
from motiondata.errors import InputError
from pipelines.engine.named_paths import named_paths


@dataclass(frozen=True)
class RobustnessOptions:
    """What a captioner is tried on. Raises `InputError` for values out of range."""

    checkpoint: Path
    """Checkpoint written by train-captioner."""
    encoder_checkpoint: Path | None = None
    """Encoder checkpoint of its features, written by align; not for a captioner of points."""
    scan: tuple[str, ...] = ()
    """Another LiDAR dataset of the same clips, as NAME=DIR, such as 12m=lidar-12m. Can be
    repeated."""
    points: tuple[int, ...] = ()
    """Number of points per frame to leave, such as 32; can be repeated."""
    split: str = "test"
    """Split that is captioned."""
    labels: Path | None = None
    """Labels of a synthetic corpus (labels.jsonl), to count the clips that captions describe."""
    batch: int = 32
    """Clips per batch."""
    device: str = AUTO
    """`cpu`, `cuda`, or `auto`."""

    def __post_init__(self) -> None:
        if self.batch < 1 or min(self.points, default=1) < 1:
            raise InputError(
                f"batch, points: expected at least 1, found {self.batch} and {self.points}"
            )
        self.others()

    def others(self) -> Mapping[str, Path]:
        """Return the folders of `scan` by name; raise `InputError` for a wrong or taken name."""
        return named_paths(self.scan, "--scan", "DIR")
