"""Write a motion as one animated, skinned mesh: a GLB file, which is binary glTF 2.0.

Rest pose, joints and weights are those of the body, and the animation has one key per frame, so a
reader that skins as the specification says (section 3.7.3) gets the posed body. glTF has no pose
blend shapes: bodies that have them, such as SMPL, are posed without. Axes: y up, meters.
"""

from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from numpy.typing import ArrayLike, NDArray

from motiondata.arrays import finite_array
from motiondata.bodies.posing import ShapedBody
from motiondata.files import whole_or_absent
from motiondata.motion_files.body_motion import T_YUP_WORLD, BodyMotion, Floats
from motiondata.motion_files.gltf_buffer import INDICES, VERTICES, GltfBuffer
from motiondata.recording import Recording
from motiondata.rotations import rotvec_to_quaternion
from motiondata.skeletons import JOINT_NAMES, JOINTS, PARENTS

INFLUENCES = 4
"""Joints of a vertex in one set of attributes. A body with more gets more sets."""
SKIN_COLOR = (0.72, 0.72, 0.75, 1.0)
"""Gray, RGBA, as few programs show a mesh without a material well."""
ROUGHNESS = 0.8
FIRST_JOINT = 1
"""The number of the root's node. Node 0 has the mesh."""


def write_glb(
    path: str | Path, shaped: ShapedBody, pose: ArrayLike, trans: ArrayLike, fps: float
) -> None:
    """Write a moving body as an animated, skinned mesh (binary glTF), or raise and write nothing.

    `pose` (frames, 22, 3), axis-angle, radians, and `trans` (frames, 3), meters, are in AMASS's
    conventions, world frame, z up; the file is y up. `fps` is the frame rate, Hz. Raises
    `MotionDataError` for arrays that are not finite or have other shapes.
    """
    trans = finite_array(trans, "trans", ("frames", 3))
    pose = finite_array(pose, "pose", (len(trans), JOINTS, 3))
    name = Path(path).stem
    recording = Recording(pose, trans, float(fps), "neutral", shaped.betas, name)
    with whole_or_absent(Path(path)) as whole:
        whole.write_bytes(motion_to_glb(BodyMotion(name, recording, shaped)))


def motion_to_glb(motion: BodyMotion) -> bytes:
    """Return a motion as the bytes of a GLB file with one mesh, one skin and one animation."""
    buffer = GltfBuffer()
    joints = motion.shaped.joints[:JOINTS]
    document = {
        "asset": _asset(motion),
        "scene": 0,
        "scenes": [{"nodes": [0, FIRST_JOINT]}],
        "nodes": [{"name": "body", "mesh": 0, "skin": 0}, *_joint_nodes(joints)],
        "materials": [_material()],
        "meshes": [{"name": "body", "primitives": [_primitive(buffer, motion.shaped)]}],
        "skins": [_skin(buffer, joints)],
        "animations": [_animation(buffer, motion)],
    }
    return buffer.to_glb(document)


def _asset(motion: BodyMotion) -> dict[str, Any]:
    """Return the notes about the file: who wrote it, and the license of the motion."""
    licence = motion.recording.licence
    asset = {"version": "2.0", "generator": "motiondata"}
    return {**asset, "copyright": licence} if licence else asset


def _material() -> dict[str, Any]:
    metallic = {
        "baseColorFactor": list(SKIN_COLOR),
        "metallicFactor": 0.0,
        "roughnessFactor": ROUGHNESS,
    }
    return {"name": "skin", "pbrMetallicRoughness": metallic}


def _joint_nodes(joints: Floats) -> list[dict[str, Any]]:
    """Return the node of each joint; its rest translation is from its parent."""
    nodes = []
    for joint, parent in enumerate(PARENTS):
        offset = joints[joint] - (joints[parent] if parent >= 0 else 0.0)
        children = [FIRST_JOINT + child for child in range(JOINTS) if PARENTS[child] == joint]
        node = {"name": JOINT_NAMES[joint], "translation": offset.tolist()}
        nodes.append({**node, "children": children} if children else node)
    return nodes


def _primitive(buffer: GltfBuffer, shaped: ShapedBody) -> dict[str, Any]:
    """Add the surface at rest; return the mesh's only primitive."""
    vertices, faces = shaped.vertices.astype("<f4"), shaped.body.faces
    attributes = {
        "POSITION": buffer.add(vertices, target=VERTICES, bounds=True),
        "NORMAL": buffer.add(_normals(vertices, faces), target=VERTICES),
    }
    joints, weights = _influences(shaped.body.driven_weights)
    for number, (which, share) in enumerate(zip(joints, weights, strict=True)):
        attributes[f"JOINTS_{number}"] = buffer.add(which, target=VERTICES)
        attributes[f"WEIGHTS_{number}"] = buffer.add(share, target=VERTICES)
    small = "<u2" if len(vertices) < 2**16 else "<u4"
    indices = buffer.add(faces.astype(small).reshape(-1), target=INDICES)
    return {"attributes": attributes, "indices": indices, "material": 0}


def _normals(vertices: NDArray[np.float32], faces: NDArray[np.int32]) -> NDArray[np.float32]:
    """Return unit normals, shaped (vertices, 3); a vertex without a face has one that points up."""
    mesh = trimesh.Trimesh(vertices, faces, process=False)
    normals = np.array(mesh.vertex_normals, np.float64)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    up = np.array([0.0, 1.0, 0.0])
    return np.where(length > 0.5, normals / np.maximum(length, 1e-9), up).astype("<f4")


def _influences(weights: Floats) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """Return joints and weights of each vertex, largest first, each shaped (sets, vertices, 4).

    The weights of a vertex sum to 1. A joint without weight is joint 0, as glTF asks.
    """
    most = int((weights > 0).sum(axis=1).max())
    sets = -(-most // INFLUENCES)
    largest = np.argsort(-weights, axis=1, kind="stable")[:, : INFLUENCES * sets]
    shares = np.take_along_axis(weights, largest, axis=1).astype(np.float32)
    shares[:, 0] += (1.0 - shares.sum(axis=1, dtype=np.float64)).astype(np.float32)
    joints = np.where(shares > 0, largest, 0).astype(np.uint8)
    shape = (len(weights), sets, INFLUENCES)
    return joints.reshape(shape).swapaxes(0, 1), shares.reshape(shape).swapaxes(0, 1)


def _skin(buffer: GltfBuffer, joints: Floats) -> dict[str, Any]:
    """Add the inverse bind matrices, which move each joint at rest to the origin."""
    matrices = np.tile(np.eye(4, dtype="<f4"), (JOINTS, 1, 1))
    matrices[:, 3, :3] = -joints  # columns are stored one after the other
    return {
        "inverseBindMatrices": buffer.add(matrices),
        "skeleton": FIRST_JOINT,
        "joints": list(range(FIRST_JOINT, FIRST_JOINT + JOINTS)),
    }


def _animation(buffer: GltfBuffer, motion: BodyMotion) -> dict[str, Any]:
    """Add times, rotations and the path of the root; return the animation."""
    times = (np.arange(motion.frames) / motion.recording.fps).astype("<f4")
    key_times = buffer.add(times, bounds=True)
    path = buffer.add(motion.joints(T_YUP_WORLD)[:, 0].astype("<f4"))
    rotations = buffer.add_stack(_quaternions(motion.y_up_pose()))
    targets = [(FIRST_JOINT, "translation", path)]
    targets += [(FIRST_JOINT + joint, "rotation", at) for joint, at in enumerate(rotations)]
    return {
        "name": motion.name,
        "samplers": [{"input": key_times, "output": output} for *_, output in targets],
        "channels": [
            {"sampler": sampler, "target": {"node": node, "path": kind}}
            for sampler, (node, kind, _) in enumerate(targets)
        ],
        "extras": _extras(motion),
    }


def _extras(motion: BodyMotion) -> dict[str, Any]:
    """Return the facts about a motion that glTF has no place for."""
    recording = motion.recording
    return {
        "fps": recording.fps,
        "source": recording.source,
        "body": motion.shaped.body.id,
        "captions": list(motion.captions),
        **({"synthetic": True} if recording.synthetic else {}),
    }


def _quaternions(pose: Floats) -> NDArray[np.float32]:
    """Return the rotations (x, y, z, w) of each joint, shaped (22, frames, 4).

    Of the two quaternions of a rotation, the one nearer to the previous frame's is taken.
    """
    quaternions = rotvec_to_quaternion(np.swapaxes(pose, 0, 1))
    is_opposite = np.sum(quaternions[:, 1:] * quaternions[:, :-1], axis=-1) < 0
    quaternions[:, 1:] *= np.cumprod(np.where(is_opposite, -1.0, 1.0), axis=1)[..., None]
    return quaternions.astype("<f4")
