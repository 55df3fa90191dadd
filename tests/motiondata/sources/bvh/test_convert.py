"""A motion gives the same recording from any skeleton, unit, and axes."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import pose_joints, shape_body
from motiondata.errors import InputError, RecordingError
from motiondata.recording import Recording
from motiondata.skeletons import JOINT, JOINT_NAMES, PARENTS
from motiondata.sources.bvh.convert import BvhOptions, convert_bvh
from motiondata.sources.bvh.matching import match_joints, match_lines, read_joint_list
from motiondata.sources.bvh.reader import read_bvh
from tests.support.bvh_files import MIXAMO, BvhStyle, names_of, walking, write_bvh

ALONG_X = {
    name: Rotation.from_euler("ZX", [(90 if "_" in name else -90), 90 * joint], degrees=True)
    for joint, name in enumerate(JOINT_NAMES)
}
"""A rest pose that is no person: each joint is turned, and twisted by a multiple of 90 degrees."""

A_POSE = {
    f"{side}_{joint}": Rotation.from_euler("Z", -sign * 45, degrees=True)
    for side, sign in (("left", 1), ("right", -1))
    for joint in ("shoulder", "elbow", "wrist")
}

TWISTED_ARMS = {
    f"{side}_{joint}": Rotation.from_euler("X", 90, degrees=True)
    for side in ("left", "right")
    for joint in ("shoulder", "elbow", "wrist")
}

STYLES = {
    "a T-pose": BvhStyle(),
    "an A-pose": BvhStyle(rest=A_POSE),
    "arms that are twisted at rest": BvhStyle(rest=TWISTED_ARMS),
    "another order of channels": BvhStyle(order="XYZ"),
    "positions in all joints": BvhStyle(has_positions=True),
    "meters": BvhStyle(meters=1.0),
    "inches": BvhStyle(meters=0.0254),
    "millimeters": BvhStyle(meters=0.001),
    "CMU's unit": BvhStyle(meters=0.0254 / 0.45),
    "z up": BvhStyle(axes=Rotation.from_euler("X", 90, degrees=True)),
    "x up": BvhStyle(axes=Rotation.from_euler("Z", -90, degrees=True)),
    "bones along other axes": BvhStyle(rest=ALONG_X),
}


Z_UP = Rotation.from_euler("X", 90, degrees=True)
LEGS_APART = {
    f"{side}_{joint}": Rotation.from_euler("Z", sign * 20, degrees=True)
    for side, sign in (("left", 1), ("right", -1))
    for joint in ("hip", "knee", "ankle", "foot")
}
ARMS_DOWN = {
    name: Rotation.from_euler("Z", 90 * (1 if "right" in name else -1), degrees=True)
    for name in A_POSE
}
"""The rest pose in which the arms hang."""

SPINES = ("Hips", "Spine", "Spine1", "Spine2", "Neck", "Head")
BIP = ("Pelvis", "Spine", "Spine1", "Spine2", "Neck", "Head")
BIP_LIMBS = (
    "@ Thigh", "@ Calf", "@ Foot", "@ Toe0", "@ Clavicle", "@ UpperArm", "@ Forearm", "@ Hand",
)  # fmt: skip
OF_MIXAMO = (
    "@UpLeg", "@Leg", "@Foot", "@ToeBase", "@Shoulder", "@Arm", "@ForeArm", "@Hand",
)  # fmt: skip
OF_SOMA = ("@Leg", "@Shin", "@Foot", "@ToeBase", "@Shoulder", "@Arm", "@ForeArm", "@Hand")
OF_VICON = (
    "@femur", "@tibia", "@foot", "@toes", "@clavicle", "@humerus", "@radius", "@hand",
)  # fmt: skip
OF_DAZ = ("@Thigh", "@Shin", "@Foot", "@Toe", "@Collar", "@Shldr", "@ForeArm", "@Hand")
OF_BIOVISION = (
    "@UpLeg", "@LowLeg", "@Foot", "@Toe", "@Collar", "@UpArm", "@LowArm", "@Hand",
)  # fmt: skip

LAYOUTS = {
    "LAFAN1": BvhStyle(
        names=names_of(SPINES, [*OF_MIXAMO[:3], "@Toe", *OF_MIXAMO[4:]]), rest=ALONG_X, order="ZYX"
    ),
    "Mixamo": BvhStyle(
        names=names_of(
            [f"mixamorig:{name}" for name in SPINES], [f"mixamorig:{name}" for name in OF_MIXAMO]
        )
    ),
    "SOMA": BvhStyle(
        names=names_of(("Hips", "Spine1", "Spine2", "Chest", "Neck1", "Head"), OF_SOMA),
        has_positions=True,
        order="ZYX",
    ),
    "3ds Max biped": BvhStyle(
        names=names_of(
            [f"Bip01 {name}" for name in BIP], [f"Bip01 {name}" for name in BIP_LIMBS], ("L", "R")
        ),
        rest=ALONG_X,
        axes=Z_UP,
        meters=0.0254,
    ),
    "Vicon": BvhStyle(
        names=names_of(
            ("root", "lowerback", "upperback", "thorax", "lowerneck", "head"), OF_VICON, ("l", "r")
        ),
        rest=LEGS_APART,
        meters=0.0254 / 0.45,
    ),
    "Poser and Daz": BvhStyle(
        names=names_of(("hip", "abdomen", "abdomen2", "chest", "neck", "head"), OF_DAZ, ("l", "r")),
        order="XYZ",
    ),
    "Biovision": BvhStyle(
        names=names_of(("Hips", "Chest", "Chest2", "Chest3", "Neck", "Head"), OF_BIOVISION),
        rest=ARMS_DOWN,
        meters=0.0254,
    ),
}
"""Published conventions: their names, and a unit, axes, and a rest pose of their usual files."""


def world_rotations(recording: Recording) -> list[Rotation]:
    world: list[Rotation] = []
    for joint, parent in enumerate(PARENTS):
        local = Rotation.from_rotvec(recording.pose[:, joint])
        world.append(local if parent < 0 else world[parent] * local)
    return world


def differences_deg(recording: Recording, rotations: NDArray[np.float64]) -> dict[str, float]:
    """Return the largest angle between each joint's rotation and the wanted one.

    The heading of the whole motion does not count.
    """
    z_up = Rotation.from_euler("x", 90, degrees=True)
    found = world_rotations(recording)
    wanted = [z_up * Rotation.from_matrix(rotation) for rotation in rotations]
    turn = (found[0] * wanted[0].inv()).mean()
    heading = Rotation.from_rotvec(turn.as_rotvec() * [0, 0, 1])
    return {
        name: float(np.degrees(((heading * wanted[j]).inv() * found[j]).magnitude()).max())
        for j, name in enumerate(JOINT_NAMES)
    }


@pytest.mark.parametrize("name", STYLES)
def test_any_skeleton_gives_the_same_rotations(tmp_path: Path, name: str) -> None:
    rotations, hips = walking()
    path = write_bvh(tmp_path / "walk.bvh", rotations, hips, STYLES[name])
    recording = convert_bvh(path).recording
    differences = differences_deg(recording, rotations)
    tolerance = 16.0 if name == "bones along other axes" else 5.0
    assert {joint: angle for joint, angle in differences.items() if angle > tolerance} == {}
    joints = pose_joints(
        shape_body(bundled_body(), recording.betas), recording.pose, recording.trans
    )
    lengths = np.linalg.norm(np.diff(joints[:, 0], axis=0), axis=1)
    assert lengths == pytest.approx(0.03, abs=0.01)
    assert joints[:, JOINT["head"], 2].min() > 1.3
    assert np.percentile(joints[:, [10, 11], 2].min(axis=1), 5) == pytest.approx(0, abs=0.15)


@pytest.mark.parametrize("family", LAYOUTS)
def test_the_layouts_of_known_programs_are_matched_by_name(tmp_path: Path, family: str) -> None:
    rotations, hips = walking()
    style = LAYOUTS[family]
    motion = read_bvh(write_bvh(tmp_path / "walk.bvh", rotations, hips, style))
    match = match_joints(motion)
    assert match.family == family
    named = {name: motion.names[number] for name, number in match.numbers.items()}
    assert named == {name: style.names[name] for name in named}
    assert len(named) == 18
    assert [motion.names[number] for number in match.spine] == [
        style.names[f"spine{number}"] for number in (1, 2, 3)
    ]
    recording = convert_bvh(tmp_path / "walk.bvh").recording
    differences = differences_deg(recording, rotations)
    bent = [f"{side}_{joint}" for side in ("left", "right") for joint in ("hip", "knee", "elbow")]
    assert max(differences[name] for name in ["pelvis", *bent]) < 6


def test_what_was_found_is_said(tmp_path: Path) -> None:
    path = write_bvh(tmp_path / "walk.bvh", *walking(), BvhStyle(meters=0.0254))
    notes = "\n".join(convert_bvh(path).notes)
    assert "joints by Mixamo: pelvis Hips, left_hip LeftUpLeg" in notes
    assert "spine Spine Spine1 Spine2; neck Neck" in notes
    assert "unit inch (0.0254 m), up y, rest pose of a standing person" in notes


def test_the_unit_and_the_up_axis_can_be_given(tmp_path: Path) -> None:
    path = write_bvh(tmp_path / "walk.bvh", *walking())
    notes = convert_bvh(path, BvhOptions(unit="0.0095", up="z")).notes
    assert "unit 0.0095 (0.0095 m), up z" in notes[-1]
    with pytest.raises(InputError, match="--unit ell: expected auto"):
        BvhOptions(unit="ell")
    with pytest.raises(InputError, match="--up north: expected auto"):
        BvhOptions(up="north")


def test_a_body_of_no_known_unit_is_refused(tmp_path: Path) -> None:
    path = write_bvh(tmp_path / "walk.bvh", *walking(), BvhStyle(meters=7.0))
    with pytest.raises(RecordingError, match="--unit"):
        convert_bvh(path)


def test_unknown_names_are_matched_by_the_shape_of_the_tree(tmp_path: Path) -> None:
    names = {name: f"bone{number}" for number, name in enumerate(JOINT_NAMES)}
    names |= {name: f"{names[name]}_{name[0].upper()}" for name in names if "_" in name}
    motion = read_bvh(write_bvh(tmp_path / "a.bvh", *walking(), BvhStyle(names=names)))
    match = match_joints(motion)
    assert match.family == "shape of the tree"
    assert {name: motion.names[at] for name, at in match.numbers.items()} == {
        name: names[name]
        for name in JOINT_NAMES
        if name not in ("spine1", "spine2", "spine3", "neck")
    }
    assert "spine bone3 bone6 bone9; neck bone12" in match_lines(motion, match)[1]


def test_a_list_names_the_joints_that_are_not_found(tmp_path: Path) -> None:
    names = {name: f"b{number}" for number, name in enumerate(JOINT_NAMES)}
    path = write_bvh(tmp_path / "a.bvh", *walking(), BvhStyle(names=names))
    with pytest.raises(RecordingError, match="--joints"):
        convert_bvh(path)
    given = [
        f"{name} = {own}" for name, own in names.items() if not name.startswith(("spine", "neck"))
    ]
    (tmp_path / "joints.txt").write_text("# ours\n" + "\n".join(given))
    options = BvhOptions(joints=read_joint_list(tmp_path / "joints.txt"))
    expected = convert_bvh(write_bvh(tmp_path / "b.bvh", *walking()))
    assert np.array_equal(convert_bvh(path, options).recording.pose, expected.recording.pose)


@pytest.mark.parametrize("line", ["left_hip", "left_hip =", "tail = Tail", "head = A\nhead = B"])
def test_a_wrong_list_of_joints_is_an_error_with_its_line(tmp_path: Path, line: str) -> None:
    (tmp_path / "joints.txt").write_text(line)
    with pytest.raises(InputError, match=r"joints.txt, line \d"):
        read_joint_list(tmp_path / "joints.txt")


def test_prefixes_of_names_do_not_matter(tmp_path: Path) -> None:
    names = {name: f"mixamorig:{own}" for name, own in MIXAMO.items()}
    motion = read_bvh(write_bvh(tmp_path / "a.bvh", *walking(), BvhStyle(names=names)))
    assert match_joints(motion).family == "Mixamo"
