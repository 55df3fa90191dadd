"""Scan files of meshes as they stand, and write the scan of each to a file."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from motiondata.counting import counted
from motiondata.lidar.cpu.scanner import Scanner
from motiondata.lidar.cpu.scanners import make_scanner
from motiondata.lidar.cpu.scattered import PatternScanner
from motiondata.lidar.noise import add_range_noise
from motiondata.lidar.placement import invert_rigid
from motiondata.lidar.scan_mesh import keep_points
from motiondata.lidar.scans import Scan
from motiondata.lidar.sensor import Sensor
from pipelines.datasets.export_folder import ExportFolder
from pipelines.datasets.export_report import write_groups
from pipelines.datasets.file_groups import FileGroups, Line
from pipelines.engine.errors import os_errors_as_aborted
from pipelines.engine.output_path import expect_possible_folder
from pipelines.engine.progress import Rate
from pipelines.engine.reports import Report
from pipelines.mesh_scans.mesh_clips import MeshClip, find_clips
from pipelines.mesh_scans.mesh_files import plain_name
from pipelines.mesh_scans.options import MeshScanOptions
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
            f"{counted(self.hits, 'hit')} in {counted(self.rate.done, 'frame')} of this run{empty}",
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
    clips = find_clips(source, options, stream)
    files = ScanFiles(clips, options)
    record = {
        **_names_of_sensors(clips, options),
        "T_world_sensor": {clip.name: clip.T_world_sensor.tolist() for clip in clips},
    }
    folder = ExportFolder(out)
    with os_errors_as_aborted(out), folder.locked(_made_by(clips, options)):
        rate = write_groups(folder, [files])
        folder.write_files([(SENSORS, f"{json.dumps(record, indent=1)}\n".encode())])
        (path,) = folder.write_lists(files.lists())
    frames = int(files.lengths.sum())
    seen = files.seen
    animations = sum(has_animation(mesh) for clip in clips for mesh in clip.meshes)
    return MeshScanReport(
        out, len(clips), frames, path, rate, seen["hits"], seen["empty"], animations
    )


def _names_of_sensors(clips: Sequence[MeshClip], options: MeshScanOptions) -> Mapping[str, Any]:
    if options.sensors is None:
        return {"sensor": clips[0].sensor.name}
    return {"sensors": {clip.name: clip.sensor.name for clip in clips}}


def _made_by(clips: Sequence[MeshClip], options: MeshScanOptions) -> Mapping[str, Any]:
    """Return everything that may change a byte of a file."""
    sensors = list({id(clip.sensor): clip.sensor for clip in clips}.values())
    named = asdict(replace(options, sensor=sensors[0].name, sensor_pose=None, sensors=None))
    return {
        "meshes": hash_bytes(json.dumps([(clip.name, clip.digest) for clip in clips]).encode()),
        **{name: value for name, value in named.items() if name not in ("sensors", "fps")},
        "sensor_poses": [clip.T_world_sensor.tolist() for clip in clips],
        "sensor_hash": hash_bytes(b"".join(map(_content_of, sensors))),
    }


def _content_of(sensor: Sensor) -> bytes:
    angles = sensor.elevation.tobytes() + sensor.azimuth_offset.tobytes()
    pattern = () if sensor.pattern is None else (sensor.pattern,)
    limits = (sensor.columns, sensor.min_range, sensor.max_range, sensor.window, *pattern)
    return angles + str(limits).encode()


class ScanFiles(FileGroups):
    """The files of all clips."""

    columns = ("file", "clip", "frame", "mesh")

    def __init__(self, clips: Sequence[MeshClip], options: MeshScanOptions) -> None:
        self.split, self.keys = "scans", [clip.name for clip in clips]
        self.lengths = np.array([len(clip.meshes) for clip in clips])
        self.seen: Counter[str] = Counter()
        """Hits and empty frames of the scans so far."""
        self._clips, self._options = clips, options
        self._scanners: dict[int, Scanner | PatternScanner] = {}
        self._reading = MeshReading(options.up, options.scale)

    def _scanner(self, sensor: Sensor) -> Scanner | PatternScanner:
        if id(sensor) not in self._scanners:
            self._scanners[id(sensor)] = make_scanner(sensor)
        return self._scanners[id(sensor)]

    def names(self, group: int) -> Sequence[str]:
        """Return the names of a clip's files, one per frame."""
        clip, (suffix, _) = self._clips[group], WRITERS[self._options.format]
        return [f"{clip.name}/{plain_name(mesh.stem)}{suffix}" for mesh in clip.meshes]

    def contents(self, group: int) -> Iterator[bytes]:
        """Yield the bytes of each file of a clip."""
        _, write = WRITERS[self._options.format]
        clip = self._clips[group]
        for frame in range(len(clip.meshes)):
            yield write(self._scan(clip, frame), clip.sensor)

    def listed(self, group: int) -> Iterator[Line]:
        """Yield one line per frame of a clip."""
        clip = self._clips[group]
        for frame, (name, mesh) in enumerate(zip(self.names(group), clip.meshes, strict=True)):
            yield name, clip.name, frame, plain_name(mesh.stem) + mesh.suffix

    def _scan(self, clip: MeshClip, frame: int) -> Scan:
        """Scan one mesh, and keep the number of points that the options ask for."""
        vertices, faces = self._reading.read(clip.meshes[frame])
        T_sensor_world = invert_rigid(clip.pose_at(frame))
        seen = vertices @ T_sensor_world[:3, :3].T + T_sensor_world[:3, 3]
        time = np.array([frame / clip.sensor.measurement.turns_per_second])
        scans = self._scanner(clip.sensor).scan_clip(seen.astype(np.float32)[None], faces, time)
        options = self._options
        scans = add_range_noise(scans, options.noise, options.seed, clip.name, frame)
        hits = len(scans.hits.points)
        self.seen += Counter(hits=hits, empty=int(hits == 0))
        if options.points is None or hits == 0:
            return scans.hits
        return keep_points(scans.hits, min(options.points, hits))
