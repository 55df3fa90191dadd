"""The command that scans files of meshes."""

import sys
from pathlib import Path
from typing import Any

import click

from commands.choices import Choice
from commands.options import options_of
from commands.parameters import ANY, FILE, FOLDER, SENSOR
from commands.printing import json_option, show
from pipelines.mesh_scans.options import SCAN_FORMATS, MeshScanOptions
from pipelines.products.lidar.options import UP_AXES

TYPES = {
    "sensor": SENSOR,
    "format": Choice(SCAN_FORMATS),
    "up": Choice(UP_AXES),
    "sensor_pose": FILE,
    "sensors": FILE,
}
"""The types of the options of `MeshScanOptions` that are not plain values."""


@click.command()
@click.option("--sensor", type=SENSOR, help="Only this preset, or this sensor file.")
@json_option
def sensors(sensor: str | None, as_json: bool) -> None:
    """List the sensor presets, with the expected number of hits on an adult.

    Hits are those of exact scans of the bundled body, 1.7 m tall, which stands with its arms down;
    they are means over eight directions. The sensor is 1 m above the floor.
    """
    from pipelines.mesh_scans.sensor_list import list_sensors

    show(list_sensors(sensor, sys.stderr), as_json)


@click.command()
@click.argument("source", metavar="MESH", type=ANY)
@click.option("--out", type=FOLDER, required=True, help="Folder to write the files into.")
@options_of(MeshScanOptions, types=TYPES)
@json_option
def scan(source: Path, out: Path, as_json: bool, **parameters: Any) -> None:
    """Scan meshes with a simulated LiDAR.

    MESH is a file that trimesh reads, such as OBJ, PLY, STL, OFF, or glTF; or a folder of such
    files, which are the frames of a clip in the order of the numbers in their names. Each folder
    below it is another clip. A scene of several meshes is scanned as a whole. Meshes are not moved:
    the sensor is placed. Points are in the sensor frame, in meters.

    The same command resumes after an interruption. docs/export.md describes the files.
    """
    from pipelines.mesh_scans.scan import scan_meshes

    options = MeshScanOptions(**parameters)
    show(scan_meshes(source, out, options, sys.stderr), as_json)
