"""Scenery: what the faces of a person and of the surroundings are, and which returns are kept."""

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
    """What the faces of a person and of the surroundings are."""

    parts: NDArray[np.uint8]
    """The body part of each face, or `NOT_THE_PERSON`, shaped (faces,). The faces of the
    surroundings follow those of the body."""
    materials: NDArray[np.uint8]
    labels: NDArray[np.uint8]


def scenery_of(shaped: ShapedBody, around: Surroundings | None) -> Scenery:
    """Return what the faces of a person and of their surroundings are."""
    body = shaped.body
    own = np.full(len(body.faces), PERSON, np.uint8)
    if around is None:
        return Scenery(body.face_parts, body.face_parts, own)
    others = np.full(len(around.faces), NOT_THE_PERSON, np.uint8)
    return Scenery(
        parts=np.concatenate([body.face_parts, others]),
        materials=np.concatenate([body.face_parts, around.labels + np.uint8(SCENE_MATERIAL)]),
        labels=np.concatenate([own, around.labels]),
    )


def with_surroundings(
    planes: NDArray[np.float32], request: Request
) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """Return the vertices (frames, 3, vertices) and faces of a person and of what stands around.

    `planes` are the vertices of the person, sensor frame.
    """
    faces, around = request.shaped.body.faces, request.surroundings
    if around is None:
        return planes, faces
    transform = request.T_sensor_world[..., None, :, :]
    seen = turn(transform[..., :3, :3], around.vertices) + transform[..., :3, 3]
    vertices = np.swapaxes(seen, -1, -2).astype(np.float32)
    still = np.broadcast_to(vertices, (len(planes), *vertices.shape[-2:]))
    return (
        np.concatenate([planes, still], axis=2),
        np.concatenate([faces, around.faces + np.int32(planes.shape[2])]),
    )


def kept_hits(hits: Hits, request: Request) -> Hits:
    """Return the hits in the box of the person; without a box, those on the person."""
    around, scan = request.surroundings, hits.scans.hits
    if around is None:
        return hits
    if around.box is None:
        return _only(hits, hits.labels == PERSON)
    T_world_sensor, counts = invert_rigid(request.looking), hits.scans.counts
    if request.sensor_moves:
        T_world_sensor = np.repeat(T_world_sensor, counts, axis=0)
    points = turn(T_world_sensor[..., :3, :3], scan.points.astype(np.float64))
    points += T_world_sensor[..., :3, 3]
    pelvis = np.repeat(request.trans + request.shaped.joints[0], counts, axis=0)
    aside = points[:, :2] - pelvis[:, :2]
    kept = aside[:, 0] ** 2 + aside[:, 1] ** 2 <= around.box.radius**2
    kept &= (points[:, 2] >= around.box.low) & (points[:, 2] <= around.box.high)
    return _only(hits, kept)


def _only(hits: Hits, kept: NDArray[np.bool_]) -> Hits:
    scan = hits.scans.hits
    offsets = np.concatenate([[0], np.cumsum(kept)])[hits.scans.offsets]
    inside = Scan(
        scan.points[kept], scan.faces[kept], scan.beams[kept], scan.columns[kept],
        scan.ranges[kept],
    )  # fmt: skip
    return Hits(
        Scans(inside, offsets), hits.intensities[kept], hits.face_parts, hits.face_labels,
        hits.column_times,
    )  # fmt: skip
