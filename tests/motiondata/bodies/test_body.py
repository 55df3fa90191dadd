"""The parts of bodies, and the small body that other tests use."""

from collections import Counter

import numpy as np
import pytest

from motiondata.bodies.body import Body
from motiondata.bodies.smpl_format import arrays_to_body
from motiondata.skeletons import JOINT, JOINTS, LEFT_JOINTS
from tests.support.small_body import made_body, small_body


@pytest.mark.parametrize(("joints", "head", "left_wrist"), [(24, 0, 1), (52, 0, 15), (55, 3, 15)])
def test_unposed_joints_fold_into_their_nearest_posed_ancestor(
    joints: int, head: int, left_wrist: int
) -> None:
    body = arrays_to_body(made_body(joints=joints, vertices=50), "made", "made")
    hand = slice(22 + head, 22 + head + left_wrist)
    expected = body.weights[:, :JOINTS].copy()
    expected[:, JOINT["head"]] += body.weights[:, 22 : 22 + head].sum(axis=1)
    expected[:, JOINT["left_wrist"]] += body.weights[:, hand].sum(axis=1)
    expected[:, JOINT["right_wrist"]] += body.weights[:, hand.stop :].sum(axis=1)
    np.testing.assert_allclose(body.driven_weights, expected, rtol=0, atol=1e-15)


def test_a_face_part_is_the_joint_that_its_vertices_follow_most() -> None:
    body = arrays_to_body(made_body(vertices=50), "made", "made")
    for face, part in zip(body.faces, body.face_parts, strict=True):
        total = sum(body.driven_weights[vertex] for vertex in face)
        assert part == np.argmax(total)
    assert body.face_parts.dtype == np.uint8


def test_the_small_body_has_every_part_where_it_belongs() -> None:
    body = small_body()
    centers = body.vertices[body.faces].mean(axis=1)
    assert set(body.face_parts) == set(range(JOINTS))
    for part in range(JOINTS):
        part_faces = centers[body.face_parts == part]
        distance = np.linalg.norm(part_faces - body.joints_template[part], axis=1)
        assert distance.max() < 0.5, part
    assert (centers[np.isin(body.face_parts, LEFT_JOINTS), 0] > -0.05).all()
    assert centers[body.face_parts == JOINT["head"], 1].min() > body.joints_template[12, 1]


def test_the_small_body_is_closed_and_faces_outwards() -> None:
    body = small_body()
    edges = Counter(
        (int(face[corner]), int(face[(corner + 1) % 3]))
        for face in body.faces
        for corner in range(3)
    )
    assert set(edges.values()) == {1}
    assert all((last, first) in edges for first, last in edges)
    assert 0.05 < volume(body) < 0.1


def volume(body: Body) -> float:
    """Return the volume that the surface encloses, in cubic meters."""
    a, b, c = body.vertices[body.faces].transpose(1, 0, 2)
    return float((a * np.cross(b, c)).sum() / 6)
