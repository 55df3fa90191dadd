"""Clothes: how far the surface moves, where, and which way."""

from dataclasses import replace

import numpy as np
import pytest

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import shape_body
from motiondata.lidar.realism.clothing import GARMENTS, rest_normals, wear_clothes
from motiondata.lidar.realism.dressing import dress
from motiondata.lidar.realism.keyed_random import generator_of
from motiondata.lidar.realism.settings import find_realism
from motiondata.skeletons import JOINT, JOINT_NAMES

BARE = shape_body(bundled_body(), np.zeros(0))
SENSOR = find_realism("sensor")
CLIPS = range(40)
OFFSETS = [
    np.linalg.norm(
        wear_clothes(BARE, SENSOR, generator_of(0, clip)).vertices - BARE.vertices, axis=1
    )
    for clip in CLIPS
]
"""The offset of each vertex in several clips, meters."""


def test_every_joint_has_one_garment() -> None:
    assert sorted(sum(GARMENTS.values(), ())) == sorted(JOINT_NAMES)


def mean_offset(*joints: str) -> float:
    """Return the mean offset of the vertices that follow some joints, meters."""
    part = BARE.body.driven_weights.argmax(axis=1)
    own = np.isin(part, [JOINT[name] for name in joints])
    return float(np.mean([offsets[own].mean() for offsets in OFFSETS]))


def test_jackets_are_looser_than_trousers_and_trousers_than_their_legs_below_the_knee() -> None:
    waist, thighs = mean_offset("pelvis", "spine1"), mean_offset("left_hip", "right_hip")
    shins = mean_offset("left_knee", "right_knee")
    assert (thighs + shins) / 2 == pytest.approx(SENSOR.clothing_mean_m, rel=0.25)
    assert waist > 1.3 * thighs > 1.3 * 1.1 * shins
    assert np.std([offsets.mean() for offsets in OFFSETS]) > 0.003


def test_no_garment_is_thicker_than_the_thickest_apart_from_folds() -> None:
    assert max(offsets.max() for offsets in OFFSETS) <= 1.2 * SENSOR.clothing_most_m


def test_the_head_is_bare_unless_its_largest_offset_is_set() -> None:
    weight = BARE.body.driven_weights[:, [JOINT["head"]]].sum(axis=1)
    head, hooded = weight > 0.99, replace(SENSOR, clothing_head_m=0.002)
    vertices = wear_clothes(BARE, hooded, generator_of(0, 0)).vertices
    moved = np.linalg.norm(vertices - BARE.vertices, axis=1)[head]
    assert max(offsets[head].max() for offsets in OFFSETS) < 5e-4
    assert 1e-3 < moved.max() < 3e-3


def test_neighboring_vertices_move_alike() -> None:
    faces = BARE.body.faces
    edges = np.concatenate([faces[:, [0, 1]], faces[:, [1, 2]]])
    lengths = np.linalg.norm(np.diff(BARE.vertices[edges], axis=1)[:, 0], axis=1)
    for offsets in OFFSETS[:5]:
        steps = np.abs(np.diff(offsets[edges], axis=1)[:, 0])
        assert np.median(steps / lengths) < 0.2


def test_the_surface_moves_outward() -> None:
    normals = rest_normals(BARE)
    np.testing.assert_allclose(np.linalg.norm(normals, axis=1), 1, atol=1e-9)
    middle = BARE.vertices[:, [0, 2]] - BARE.vertices[:, [0, 2]].mean(axis=0)
    torso = BARE.body.driven_weights[:, JOINT["spine2"]] > 0.5
    assert ((normals[:, [0, 2]] * middle).sum(axis=1)[torso] > 0).mean() > 0.9


def test_clothes_depend_on_the_seed_and_the_clip_alone() -> None:
    one, again = (dress(BARE, SENSOR, 0, "a") for _ in range(2))
    assert np.array_equal(one.shaped.vertices, again.shaped.vertices)
    assert not np.array_equal(one.shaped.vertices, dress(BARE, SENSOR, 0, "b").shaped.vertices)
    assert not np.array_equal(one.shaped.vertices, dress(BARE, SENSOR, 1, "a").shaped.vertices)


def test_without_realism_the_body_is_the_same_object() -> None:
    person = dress(BARE, find_realism("none"), 0, "a")
    assert person.shaped is BARE
    assert person.appearance is None


def test_clothes_do_not_move_joints() -> None:
    assert dress(BARE, SENSOR, 0, "a").shaped.joints is BARE.joints
