"""Posing against the `smplx` package, for the joints of SMPL, SMPL-H and SMPL-X."""

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import smplx
import torch
from numpy.typing import NDArray
from smplx.body_models import VERTEX_IDS
from smplx.utils import Struct

from motiondata.bodies.posing import pose_body, pose_joints, shape_body
from motiondata.bodies.smpl_format import arrays_to_body
from motiondata.bodies.templates import place_on_body
from motiondata.recording import SMPL_SHAPES, SMPLX_SHAPES
from motiondata.skeletons import JOINTS
from tests.support.skeleton import recording_of
from tests.support.small_body import Arrays, made_body

FRAMES = 5

FIRST_VERTEX = dict.fromkeys(VERTEX_IDS["smplx"], 0)
"""Where `smplx` looks for the tip of the nose and the like, which no made body has."""

HANDS = {
    "hands_componentsl": np.zeros((45, 45)),
    "hands_componentsr": np.zeros((45, 45)),
    "hands_meanl": np.zeros(45),
    "hands_meanr": np.zeros(45),
}
PELVIS = {
    SMPL_SHAPES: (-0.00179506, -0.22333345, 0.02821913),
    SMPLX_SHAPES: (0.00312326, -0.35140744, 0.01203655),
}
"""The pelvis of the neutral templates, meters, as in public code that loads the files."""
JOINTS_OF = {SMPL_SHAPES: 24, SMPLX_SHAPES: 55}

LANDMARKS = {"lmk_faces_idx": np.zeros(1, np.int64), "lmk_bary_coords": np.ones((1, 3)) / 3}


@pytest.mark.parametrize("joints", [24, 52, 55])
def test_posing_agrees_with_smplx(
    joints: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(VERTEX_IDS, "smplx", FIRST_VERTEX)
    # SMPL-X's components after the tenth are expressions, which stay at zero.
    arrays = made_body(seed=joints, joints=joints, betas=20 if joints == 55 else 10)
    generator = np.random.default_rng(joints)
    betas = generator.normal(scale=2, size=10)
    pose = generator.normal(scale=0.8, size=(FRAMES, JOINTS, 3))
    trans = generator.uniform(-4, 4, size=(FRAMES, 3))

    model = smplx_model(arrays, joints, tmp_path / "SMPLX_NEUTRAL.pkl")
    assert "WARNING" in capsys.readouterr().out  # of few shape components, which is meant
    vertices, places = smplx_pose(model, betas, pose, trans)
    posed = pose_body(shape_body(arrays_to_body(arrays, "made", "made"), betas), pose, trans)

    np.testing.assert_allclose(posed.vertices, vertices, rtol=0, atol=1e-6)
    np.testing.assert_allclose(posed.joints, places, rtol=0, atol=1e-6)


def body_of(space: str) -> Arrays:
    """Make a body whose pelvis is where that of a model is."""
    arrays = made_body(joints=JOINTS_OF[space], betas=20 if space == SMPLX_SHAPES else 10)
    pelvis = arrays["J_regressor"][0] @ arrays["v_template"]
    return arrays | {"v_template": arrays["v_template"] + PELVIS[space] - pelvis}


@pytest.mark.parametrize(
    ("own", "other"), [(SMPLX_SHAPES, SMPL_SHAPES), (SMPL_SHAPES, SMPLX_SHAPES)]
)
def test_the_pelvis_of_a_recording_is_where_its_own_model_has_it(
    own: str, other: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Along x, where it is left out so that mirrored motion stays mirrored, within 5 mm."""
    monkeypatch.setitem(VERTEX_IDS, "smplx", FIRST_VERTEX)
    generator = np.random.default_rng(7)
    pose = generator.normal(scale=0.8, size=(FRAMES, JOINTS, 3))
    trans = generator.uniform(-4, 4, size=(FRAMES, 3))
    model = smplx_model(body_of(own), JOINTS_OF[own], tmp_path / "SMPLX_NEUTRAL.pkl")
    _, places = smplx_pose(model, np.zeros(10), pose, trans)

    body = arrays_to_body(body_of(other), "made", "made")
    placed = place_on_body(replace(recording_of(pose, trans), shape_space=own), body)
    joints = pose_joints(shape_body(body, np.zeros(10)), placed.pose, placed.trans)
    difference = np.abs(joints[:, 0] - places[:, 0]).max(axis=0)
    assert (difference < (0.005, 0.0006, 0.0006)).all()


def smplx_model(arrays: Arrays, joints: int, path: Path) -> smplx.SMPL:
    """Build the reference, whose three classes take their arrays in three ways."""
    common = {"dtype": torch.float64, "batch_size": FRAMES}
    hands = {"use_pca": False, "flat_hand_mean": True}
    if joints == 55:
        path.write_bytes(pickle.dumps(arrays | HANDS | LANDMARKS))
        return smplx.SMPLX(str(path), ext="pkl", **common, **hands)
    struct = Struct(**arrays, **HANDS)
    if joints == 52:
        return smplx.SMPLH("", data_struct=struct, vertex_ids=FIRST_VERTEX, **common, **hands)
    return smplx.SMPL("", data_struct=struct, vertex_ids=FIRST_VERTEX, **common)


def smplx_pose(
    model: smplx.SMPL,
    betas: NDArray[np.float64],
    pose: NDArray[np.float64],
    trans: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the reference's vertices and its first 22 joints; hands and face are at rest."""
    body_pose = np.zeros((FRAMES, model.NUM_BODY_JOINTS, 3))
    body_pose[:, : JOINTS - 1] = pose[:, 1:]
    with torch.no_grad():
        output = model(
            betas=torch.tensor(betas).expand(FRAMES, -1),
            global_orient=torch.tensor(pose[:, 0]),
            body_pose=torch.tensor(body_pose.reshape(FRAMES, -1)),
            transl=torch.tensor(trans),
        )
    return output.vertices.numpy(), output.joints.numpy()[:, :JOINTS]
