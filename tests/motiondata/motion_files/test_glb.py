"""GLB files: an independent reader gets the posed body, and the rules of the validator hold.

Source of the rules: KhronosGroup/glTF-Validator, ISSUES.md.
"""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
import trimesh

from motiondata.bodies.smpl_format import arrays_to_body
from motiondata.errors import MotionDataError
from motiondata.motion_files.body_motion import T_YUP_WORLD, BodyMotion
from motiondata.motion_files.glb import motion_to_glb, write_glb
from tests.support.body_motions import made_motion
from tests.support.gltf import Glb, read_glb
from tests.support.small_body import made_body


@pytest.fixture(scope="module")
def motion() -> BodyMotion:
    return made_motion()


@pytest.fixture(scope="module")
def glb(motion: BodyMotion) -> Glb:
    return read_glb(motion_to_glb(motion))


def test_skinning_the_buffers_gives_the_posed_body(motion: BodyMotion, glb: Glb) -> None:
    for key, vertices in enumerate(motion.surfaces(T_YUP_WORLD)):
        np.testing.assert_allclose(glb.posed(key), vertices, atol=2e-5)


def test_vertices_with_more_than_four_joints_have_a_second_set() -> None:
    arrays = made_body() | {"posedirs": np.zeros((300, 3, 207))}
    motion = made_motion(3, body=arrays_to_body(arrays, "made", "made"))
    glb = read_glb(motion_to_glb(motion))
    assert "JOINTS_1" in glb.document["meshes"][0]["primitives"][0]["attributes"]
    for key, vertices in enumerate(motion.surfaces(T_YUP_WORLD)):
        np.testing.assert_allclose(glb.posed(key), vertices, atol=2e-5)


def test_trimesh_reads_the_body_at_rest_with_the_order_of_its_vertices(motion: BodyMotion) -> None:
    scene = trimesh.load_scene(BytesIO(motion_to_glb(motion)), file_type="glb", process=False)
    (mesh,) = scene.geometry.values()
    np.testing.assert_array_equal(mesh.faces, motion.shaped.body.faces)
    np.testing.assert_allclose(mesh.vertices, motion.shaped.vertices, atol=1e-6)


def test_keys_are_at_the_frame_rate(motion: BodyMotion, glb: Glb) -> None:
    (animation,) = glb.document["animations"]
    (times,) = {sampler["input"] for sampler in animation["samplers"]}
    expected = np.arange(motion.frames) / motion.recording.fps
    np.testing.assert_allclose(glb.array(times)[:, 0], expected, rtol=1e-6)
    assert animation["extras"]["fps"] == motion.recording.fps
    assert glb.document["asset"]["copyright"] == "free"


def test_accessors_lie_aligned_within_their_views_and_the_buffer(glb: Glb) -> None:
    document = glb.document
    assert document["buffers"] == [{"byteLength": len(glb.binary)}]
    for view in document["bufferViews"]:
        assert view["byteOffset"] % 4 == 0
        assert view["byteOffset"] + view["byteLength"] <= len(glb.binary)
    for number, accessor in enumerate(document["accessors"]):
        view = document["bufferViews"][accessor["bufferView"]]
        assert accessor["byteOffset"] % 4 == 0
        assert accessor["byteOffset"] + glb.array(number).nbytes <= view["byteLength"]


def test_bounds_are_those_of_the_values(glb: Glb) -> None:
    bounded = [each for each in glb.document["accessors"] if "min" in each]
    (primitive,) = glb.document["meshes"][0]["primitives"]
    times = glb.document["animations"][0]["samplers"][0]["input"]
    for number in (primitive["attributes"]["POSITION"], times):
        entry, values = glb.document["accessors"][number], glb.array(number)
        assert entry in bounded
        np.testing.assert_array_equal(np.float32(entry["min"]), values.min(axis=0))
        np.testing.assert_array_equal(np.float32(entry["max"]), values.max(axis=0))


def test_weights_sum_to_one_and_joints_without_weight_are_zero(glb: Glb) -> None:
    attributes = glb.document["meshes"][0]["primitives"][0]["attributes"]
    joints, weights = glb.array(attributes["JOINTS_0"]), glb.array(attributes["WEIGHTS_0"])
    assert joints.dtype == np.uint8
    assert weights.min() >= 0
    np.testing.assert_allclose(weights.sum(axis=1, dtype=np.float64), 1, atol=2e-7)
    assert not joints[weights == 0].any()
    sorted_joints = np.sort(np.where(weights > 0, joints, 100 + np.arange(4)), axis=1)
    assert (np.diff(sorted_joints.astype(int), axis=1) != 0).all(), "a joint twice in a vertex"


def test_normals_and_rotations_have_length_one(glb: Glb) -> None:
    attributes = glb.document["meshes"][0]["primitives"][0]["attributes"]
    samplers = glb.document["animations"][0]["samplers"]
    units = [attributes["NORMAL"], *(each["output"] for each in samplers[1:])]
    for number in units:
        np.testing.assert_allclose(np.linalg.norm(glb.array(number), axis=1), 1, atol=1e-5)


def test_nothing_is_unused(glb: Glb) -> None:
    document = glb.document
    (animation,), (skin,) = document["animations"], document["skins"]
    (primitive,) = document["meshes"][0]["primitives"]
    used = {*primitive["attributes"].values(), primitive["indices"], skin["inverseBindMatrices"]}
    used |= {each[way] for each in animation["samplers"] for way in ("input", "output")}
    assert used == {*range(len(document["accessors"]))}
    views = {each["bufferView"] for each in document["accessors"]}
    assert views == {*range(len(document["bufferViews"]))}
    assert [each["sampler"] for each in animation["channels"]] == [
        *range(len(animation["samplers"]))
    ]


def test_neighboring_keys_are_on_the_same_half_of_the_sphere() -> None:
    motion = made_motion(40, spread=2.0)
    glb = read_glb(motion_to_glb(motion))
    for sampler in glb.document["animations"][0]["samplers"][1:]:
        rotations = glb.array(sampler["output"])
        assert (np.sum(rotations[1:] * rotations[:-1], axis=1) >= -1e-6).all()


def test_write_glb_writes_a_whole_file_or_none(motion: BodyMotion, tmp_path: Path) -> None:
    recording = motion.recording
    path = tmp_path / "one.glb"
    write_glb(path, motion.shaped, recording.pose[:1], recording.trans[:1], recording.fps)
    np.testing.assert_allclose(
        read_glb(path.read_bytes()).posed(0), next(motion.surfaces(T_YUP_WORLD)), atol=2e-5
    )
    wrong = recording.pose.copy()
    wrong[0, 0, 0] = np.nan
    with pytest.raises(MotionDataError, match="pose"):
        write_glb(tmp_path / "wrong.glb", motion.shaped, wrong, recording.trans, recording.fps)
    assert not (tmp_path / "wrong.glb").exists()
