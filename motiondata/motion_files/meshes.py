"""Meshes of single frames, as OBJ and PLY files. The order of the vertices is that of the body."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import trimesh

from motiondata.bodies.posing import IDENTITY
from motiondata.motion_files.body_motion import T_YUP_WORLD, BodyMotion, Floats

OBJ_DIGITS = 6
"""Decimals of a coordinate: micrometers."""
HEADER = "y up, meters"
UP_TO: dict[str, Floats] = {"obj": T_YUP_WORLD, "ply": IDENTITY}
"""From the world to the axes of each format: what Blender and other programs expect of it."""
OPTIONS: dict[str, dict[str, Any]] = {
    "obj": {"digits": OBJ_DIGITS, "header": HEADER, "include_normals": False},
    "ply": {"vertex_normal": False},
}
"""The options of trimesh's writer of each format."""


def motion_to_meshes(motion: BodyMotion, kind: str) -> Iterator[bytes]:
    """Yield a file per frame; `kind` is `obj` (text, y up) or `ply` (binary, z up), meters."""
    faces = motion.shaped.body.faces
    for vertices in motion.surfaces(UP_TO[kind]):
        mesh = trimesh.Trimesh(np.ascontiguousarray(vertices), faces, process=False)
        written = mesh.export(file_type=kind, **OPTIONS[kind])
        yield written.encode("ascii") if isinstance(written, str) else bytes(written)
