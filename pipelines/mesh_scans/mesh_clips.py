"""Meshes in time, and the sensors that scan them."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from motiondata.arrays import rigid_transform
from motiondata.errors import InputError
from motiondata.lidar.placement import place_sensor
from motiondata.lidar.presets import find_sensor
from motiondata.lidar.rigs.moments import Moments
from motiondata.lidar.rigs.read_rig import PlacedSensor, read_rig
from motiondata.lidar.sensor import Sensor
from motiondata.skeletons import JOINTS
from motiondata.trigonometry import sines_and_cosines
from pipelines.engine.progress import Progress
from pipelines.mesh_scans.mesh_files import find_meshes, plain_name
from pipelines.mesh_scans.options import POINT_FORMATS, RANGE_FORMATS, MeshScanOptions
from pipelines.products.lidar.mesh_reading import MeshReading
from shards.format.hashing import hash_bytes

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class MeshClip:
    """Meshes in time, and a sensor that scans them."""

    name: str
    meshes: tuple[Path, ...]
    digest: str
    """A hash of all vertices and faces."""
    sensor: Sensor
    T_world_sensor: Floats
    """Shaped (4, 4), or (frames, 4, 4) for a sensor that moves."""

    def pose_at(self, frame: int) -> Floats:
        """Return `T_world_sensor` in a frame, shaped (4, 4)."""
        moves = self.T_world_sensor.ndim == 3
        return self.T_world_sensor[frame] if moves else self.T_world_sensor


@dataclass(frozen=True, eq=False)
class _Meshes:
    """The meshes of a clip, which have been read once."""

    name: str
    paths: tuple[Path, ...]
    digest: str
    bounds: Floats
    """Corners of the boxes of all frames, shaped (corners, 3), world frame, meters."""


def find_clips(source: Path, options: MeshScanOptions, stream: TextIO | None) -> list[MeshClip]:
    """Read all meshes, and place the sensors; raises `InputError` for invalid files.

    With `sensors`, each clip of meshes is one clip of each sensor.
    """
    rig = None if options.sensors is None else read_rig(options.sensors)
    sensor = find_sensor(options.sensor)
    for each in [sensor] if rig is None else [placed.model for placed in rig]:
        _expect_rows(each, options)
    found = _read(source, MeshReading(options.up, options.scale), stream)
    if rig is None:
        return [
            MeshClip(each.name, each.paths, each.digest, sensor, _sensor_pose(each.bounds, options))
            for each in found
        ]
    return [_placed(each, placed, options.fps) for each in found for placed in rig]


def _placed(meshes: _Meshes, placed: PlacedSensor, fps: float) -> MeshClip:
    seconds = np.arange(len(meshes.paths)) / fps
    if placed.placement.needs_person:
        raise InputError(
            f"sensor {placed.name}: expected a place that does not depend on a person, because "
            "meshes have no joints; mount it on clip, world or a vehicle, and look at a point"
        )
    pose = placed.placement.poses(_moments(meshes.bounds, seconds))
    name = f"{meshes.name}/{placed.name}"
    return MeshClip(name, meshes.paths, meshes.digest, placed.model, pose)


def _moments(bounds: Floats, seconds: Floats) -> Moments:
    """Return somebody who stays in the box of the meshes, and faces along +x."""
    joints = np.repeat(bounds[:, None], JOINTS, axis=1)
    nobody = np.zeros((len(seconds), JOINTS, 3))
    return Moments(seconds, nobody, nobody, joints)


def _expect_rows(sensor: Sensor, options: MeshScanOptions) -> None:
    """Raise `InputError` for an image of ranges of a sensor whose rays have no rows and columns."""
    if sensor.pattern is not None and options.format in RANGE_FORMATS:
        raise InputError(
            f"--format {options.format}: expected a sensor with a fixed grid of rays, found "
            f"{sensor.name}, which has a scan pattern; choose {', '.join(POINT_FORMATS)}"
        )


def _read(source: Path, reading: MeshReading, stream: TextIO | None) -> list[_Meshes]:
    found = find_meshes(source)
    with Progress(sum(map(len, found.values())), 0, stream, "meshes") as progress:
        return [_read_clip(name, meshes, reading, progress) for name, meshes in found.items()]


def _read_clip(
    name: str, meshes: tuple[Path, ...], reading: MeshReading, progress: Progress
) -> _Meshes:
    """Read the meshes of a clip."""
    bounds, hashes = [], []
    for path in progress.over(meshes):
        vertices, faces = reading.read(path)
        used = vertices[faces].reshape(-1, 3)
        bounds += [used.min(axis=0), used.max(axis=0)]
        hashes.append(hash_bytes(vertices.tobytes() + faces.tobytes()))
    names = Counter(plain_name(path.stem) for path in meshes)
    twice = [stem for stem, number in names.items() if number > 1]
    if twice:
        raise InputError(f"{meshes[0].parent}: two meshes would be called {twice[0]}; rename one")
    return _Meshes(name, meshes, hash_bytes("".join(hashes).encode()), np.array(bounds))


def _sensor_pose(bounds: Floats, options: MeshScanOptions) -> Floats:
    """Return `T_world_sensor`; `bounds` are corners of the boxes of all frames, shaped (n, 3)."""
    if options.sensor_pose is not None:
        return _read_pose(options.sensor_pose)
    sine, cosine = sines_and_cosines(np.radians(options.azimuth))
    heading = np.array([float(cosine), float(sine)])
    (placed,) = place_sensor(bounds, heading, distance=options.distance, height=options.height)
    return np.asarray(placed)


def _read_pose(path: Path) -> Floats:
    try:
        pose = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        # NumPy takes any file without its header for a pickle, and advises to load it as one.
        found = "another file" if "allow_pickle" in str(error) else error
        raise InputError(f"{path}: expected a .npy file shaped (4, 4); found: {found}") from error
    T_world_sensor: Floats = rigid_transform(pose, str(path))
    return T_world_sensor
