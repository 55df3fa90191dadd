"""Rows of X, Y and P: their layout, their laws, and the published means."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from numpy.typing import NDArray

from motiondata.representations.pfnn.layout import (
    FEET,
    GAITS,
    SAMPLES,
    X_BLOCKS,
    X_COLUMNS,
    X_GROUPS,
    Y_BLOCKS,
    Y_COLUMNS,
    Y_GROUPS,
)
from motiondata.representations.pfnn.recovery import recover_pfnn_joints
from motiondata.representations.pfnn.rows import Rows, join_rows, make_rows, usable_cycles
from motiondata.representations.pfnn.skeleton import COUNT, MIRRORED, NAMES, PFNN_JOINTS
from motiondata.representations.pfnn.smpl_joints import pfnn_to_smpl_places, smpl_to_pfnn_places
from motiondata.representations.pfnn.statistics import row_statistics
from motiondata.representations.pfnn.take import Take, mirror_take
from motiondata.representations.sixd import multiply, rotate
from motiondata.skeletons import JOINT_NAMES
from motiondata.sources.pfnn.takes import read_take
from tests.support.pfnn_takes import made_take
from tests.support.reference_data import reference_data

Floats = NDArray[np.float64]


@lru_cache(maxsize=1)
def walk() -> Take:
    """Return a made walk around a bend, with one cycle over all usable frames."""
    take = made_take("walk", turn_deg=90).take
    return replace(take, cycles=((60, take.frames - 62),))


@lru_cache(maxsize=1)
def walk_rows() -> Rows:
    return make_rows(walk())


def turned(take: Take, degrees: float, x: float, z: float) -> Take:
    """Return a take turned about the vertical and moved on the ground."""
    sine, cosine = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    turn = np.array([[cosine, 0.0, sine], [0.0, 1.0, 0.0], [-sine, 0.0, cosine]])
    return replace(
        take,
        joints=rotate(turn, take.joints) + np.array([x, 0.0, z]),
        rotations=multiply(turn, take.rotations),
    )


def test_the_blocks_are_the_columns_that_trainers_read() -> None:
    for blocks, columns in ((X_BLOCKS, X_COLUMNS), (Y_BLOCKS, Y_COLUMNS)):
        stops = [block.stop for block in blocks.values()]
        assert [block.start for block in blocks.values()] == [0, *stops[:-1]]
        assert stops[-1] == columns
    for groups, columns in ((X_GROUPS, X_COLUMNS), (Y_GROUPS, Y_COLUMNS)):
        assert sorted(c for group in groups.values() for c in range(columns)[group]) == [
            *range(columns)
        ]


def test_the_skeleton_has_parents_before_children_and_pairs_of_sides() -> None:
    assert all(joint.parent < number for number, joint in enumerate(PFNN_JOINTS))
    assert [MIRRORED[other] for other in MIRRORED] == [*range(COUNT)]
    assert sum(a != b for a, b in enumerate(MIRRORED)) == 24
    swapped = {"Left": "Right", "Right": "Left", "L": "R", "R": "L"}
    for name, other in zip(NAMES, MIRRORED, strict=True):
        same = [side for side in swapped if name == swapped[side] + NAMES[other][len(side) :]]
        assert same if NAMES[other] != name else True


def test_joints_of_smpl_come_back_from_the_31() -> None:
    made = np.random.default_rng(0).normal(size=(3, 22, 3))
    back = pfnn_to_smpl_places(smpl_to_pfnn_places(made))
    kept = [n for n, name in enumerate(JOINT_NAMES) if "collar" not in name and name != "spine2"]
    np.testing.assert_array_equal(back[:, kept], made[:, kept])
    assert np.isfinite(back).all()


def test_rows_do_not_depend_on_where_the_person_is_and_faces() -> None:
    moved = make_rows(turned(walk(), 130.0, 3.0, -8.0))
    np.testing.assert_allclose(moved.x, walk_rows().x, atol=2e-3)
    np.testing.assert_allclose(moved.y, walk_rows().y, atol=2e-3)


def test_rows_of_a_mirrored_take_are_mirrored() -> None:
    mirrored, rows = make_rows(mirror_take(walk())), walk_rows()
    for name, block in X_BLOCKS.items():
        expected = _mirrored(name, rows.x[:, _OTHER.get(name, block)])
        np.testing.assert_allclose(mirrored.x[:, block], expected, atol=2e-4, err_msg=name)
    for name, block in Y_BLOCKS.items():
        expected = _mirrored(name, rows.y[:, block])
        np.testing.assert_allclose(mirrored.y[:, block], expected, atol=2e-4, err_msg=name)
    inside = slice(1, -1)
    half = (mirrored.phase[inside] - rows.phase[inside]) % 1.0
    np.testing.assert_allclose(half, 0.5, atol=1e-6)


_OTHER = {"heights_left": X_BLOCKS["heights_right"], "heights_right": X_BLOCKS["heights_left"]}


def _mirrored(name: str, block: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return a block of columns as a mirror shows it."""
    if name in ("path_x", "direction_x", "root_turn"):
        return -block
    if name == "root_velocity":
        return block * np.array([-1, 1], np.float32)
    if name == "contacts":
        return block[:, [2, 3, 0, 1]]
    if name.startswith("joint"):
        signs = [1, -1, -1] if name == "joint_rotations" else [-1, 1, 1]
        joints = block.reshape(len(block), COUNT, 3)[:, list(MIRRORED)] * np.array(signs)
        return np.asarray(joints.reshape(len(block), -1), np.float32)
    return block


def test_joints_come_back_from_y() -> None:
    """Distances to the joints of the first frame do not change when all is turned and moved."""
    rows = walk_rows()
    back, known = recover_pfnn_joints(rows.y) / 100, walk().joints[rows.frames]
    found, expected = (
        np.linalg.norm(each[:, :, None] - each[0], axis=-1) for each in (back, known)
    )
    np.testing.assert_allclose(found, expected, atol=1e-3)


def test_the_next_row_begins_where_y_says() -> None:
    """The network feeds its output back: joints of Y are those of the next row of X."""
    rows = walk_rows()
    for name in ("joint_places", "joint_velocities"):
        np.testing.assert_array_equal(rows.x[1:, X_BLOCKS[name]], rows.y[:-1, Y_BLOCKS[name]])
    for axis in "xz":
        ahead = rows.x[1:, X_BLOCKS[f"path_{axis}"]][:, SAMPLES // 2 :]
        np.testing.assert_array_equal(ahead, rows.y[:-1, Y_BLOCKS[f"path_{axis}"]])


def test_the_middle_of_a_window_is_the_row() -> None:
    x = walk_rows().x
    assert np.abs(x[:, X_BLOCKS["path_x"]][:, SAMPLES // 2]).max() == 0
    assert x[:, X_BLOCKS["direction_z"]][:, SAMPLES // 2] == pytest.approx(1, abs=1e-6)
    gaits = np.stack([x[:, X_BLOCKS[name]] for name in GAITS])
    np.testing.assert_allclose(gaits.sum(axis=0), 1, atol=1e-5)


def test_both_units_hold_the_same_rows() -> None:
    meters, cm = make_rows(walk(), "m"), walk_rows()
    lengths = ("path_x", "path_z", "joint_places", "joint_velocities")
    for name, block in X_BLOCKS.items():
        scale = 100 if name in lengths or name.startswith("heights") else 1
        np.testing.assert_allclose(cm.x[:, block], scale * meters.x[:, block], rtol=1e-5, atol=1e-5)
    for name in ("root_turn", "phase_change", "contacts", "joint_rotations"):
        np.testing.assert_array_equal(cm.y[:, Y_BLOCKS[name]], meters.y[:, Y_BLOCKS[name]])


def test_the_ground_is_sampled_left_at_and_right_of_the_path() -> None:
    def slope(points: Floats) -> Floats:
        return 0.1 * points[:, 0]  # rises to the left of a person who faces +z

    take = walk()
    forward = replace(turned(take, 0, 0, 0), terrain=slope)
    rows = make_rows(replace(forward, cycles=((60, 80),)))
    left, center, right = (
        rows.x[:, X_BLOCKS[f"heights_{name}"]] for name in ("left", "center", "right")
    )
    np.testing.assert_allclose(center.mean(axis=1), 0, atol=1e-4)
    np.testing.assert_allclose(left - center, center - right, atol=1e-3)
    assert np.abs(left - center).max() <= 2.5 + 1e-3
    flat = make_rows(take)
    assert np.abs(flat.x[:, X_BLOCKS["heights_left"].start :]).max() == 0


def test_a_foot_in_contact_is_slow_and_a_standing_person_stands_on_both() -> None:
    rows = walk_rows()
    contacts = rows.y[:, Y_BLOCKS["contacts"]]
    assert contacts.shape[1] == len(FEET)
    assert contacts[0].tolist() == [1, 1, 1, 1]
    assert 0.3 < contacts.mean() < 0.9


def test_cycles_without_a_whole_window_become_no_rows() -> None:
    take = made_take().take
    usable = usable_cycles(replace(take, cycles=((10, 70), (70, 120), (120, take.frames - 61))))
    assert usable == [(70, 120)]
    assert len(make_rows(replace(take, cycles=())).x) == 0
    rows = make_rows(take)
    assert sorted(set(rows.phase[[0, -1]].tolist())) == [0, 1]


@lru_cache(maxsize=1)
def published_rows() -> Rows:
    """Return the rows of a published take and of its mirror image, as PFNN's data has both."""
    take = read_take(reference_data("sources", "pfnn", "LocomotionFlat04_000.bvh"))
    return join_rows([make_rows(take), make_rows(mirror_take(take))])


def shipped(name: str) -> Floats:
    path = reference_data("sources", "pfnn", f"{name}.bin")
    return np.fromfile(path, "<f4").astype(np.float64)


TRUNK = 3 * (NAMES.index("Head") + 1)
"""The columns of the joints before the arms, which a person who jogs bends."""
X_LIMITS = {
    "path_x": 0.1, "path_z": 17.0, "direction_x": 1e-3, "direction_z": 0.5, "joint_places": 5.0,
    "joint_velocities": 1.0, "heights_center": 0.1,
}  # fmt: skip
Y_LIMITS = {
    "root_velocity": 0.6, "root_turn": 1e-4, "phase_change": 0.006, "contacts": 0.2,
    "path_x": 0.1, "path_z": 17.0, "direction_x": 1e-3, "direction_z": 0.4, "joint_places": 5.0,
    "joint_velocities": 1.0, "joint_rotations": 0.1,
}  # fmt: skip
"""How far the means of one take of jogging may be from those of all takes, in PFNN's units."""


def test_rows_of_a_published_take_are_near_the_shipped_means() -> None:
    rows = published_rows()
    found = row_statistics(rows.x, rows.y)
    for blocks, limits, mean, file in (
        (X_BLOCKS, X_LIMITS, found.x_mean, "Xmean"),
        (Y_BLOCKS, Y_LIMITS, found.y_mean, "Ymean"),
    ):
        for name, limit in limits.items():
            errors = np.abs(mean - shipped(file))[blocks[name]][:TRUNK]
            assert errors.max() < limit, (file, name)


def test_deviations_are_grouped_and_weighted_as_the_shipped_ones() -> None:
    rows = published_rows()
    found = row_statistics(rows.x, rows.y)
    for groups, std, known in (
        (X_GROUPS, found.x_std, shipped("Xstd")),
        (Y_GROUPS, found.y_std, shipped("Ystd")),
    ):
        for name, group in groups.items():
            if name == "heights":
                continue  # one take on flat ground
            ratio = std[group] / known[group]
            np.testing.assert_allclose(ratio, ratio[0], rtol=1e-5, err_msg=name)
            assert 0.3 < ratio[0] < 1.5, name
