"""OBJ, PLY and MDM's parameters: what is read back is the posed body."""

from io import BytesIO

import numpy as np
import pytest
import trimesh

from motiondata.bodies.posing import pose_body
from motiondata.motion_files.meshes import UP_TO, motion_to_meshes
from motiondata.motion_files.smpl_params import motion_to_smpl_params
from motiondata.rotations import rotmat_to_rotvec
from tests.support.body_motions import made_motion


@pytest.mark.parametrize("kind", ["obj", "ply"])
def test_a_mesh_keeps_vertices_and_faces_in_order(kind: str) -> None:
    motion = made_motion(2)
    posed = motion.surfaces(UP_TO[kind])
    for content, vertices in zip(motion_to_meshes(motion, kind), posed, strict=True):
        mesh = trimesh.load_mesh(BytesIO(content), file_type=kind, process=False)
        np.testing.assert_allclose(np.asarray(mesh.vertices), vertices, atol=1e-6)
        np.testing.assert_array_equal(mesh.faces, motion.shaped.body.faces)


def test_parameters_pose_the_body_to_the_same_vertices() -> None:
    motion = made_motion(4)
    with np.load(BytesIO(motion_to_smpl_params(motion)), allow_pickle=False) as file:
        params = {name: file[name] for name in file}
    length = int(params["length"])
    assert params["motion"].shape == (25, 6, length)
    np.testing.assert_array_equal(params["motion"][:24], params["thetas"])
    np.testing.assert_array_equal(params["motion"][24, :3], params["root_translation"])
    rows = params["thetas"].transpose(2, 0, 1).reshape(length, 24, 2, 3)
    matrices = np.concatenate([rows, np.cross(rows[..., :1, :], rows[..., 1:, :])], axis=-2)
    pose = rotmat_to_rotvec(matrices.astype(np.float64))[:, :22]
    trans = params["root_translation"].T - motion.shaped.joints[0]
    again = pose_body(motion.shaped, pose, trans).vertices
    np.testing.assert_allclose(np.moveaxis(params["vertices"], -1, 0), again, atol=1e-5)
    assert str(params["text"]) == "a person moves"
