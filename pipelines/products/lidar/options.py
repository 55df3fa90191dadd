"""The options of a LiDAR dataset: how the clips are scanned.

`LidarBuildOptions` holds all options that may change a byte of the dataset and no others, so that
the plan's fingerprint covers all of them.
"""

from dataclasses import asdict, dataclass, field
from pathlib import PurePath
from typing import Any

from motiondata.devices import CPU, SCAN_DEVICES
from pipelines.clips.frame_rates import REFERENCE, rate_of
from pipelines.clips.options import ClipSelection, PackingOptions, expect, expect_at_least
from pipelines.products.lidar.spans import canonical, span_of
from shards.format.paths import refuse_url
from shards.format.stored_types import FLOAT32, STORED

DISTANCES = (0.3, 500.0)
"""The permitted distances in meters: from just outside a body that stands still to beyond the range
of such LiDARs."""
HEIGHTS = (-10.0, 100.0)
"""The permitted heights in meters: from a sensor in a pit to one on a mast. Recordings may lie some
meters off the floor."""
AZIMUTHS = (-360.0, 360.0)
"""The permitted azimuths in degrees."""
RANGED = {
    "distance": (DISTANCES, "meters"),
    "height": (HEIGHTS, "meters"),
    "azimuth": (AZIMUTHS, "degrees"),
}
"""The options that may be ranges, with their limits."""
EXACT = "none"
"""The value of `realism` for an exact scan."""
MAX_NOISE = 1.0
"""The maximum range noise in meters. Such LiDARs have range errors of centimeters (their data
sheets)."""
AUTO, Y_UP, Z_UP = "auto", "y", "z"
UP_AXES = (AUTO, Y_UP, Z_UP)
"""The axes that can point up in files of meshes."""
MAX_SCENE_POINTS = 100.0
"""The maximum of `scene_points` in meters."""
PARAMETER_ORDER = (
    "sensor",
    "sensors",
    "points",
    "distance",
    "height",
    "azimuth",
    "views",
    "in_place",
    "mean_shape",
    "mirror",
    "exclude",
    "noise",
    "seed",
    "fps",
    "quality",
    "realism",
    "effects",
    "members",
    "store",
    "scene",
    "scene_points",
    "device",
    "limit",
    "shard_megabytes",
)
"""The parameters in `dataset.json`, in the order in which they are written."""
OMITTED_DEFAULTS = {
    "sensors": "",
    "azimuth": 0.0,
    "exclude": [],
    "quality": False,
    "fps": REFERENCE,
    "realism": EXACT,
    "effects": "",
    "members": "",
    "store": FLOAT32,
    "scene": [],
    "scene_points": 0.0,
}
"""Parameters that `dataset.json` omits at these values, so that other datasets keep their
bytes."""
PLACEMENT = ("sensor", "distance", "height", "azimuth", "views")
"""The options that `sensors` replaces."""
SENSOR_POSE = "sensor_pose"
"""The field with the pose of the sensor in each frame, which is stored with `sensors`."""
EXTRAS = ("intensity", "time", "beam", "column", "label")
"""The values of the option `members`, in storage order."""


@dataclass(frozen=True)
class LidarOptions:
    """How clips are scanned. Raises `InputError` for invalid values."""

    sensor: str = "os1-128"
    """Name of a sensor preset, such as vlp-16, or path of a sensor file."""
    points: int = 384
    """Number of points kept per frame."""
    distance: float | str = 8.0
    """Horizontal distance from the sensor to the middle of the root's path, in meters, or a range,
    such as 4-20, of which each sample draws a value."""
    height: float | str = 1.0
    """Height of the sensor above the floor, in meters, or a range, such as 0.5-3."""
    azimuth: float | str = 0.0
    """Direction from the person to the first sensor, in degrees counterclockwise from where the
    person faces in the first frame, or a range, such as 0-360."""
    views: int = 1
    """Number of sensors, evenly spaced around the subject. Each makes one sample per clip."""
    sensors: str = ""
    """A file (.toml) of sensors, instead of `sensor`, `distance`, `height`, `azimuth` and `views`:
    fixed, on vehicles or on the person, each of which makes one sample per clip."""
    noise: float = 0.0
    """Standard deviation of the range noise along each ray, in meters; 0 gives an exact scan."""
    seed: int = 0
    """Seed of all that is random. It is combined with the sample's key and the frame number."""
    realism: str = "none"
    """What a real sensor and a street add: none, sensor, street, or a file (.toml) of values."""
    effects: str = ""
    """Values that replace those of `realism`, such as loss=0,clothing_mean_m=0.03."""
    members: str = ""
    """Further members, separated by commas: intensity, time, beam, column, label."""
    store: str = FLOAT32
    """Type in which points are stored: float32; float16, with errors up to 4 mm between 8 and 16 m;
    or int16, on a grid of 0.244 mm around the middle of each frame. This package reads float32."""
    scene: tuple[str, ...] = ()
    """A mesh (OBJ, PLY, STL, OFF, glTF) that stands still and hides what is behind it; repeat it
    for several. World frame of the motion, meters; z up, but y up in OBJ and glTF."""
    scene_points: float = 0.0
    """Keep points on the scene up to this many meters from the pelvis, horizontally; 0 keeps only
    those on the person."""
    fps: str = REFERENCE
    """Frame rate in Hz, such as 10 or 20, at which the sensor turns; or reference for HumanML3D's
    stride rule, about 20."""
    quality: bool = False
    """Store measures and flags of motion quality, as build-features does."""
    device: str = CPU
    """Device that poses, scans, and samples. The last bits of results differ between devices."""

    def __post_init__(self) -> None:
        refuse_url(self.sensor)
        expect_at_least(self, "points", 1)
        expect_at_least(self, "views", 1)
        expect_at_least(self, "noise", 0.0)
        for name, ((nearest, farthest), unit) in RANGED.items():
            least, greatest = self.span(name)
            within = nearest <= least <= greatest <= farthest
            expect(within, self, name, f"{nearest:g} to {farthest:g} {unit}")
        expect(self.noise <= MAX_NOISE, self, "noise", f"at most {MAX_NOISE:g} meter")
        expect(self.device in SCAN_DEVICES, self, "device", f"one of {', '.join(SCAN_DEVICES)}")
        _ = self.rate
        refuse_url(self.realism)
        known = {*self.extras} <= {*EXTRAS} and len({*self.extras}) == len(self.extras)
        expect(known, self, "members", f"some of {', '.join(EXTRAS)}, each once")
        stores = (FLOAT32, *STORED)
        expect(self.store in stores, self, "store", f"one of {', '.join(stores)}")
        for path in (self.sensors, *self.scene):
            refuse_url(path)
        for name in PLACEMENT if self.sensors else ():
            default = type(self).__dataclass_fields__[name].default
            kept = getattr(self, name) == default
            expect(kept, self, name, "nothing, because --sensors names and places them")
        near = 0 <= self.scene_points <= MAX_SCENE_POINTS
        expect(near, self, "scene_points", f"0 to {MAX_SCENE_POINTS:g} meters")
        expect(bool(self.scene) or not self.scene_points, self, "scene_points", "0 without --scene")

    def span(self, name: str) -> tuple[float, float]:
        """Return the least and the greatest value of an option that may be a range.

        Raises `InputError` if it is neither a number nor a range.
        """
        return span_of(getattr(self, name), name)

    @property
    def ranges(self) -> dict[str, tuple[float, float]]:
        """The least and the greatest value of each option that is a range."""
        spans = {name: self.span(name) for name in RANGED}
        return {name: span for name, span in spans.items() if span[0] < span[1]}

    @property
    def rate(self) -> float | None:
        """The frame rate in Hz; None for HumanML3D's stride rule."""
        return rate_of(self.fps)

    @property
    def extras(self) -> tuple[str, ...]:
        """The fields of the further members."""
        return tuple(filter(None, (name.strip() for name in self.members.split(","))))

    @property
    def further(self) -> tuple[str, ...]:
        """The fields of all members that not every dataset has."""
        return (*self.extras, *([SENSOR_POSE] if self.sensors else []))


@dataclass(frozen=True)
class LidarBuildOptions:
    """The clips of a LiDAR dataset, how they are scanned, and how they are packed."""

    clips: ClipSelection
    scan: LidarOptions = field(default_factory=LidarOptions)
    packing: PackingOptions = field(default_factory=PackingOptions)

    def parameters(self, sensor_name: str) -> dict[str, Any]:
        """Return all parameters that may change a byte, without paths, as in `dataset.json`.

        `sensor_name` is the name in the sensor's file; with `sensors`, it does not matter.
        """
        owners = (asdict(self.clips), asdict(self.scan), asdict(self.packing))
        values = {name: value for owner in owners for name, value in owner.items()}
        values |= {name: canonical(values[name]) for name in RANGED}
        values["exclude"] = self.clips.excluded
        values["fps"] = self.scan.rate or REFERENCE
        values["scene"] = [PurePath(path).name for path in self.scan.scene]
        values["sensors"] = PurePath(self.scan.sensors).name if self.scan.sensors else ""
        replaced = PLACEMENT if self.scan.sensors else ()
        names = (
            name
            for name in PARAMETER_ORDER
            if name not in OMITTED_DEFAULTS or values[name] != OMITTED_DEFAULTS[name]
        )
        values["sensor"] = sensor_name
        return {name: values[name] for name in names if name not in replaced}
