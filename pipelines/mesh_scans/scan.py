"""Scan files of meshes as they stand, and write the scan of each to a file."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from motiondata.arrays import rigid_transform
from motiondata.counting import counted
from motiondata.errors import InputError
from motiondata.lidar.cpu.scanner import Scanner
from motiondata.lidar.cpu.scanners import make_scanner
from motiondata.lidar.cpu.scattered import PatternScanner
from motiondata.lidar.noise import add_range_noise
from motiondata.lidar.placement import invert_rigid, place_sensor
from motiondata.lidar.presets import find_sensor
from motiondata.lidar.scan_mesh import keep_points
from motiondata.lidar.scans import Scan
from motiondata.lidar.sensor import Sensor
from motiondata.trigonometry import sines_and_cosines
from pipelines.datasets.export_folder import ExportFolder
from pipelines.datasets.export_report import write_groups
from pipelines.datasets.file_groups import FileGroups, Line
from pipelines.engine.errors import os_errors_as_aborted
from pipelines.engine.output_path import expect_possible_folder
from pipelines.engine.progress import Progress, Rate
from pipelines.engine.reports import Report
from pipelines.mesh_scans.mesh_files import find_meshes, plain_name
from pipelines.mesh_scans.options import POINT_FORMATS, RANGE_FORMATS, MeshScanOptions
from pipelines.mesh_scans.scan_files import WRITERS
from pipelines.products.lidar.mesh_reading import MeshReading, has_animation
from shards.format.hashing import hash_bytes
from shards.format.paths import refuse_url

Floats = NDArray[np.float64]

SENSORS = "sensors.json"
"""The file with the pose of the sensor of each clip."""


@dataclass(frozen=True)
class MeshScanReport(Report):
    """The result of scanning meshes."""

    folder: Path
    clips: int
    frames: int
    files: Path
    """The list of the files."""
    rate: Rate
    """What this run did. Earlier runs may have done the rest."""
    hits: int
    """Number of rays that hit in the frames of this run."""
    empty_frames: int
    """Number of frames of this run that no ray hit."""
    animations: int
    """Number of files of animations, which are scanned at rest."""

    def lines(self) -> list[str]:
        """Return the totals, the hits, and the rate."""
        totals = f"{counted(self.frames, 'frame')} of {counted(self.clips, 'clip')}"
        empty = f", {self.empty_frames} of them without hits" if self.empty_frames else ""
        animated = (
            f"{counted(self.animations, 'animation')} scanned at rest: a file is one frame; export "
            "frames with --format obj or ply to scan a motion"
        )
        return [
            *[animated] * bool(self.animations),
            f"{totals}, listed in {self.files}",
            f"{self.hits:,} hits in {counted(self.rate.done, 'frame')} of this run{empty}",
            self.rate.describe(),
        ]


def scan_meshes(
    source: Path, out: Path, options: MeshScanOptions, stream: TextIO | None = None
) -> MeshScanReport:
    """Scan a mesh, or folders of meshes in time; write the missing files and return a report.

    All meshes are read and checked first. Progress is written to `stream`. Raises `InputError` for
    invalid input before anything is written, and `AbortedError` for a failure of the machine; the
    same call then resumes.
    """
    refuse_url(source)
    expect_possible_folder(out)
    sensor = find_sensor(options.sensor)
    _expect_rows(sensor, options)
    clips = _find_clips(source, options, stream)
    files = ScanFiles(clips, sensor, options)
    record = {
        "sensor": sensor.name,
        "T_world_sensor": {clip.name: clip.T_world_sensor.tolist() for clip in clips},
    }
    folder = ExportFolder(out)
    with os_errors_as_aborted(out), folder.locked(_made_by(clips, sensor, options)):
        rate = write_groups(folder, [files])
        folder.write_files([(SENSORS, f"{json.dumps(record, indent=1)}\n".encode())])
        (path,) = folder.write_lists(files.lists())
    frames = int(files.lengths.sum())
    seen = files.seen
    animations = sum(has_animation(mesh) for clip in clips for mesh in clip.meshes)
    return MeshScanReport(
        out, len(clips), frames, path, rate, seen["hits"], seen["empty"], animations
    )


@dataclass(frozen=True, eq=False)
class MeshClip:
    """Meshes in time, and the sensor that scans them."""

    name: str
    meshes: tuple[Path, ...]
    digest: str
    """A hash of all vertices and faces."""
    T_world_sensor: Floats
    """Shaped (4, 4)."""


def _expect_rows(sensor: Sensor, options: MeshScanOptions) -> None:
    """Raise `InputError` for an image of ranges of a sensor whose rays have no rows and columns."""
    if sensor.pattern is not None and options.format in RANGE_FORMATS:
        raise InputError(
            f"--format {options.format}: expected a sensor with a fixed grid of rays, found "
            f"{sensor.name}, which has a scan pattern; choose {', '.join(POINT_FORMATS)}"
        )


def _find_clips(source: Path, options: MeshScanOptions, stream: TextIO | None) -> list[MeshClip]:
    reading = MeshReading(options.up, options.scale)
    found = find_meshes(source)
    with Progress(sum(map(len, found.values())), 0, stream, "meshes") as progress:
        return [
            _place_clip(name, meshes, reading, options, progress) for name, meshes in found.items()
        ]


def _place_clip(
    name: str,
    meshes: tuple[Path, ...],
    reading: MeshReading,
    options: MeshScanOptions,
    progress: Progress,
) -> MeshClip:
    """Read the meshes of a clip and place the sensor."""
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
    digest = hash_bytes("".join(hashes).encode())
    return MeshClip(name, meshes, digest, _sensor_pose(np.array(bounds), options))


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


def _made_by(
    clips: Sequence[MeshClip], sensor: Sensor, options: MeshScanOptions
) -> Mapping[str, Any]:
    """Return everything that may change a byte of a file."""
    angles = sensor.elevation.tobytes() + sensor.azimuth_offset.tobytes()
    pattern = () if sensor.pattern is None else (sensor.pattern,)
    limits = (sensor.columns, sensor.min_range, sensor.max_range, sensor.window, *pattern)
    named = replace(options, sensor=sensor.name, sensor_pose=None)
    return {
        "meshes": hash_bytes(json.dumps([(clip.name, clip.digest) for clip in clips]).encode()),
        **asdict(named),
        "sensor_poses": [clip.T_world_sensor.tolist() for clip in clips],
        "sensor_hash": hash_bytes(angles + str(limits).encode()),
    }


class ScanFiles(FileGroups):
    """The files of all clips."""

    columns = ("file", "clip", "frame", "mesh")

    def __init__(self, clips: Sequence[MeshClip], sensor: Sensor, options: MeshScanOptions) -> None:
        self.split, self.keys = "scans", [clip.name for clip in clips]
        self.lengths = np.array([len(clip.meshes) for clip in clips])
        self.seen: Counter[str] = Counter()
        """Hits and empty frames of the scans so far."""
        self._clips, self._options, self._sensor = clips, options, sensor
        self._reading = MeshReading(options.up, options.scale)

    @cached_property
    def _scanner(self) -> Scanner | PatternScanner:
        return make_scanner(self._sensor)

    def names(self, group: int) -> Sequence[str]:
        """Return the names of a clip's files, one per frame."""
        clip, (suffix, _) = self._clips[group], WRITERS[self._options.format]
        return [f"{clip.name}/{plain_name(mesh.stem)}{suffix}" for mesh in clip.meshes]

    def contents(self, group: int) -> Iterator[bytes]:
        """Yield the bytes of each file of a clip."""
        _, write = WRITERS[self._options.format]
        for frame in range(len(self._clips[group].meshes)):
            yield write(self._scan(self._clips[group], frame), self._sensor)

    def listed(self, group: int) -> Iterator[Line]:
        """Yield one line per frame of a clip."""
        clip = self._clips[group]
        for frame, (name, mesh) in enumerate(zip(self.names(group), clip.meshes, strict=True)):
            yield name, clip.name, frame, plain_name(mesh.stem) + mesh.suffix

    def _scan(self, clip: MeshClip, frame: int) -> Scan:
        """Scan one mesh, and keep the number of points that the options ask for."""
        vertices, faces = self._reading.read(clip.meshes[frame])
        T_sensor_world = invert_rigid(clip.T_world_sensor)
        seen = vertices @ T_sensor_world[:3, :3].T + T_sensor_world[:3, 3]
        time = np.array([frame / self._sensor.measurement.turns_per_second])
        scans = self._scanner.scan_clip(seen.astype(np.float32)[None], faces, time)
        options = self._options
        scans = add_range_noise(scans, options.noise, options.seed, clip.name, frame)
        hits = len(scans.hits.points)
        self.seen += Counter(hits=hits, empty=int(hits == 0))
        if options.points is None or hits == 0:
            return scans.hits
        return keep_points(scans.hits, min(options.points, hits))
