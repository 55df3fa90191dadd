"""What a build is told: its inputs and parameters, and apart from them how it is run.

`BuildOptions` holds all that may change a byte of the dataset and nothing else, so that the plan's
hash is a hash of it; `Execution` holds the rest. The command line takes its defaults from here.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from motiondata.devices import CPU, SCAN_DEVICES
from motiondata.errors import InputError
from shards.format.paths import refuse_url

DISTANCES = (0.3, 500.0)
"""Metres: just outside of a body that stands still, and farther than such LiDARs see."""
HEIGHTS = (-10.0, 100.0)
"""Metres: a pit and a mast; recordings may lie some metres off the floor."""
MAX_NOISE = 1.0
"""Metres: ranging errors of such LiDARs are centimetres (their data sheets)."""


def is_recording(path: Path) -> bool:
    """Tell whether a path is that of a recording by its suffix."""
    return path.suffix.lower() == ".npz"


@dataclass(frozen=True)
class BuildOptions:
    """The inputs and parameters of a LiDAR dataset. Raises `InputError` for values out of range."""

    index: Path
    """HumanML3D's `index.csv`, or a file of its layout; without an index, the recording
    (`walk.npz`), or `amass` again for all recordings in it."""
    amass: Path
    """The folder that holds the archive's subsets (`KIT/`, `CMU/`, ...), or the recordings."""
    texts: Path | None = None
    """The folder of caption files; None: `texts` beside the index, if it is there."""
    splits: Path | None = None
    """The folder of `train.txt`, `val.txt`, `test.txt`; None: the index's, if they are there."""
    body: Path | None = None
    """A body in SMPL's file format, or a folder of `<gender>/model.npz`; None: the bundled body."""
    sensor: str = "os1-128"
    """A preset's name, or the path of a sensor file."""
    points: int = 384
    """Points kept of each frame."""
    distance: float = 8.0
    """Metres from the sensor to the middle of the root's path, along the ground."""
    height: float = 1.0
    """Metres of the sensor above the floor."""
    views: int = 1
    """Sensors, spread evenly round the subject; each makes a sample of every clip."""
    in_place: bool = False
    """Hold the root over one spot: the path along the ground is taken out, its height kept."""
    mean_shape: bool = False
    """Pose the body's mean shape instead of the recording's `betas`."""
    mirror: bool = False
    """Add the mirrored twin of every clip (HumanML3D's `M` names)."""
    noise: float = 0.0
    """Standard deviation of the range noise along each ray, metres; 0 is an exact scan."""
    seed: int = 0
    """Keys the range noise, with the sample's key and the frame's number."""
    device: str = CPU
    """What poses, scans and samples: another one's arithmetic differs in its last bits."""
    limit: int | None = None
    """Plan only this many clips, the first of the index that can be built; None: all."""
    shard_megabytes: int = 160
    """The size that shards are filled to, about, in 10^6 bytes."""

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
        """Return the options for one recording, or for all in a folder, without an index."""
        return cls(source, source.parent if is_recording(source) else source, **parameters)

    @property
    def has_index(self) -> bool:
        """Tell whether an index says which frames of which recordings make clips."""
        return self.index != self.amass and not is_recording(self.index)

    def _expect_at_least(self, name: str, least: float) -> None:
        value = getattr(self, name)
        self._expect(value is None or value >= least, name, f"at least {least}")

    def _expect(self, holds: bool, name: str, expected: str) -> None:
        if not holds:
            raise InputError(f"{name}: expected {expected}, found {getattr(self, name)}")
