"""A body with a shape, loaded and posed by the functions of the Python interface."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from motiondata import load_body, pose_body
from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.loading import read_body
from motiondata.bodies.posing import shape_body
from motiondata.errors import InputError
from tests.support.small_body import made_body


def write(path: Path, seed: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **made_body(seed, vertices=20))  # type: ignore[arg-type]
    return path


def test_without_a_path_it_is_the_bundled_body_in_its_mean_shape() -> None:
    shaped = load_body()
    assert shaped.body is bundled_body()
    np.testing.assert_array_equal(shaped.vertices, shaped.body.vertices)


def test_betas_shape_a_body_of_a_file(tmp_path: Path) -> None:
    path = write(tmp_path / "body.npz", 0)
    expected = shape_body(read_body(path), np.array([1.0, -2.0]))
    np.testing.assert_array_equal(load_body(str(path), betas=[1, -2]).vertices, expected.vertices)


def test_the_gender_chooses_from_a_folder(tmp_path: Path) -> None:
    ids = {
        gender: read_body(write(tmp_path / gender / "model.npz", seed)).id
        for seed, gender in enumerate(("male", "female"))
    }
    assert load_body(tmp_path, gender="male").body.id == ids["male"]
    assert load_body(tmp_path, gender="female").body.id == ids["female"]
    assert load_body(tmp_path).body.id == ids["female"]


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"path": "none.npz"}, "none.npz: no such file"),
        ({"gender": "man"}, "gender: expected one of male, female, neutral, found 'man'"),
        ({"betas": [[1.0]]}, "betas: expected numbers shaped (betas,), found the shape (1, 1)"),
        ({"betas": [np.inf]}, "betas: expected finite numbers"),
    ],
)
def test_wrong_options_are_refused(options: dict[str, Any], fault: str) -> None:
    with pytest.raises(InputError, match=re.escape(fault)):
        load_body(**options)


POSE, TRANS = np.zeros((2, 22, 3)), np.zeros((2, 3))


@pytest.mark.parametrize(
    ("arrays", "fault"),
    [
        ((POSE[0], TRANS), "pose: expected numbers shaped (2, 22, 3), found the shape (22, 3)"),
        ((POSE, TRANS[:1]), "pose: expected numbers shaped (1, 22, 3), found the shape (2, 22, 3)"),
        ((POSE, TRANS[0]), "trans: expected numbers shaped (frames, 3), found the shape (3,)"),
        ((POSE * np.nan, TRANS), "pose: expected finite numbers within float64, found 132 of 132"),
        ((POSE, TRANS, np.eye(3)), "T_target_world: expected numbers shaped (4, 4)"),
    ],
)
def test_what_is_no_motion_is_not_posed(arrays: Any, fault: str) -> None:
    with pytest.raises(InputError, match=re.escape(fault)):
        pose_body(load_body(), *arrays)


def test_lists_are_posed_as_arrays() -> None:
    posed = pose_body(load_body(), POSE.tolist(), TRANS.tolist())
    expected = pose_body(load_body(), POSE, TRANS)
    np.testing.assert_array_equal(posed.vertices, expected.vertices)
