"""Options of scans of meshes. The command line takes its defaults from here."""

from dataclasses import dataclass
from pathlib import Path

from pipelines.clips.options import expect, expect_at_least
from pipelines.products.lidar.options import AUTO, DISTANCES, HEIGHTS, MAX_NOISE, UP_AXES
from shards.format.paths import refuse_url

POINT_FORMATS = ("pcd", "ply", "npy", "bin")
RANGE_FORMATS = ("range-png", "range-npy")
SCAN_FORMATS = (*POINT_FORMATS, *RANGE_FORMATS)
"""The formats of files, explained in docs/export.md."""
PLACEMENT = ("distance", "height", "azimuth")
"""The options that `sensor_pose` replaces."""
MOST_FPS = 1000.0


@dataclass(frozen=True)
class MeshScanOptions:
    """How meshes are scanned. Raises `InputError` for invalid values."""

    sensor: str = "os1-128"
    """Name of a sensor preset, such as vlp-16, or path of a sensor file."""
    format: str = "pcd"
    """Format of the files: points as pcd, ply, npy or bin (KITTI's), or an image of ranges as
    range-png (16 bits, 1/256 m) or range-npy (meters)."""
    points: int | None = None
    """Number of points kept per frame, in farthest point order; by default all hits."""
    distance: float = 8.0
    """Horizontal distance from the sensor to the middle of the mesh, in meters. The middle is that
    of all frames of a clip."""
    height: float = 1.0
    """Height of the sensor above z = 0, in meters."""
    azimuth: float = 0.0
    """Direction from the mesh to the sensor, in degrees counterclockwise from +x."""
    sensor_pose: Path | None = None
    """File (.npy) of the sensor's pose in the world, shaped (4, 4), instead of `distance`, `height`
    and `azimuth`."""
    sensors: Path | None = None
    """File (.toml) of sensors, instead of `sensor` and its place: each scans all meshes."""
    fps: float = 10.0
    """Meshes of a folder per second, Hz, for the vehicles of `sensors`."""
    up: str = AUTO
    """Axis that points up in the files: y, z, or auto for y in OBJ and glTF and z in others."""
    scale: float | None = None
    """Meters per unit of the files; by default 1, and a mesh too large for that is refused."""
    noise: float = 0.0
    """Standard deviation of the range noise along each ray, in meters; 0 gives an exact scan."""
    seed: int = 0
    """Seed of the range noise. It is combined with the name of the clip and the frame number."""

    def __post_init__(self) -> None:
        refuse_url(self.sensor)
        for name, values in (("format", SCAN_FORMATS), ("up", UP_AXES)):
            expect(getattr(self, name) in values, self, name, f"one of {', '.join(values)}")
        expect_at_least(self, "points", 1)
        image = self.points is not None and self.format in RANGE_FORMATS
        expect(not image, self, "points", "no number of points for an image of ranges")
        for name, (nearest, farthest) in (("distance", DISTANCES), ("height", HEIGHTS)):
            within = nearest <= getattr(self, name) <= farthest
            expect(within, self, name, f"{nearest:g} to {farthest:g} meters")
        expect(-360 <= self.azimuth <= 360, self, "azimuth", "-360 to 360 degrees")
        if self.sensor_pose is not None:
            self._expect_no_placement(PLACEMENT, "--sensor-pose gives the place of the sensor")
        if self.sensors is not None:
            refuse_url(self.sensors)
            replaced = ("sensor", "sensor_pose", *PLACEMENT)
            self._expect_no_placement(replaced, "--sensors names and places them")
        expect(0 < self.fps <= MOST_FPS, self, "fps", f"above 0, and at most {MOST_FPS:g} Hz")
        expect(self.scale is None or 0 < self.scale < float("inf"), self, "scale", "above 0")
        expect(0 <= self.noise <= MAX_NOISE, self, "noise", f"0 to {MAX_NOISE:g} meter")

    def _expect_no_placement(self, names: tuple[str, ...], reason: str) -> None:
        """Raise `InputError` if the sensor is placed by options that another one replaces."""
        for name in names:
            kept = getattr(self, name) == type(self).__dataclass_fields__[name].default
            expect(kept, self, name, f"nothing, because {reason}")
