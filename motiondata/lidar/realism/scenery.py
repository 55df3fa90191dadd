"""Scenery: one mesh of a person and of the surroundings, and the returns in the person's box."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.posing import ShapedBody
from motiondata.lidar.observer import Request
from motiondata.lidar.placement import invert_rigid, turn
from motiondata.lidar.point_values import Hits
from motiondata.lidar.scans import Scan, Scans
from motiondata.lidar.surroundings import NOT_THE_PERSON, PERSON, SCENE_MATERIAL, Surroundings


@dataclass(frozen=True, eq=False)
class Scenery:
    """What the faces of a mesh are."""

    faces: NDArray[np.int32]
    """Shaped (faces, 3). Vertices of the surroundings follow those of the body."""
    parts: NDArray[np.uint8]
    """The body part of each face, or `NOT_THE_PERSON`, shaped (faces,)."""
    materials: NDArray[np.uint8]
    labels: NDArray[np.uint8]


def scenery_of(shaped: ShapedBody, around: Surroundings | None) -> Scenery:
    """Return the mesh of a person with their surroundings."""
    body = shaped.body
    own = np.full(len(body.faces), PERSON, np.uint8)
    if around is None:
        return Scenery(body.faces, body.face_parts, body.face_parts, own)
    others = np.full(len(around.faces), NOT_THE_PERSON, np.uint8)
    return Scenery(
        faces=np.concatenate([body.faces, around.faces + shaped.plane_vertices]).astype(np.int32),
        parts=np.concatenate([body.face_parts, others]),
        materials=np.concatenate([body.face_parts, around.labels + np.uint8(SCENE_MATERIAL)]),
        labels=np.concatenate([own, around.labels]),
    )


def joined_planes(planes: NDArray[np.float32], request: Request) -> NDArray[np.float32]:
    """Return the vertices of a body in each frame, followed by those of its surroundings."""
    around = request.surroundings
    if around is None:
        return planes
    transform = request.T_sensor_world
    still = (turn(transform[:3, :3], around.vertices) + transform[:3, 3]).astype(np.float32)
    return np.concatenate([planes, np.broadcast_to(still.T, (len(planes), *still.T.shape))], axis=2)


def in_box(hits: Hits, request: Request) -> Hits:
    """Return the hits in the box of the person, if there are surroundings."""
    around, scan = request.surroundings, hits.scans.hits
    if around is None:
        return hits
    T_world_sensor = invert_rigid(request.T_sensor_world)
    points = turn(T_world_sensor[:3, :3], scan.points.astype(np.float64)) + T_world_sensor[:3, 3]
    pelvis = np.repeat(request.trans + request.shaped.joints[0], hits.scans.counts, axis=0)
    aside = points[:, :2] - pelvis[:, :2]
    kept = aside[:, 0] ** 2 + aside[:, 1] ** 2 <= around.box.radius**2
    kept &= (points[:, 2] >= around.box.low) & (points[:, 2] <= around.box.high)
    offsets = np.concatenate([[0], np.cumsum(kept)])[hits.scans.offsets]
    inside = Scan(
        scan.points[kept], scan.faces[kept], scan.beams[kept], scan.columns[kept],
        scan.ranges[kept],
    )  # fmt: skip
    return Hits(
        Scans(inside, offsets), hits.intensities[kept], hits.parts[kept], hits.labels[kept],
        hits.column_times,
    )  # fmt: skip
