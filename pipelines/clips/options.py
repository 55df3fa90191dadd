"""The inputs and parameters of a build.

`BuildOptions` holds all options that may change a byte of the dataset and no others, so that the
plan's fingerprint covers all of them. `pipelines.engine.execution.Execution` holds the rest. The
command line takes its defaults from here.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from motiondata.devices import CPU, SCAN_DEVICES
from motiondata.errors import InputError
from shards.format.paths import refuse_url

DISTANCES = (0.3, 500.0)
"""The permitted distances in meters: from just outside a body that stands still to beyond the range
of such LiDARs."""
HEIGHTS = (-10.0, 100.0)
"""The permitted heights in meters: from a sensor in a pit to one on a mast. Recordings may lie some
meters off the floor."""
MAX_NOISE = 1.0
"""The maximum range noise in meters. Such LiDARs have range errors of centimeters (their data
sheets)."""


def is_recording(path: Path) -> bool:
    """Tell by its suffix whether a path names a recording."""
    return path.suffix.lower() == ".npz"


@dataclass(frozen=True)
class BuildOptions:
    """The inputs and parameters of a LiDAR dataset. Raises `InputError` for invalid values."""

    index: Path
    """HumanML3D's `index.csv`, or a file with its layout. Without an index: the path of a recording
    (`walk.npz`), or the value of `amass` for all recordings in that folder."""
    amass: Path
    """The folder that contains the archive's subsets (`KIT/`, `CMU/`, ...) or the recordings."""
    texts: Path | None = None
    """The folder of caption files; None: `texts` in the folder of the index, if it exists."""
    splits: Path | None = None
    """The folder of `train.txt`, `val.txt`, `test.txt`; None: the folder of the index, if it
    contains at least one of them."""
    body: Path | None = None
    """A body file in SMPL's format, or a folder of `<gender>/model.npz`; None: the bundled body."""
    sensor: str = "os1-128"
    """The name of a preset, or the path of a sensor file."""
    points: int = 384
    """Number of points kept per frame."""
    distance: float = 8.0
    """Horizontal distance from the sensor to the middle of the root's path, in meters."""
    height: float = 1.0
    """Height of the sensor above the floor, in meters."""
    views: int = 1
    """Number of sensors, evenly spaced around the subject. Each makes one sample per clip."""
    in_place: bool = False
    """Keep the root above one point: its horizontal motion is removed, its height is kept."""
    mean_shape: bool = False
    """Pose the body's mean shape instead of the recording's `betas`."""
    mirror: bool = False
    """Add the mirrored version of every clip (HumanML3D's `M` names)."""
    noise: float = 0.0
    """Standard deviation of the range noise along each ray, in meters; 0 gives an exact scan."""
    seed: int = 0
    """Seed of the range noise, combined with the sample's key and the frame number."""
    device: str = CPU
    """The device that poses, scans and samples. The last bits of results differ between devices."""
    limit: int | None = None
    """Plan only the first `limit` clips of the index that can be built; None: all."""
    shard_megabytes: int = 160
    """The approximate size of a shard, in units of 10^6 bytes."""

    def __post_init__(self) -> None:
        for name in ("index", "amass", "texts", "splits", "body", "sensor"):
            if (path := getattr(self, name)) is not None:
                refuse_url(path)
        for name, least in (("points", 1), ("views", 1), ("limit", 1), ("shard_megabytes", 1)):
            self._expect_at_least(name, least)
        self._expect_at_least("noise", 0.0)
        for name, (nearest, farthest) in (("distance", DISTANCES), ("height", HEIGHTS)):
            within = nearest <= getattr(self, name) <= farthest
            self._expect(within, name, f"{nearest:g} to {farthest:g} metres")
        self._expect(self.noise <= MAX_NOISE, "noise", f"at most {MAX_NOISE:g} metres")
        self._expect(self.device in SCAN_DEVICES, "device", f"one of {', '.join(SCAN_DEVICES)}")

    @classmethod
    def of_recordings(cls, source: Path, **parameters: Any) -> Self:
        """Return the options for one recording, or for all recordings of a folder, without index.

        `parameters` are values of the other fields.
        """
        return cls(source, source.parent if is_recording(source) else source, **parameters)

    @property
    def has_index(self) -> bool:
        """Whether an index defines which frames of which recordings make clips."""
        return self.index != self.amass and not is_recording(self.index)

    def _expect_at_least(self, name: str, least: float) -> None:
        value = getattr(self, name)
        self._expect(value is None or value >= least, name, f"at least {least}")

    def _expect(self, holds: bool, name: str, expected: str) -> None:
        if not holds:
            raise InputError(f"{name}: expected {expected}, found {getattr(self, name)}")
