"""Bones in the world: by hand, and against a plain computation with 4 by 4 matrices."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from motiondata.sources.cmu.amc import AmcMotion, read_amc
from motiondata.sources.cmu.asf import read_asf
from motiondata.sources.cmu.kinematics import pose_bones
from tests.support.acclaim_files import MADE_BONES, METERS_PER_UNIT, Bone, amc_text, asf_text

# The forearm's own x axis is the world's y, so that `rx` swings it level.
ARM: dict[str, Bone] = {
    "upper": ("root", (0.3, 0, 0), (0, 0, 0), "rx ry rz"),
    "fore": ("upper", (0.2, 0, 0), (0, 0, 90), "rx"),
}


def pose_made(folder: Path, bones: dict[str, Bone], motion: str) -> dict[str, NDArray[np.float64]]:
    (folder / "made.asf").write_text(asf_text(bones))
    (folder / "made.amc").write_text(motion)
    skeleton = read_asf(folder / "made.asf")
    world = pose_bones(skeleton, read_amc(folder / "made.amc", skeleton))
    return {bone.name: world.tip(bone.name) for bone in skeleton.bones}


@pytest.mark.parametrize(
    ("root", "upper", "fore", "elbow", "wrist"),
    [
        ((0, 0, 0, 0, 0, 0), (0, 0, 0), 0, (0.3, 0, 0), (0.5, 0, 0)),
        ((0, 0, 0, 0, 0, 0), (0, 0, 90), 0, (0, 0.3, 0), (0, 0.5, 0)),
        # About y, x goes to -z.
        ((0, 0, 0, 0, 0, 0), (0, 90, 0), 0, (0, 0, -0.3), (0, 0, -0.5)),
        ((0, 0, 0, 0, 0, 0), (0, 0, 0), 90, (0.3, 0, 0), (0.3, 0, -0.2)),
        # x is turned first: it leaves the arm, along x, where it is; then z lifts it.
        ((0, 0, 0, 0, 0, 0), (90, 0, 90), 0, (0, 0.3, 0), (0, 0.5, 0)),
        ((0, 0, 0, 90, 0, 0), (0, 0, 90), 0, (0, 0, 0.3), (0, 0, 0.5)),
        ((10, 0, 0, 0, 0, 90), (0, 0, 0), 90, (0.508, 0.3, 0), (0.508, 0.3, -0.2)),
    ],
)
def test_an_arm_is_where_the_hand_calculation_has_it(
    tmp_path: Path,
    root: tuple[float, ...],
    upper: tuple[float, ...],
    fore: float,
    elbow: tuple[float, ...],
    wrist: tuple[float, ...],
) -> None:
    tips = pose_made(tmp_path, ARM, amc_text([{"upper": upper, "fore": (fore,)}], [root], ARM))
    assert tips["upper"][0] == pytest.approx(elbow, abs=1e-12)
    assert tips["fore"][0] == pytest.approx(wrist, abs=1e-12)


def turn(degrees: tuple[float, float, float]) -> NDArray[np.float64]:
    """Turn about x, then y, then z, as plainly as it can be written."""
    (cx, cy, cz), (sx, sy, sz) = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    about_x = np.array([[1, 0, 0, 0], [0, cx, -sx, 0], [0, sx, cx, 0], [0, 0, 0, 1]])
    about_y = np.array([[cy, 0, sy, 0], [0, 1, 0, 0], [-sy, 0, cy, 0], [0, 0, 0, 1]])
    about_z = np.array([[cz, -sz, 0, 0], [sz, cz, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    return np.asarray(about_z @ about_y @ about_x)


def shift(offset: tuple[float, float, float]) -> NDArray[np.float64]:
    matrix = np.eye(4)
    matrix[:3, 3] = offset
    return matrix


@pytest.mark.parametrize("order", ["xyz", "xzy", "yxz", "yzx", "zxy", "zyx"])
def test_a_bone_turns_in_the_sequence_that_it_declares(tmp_path: Path, order: str) -> None:
    angles = dict(zip("xyz", (20.0, 50.0, -35.0), strict=True))
    tokens = " ".join(f"R{axis.upper()}" for axis in order)
    text = asf_text({**ARM, "upper": (*ARM["upper"][:3], tokens.lower())})
    (tmp_path / "made.asf").write_text(text.replace("RX RY RZ", tokens))
    values = tuple(angles[axis] for axis in order)
    motion = amc_text([{"upper": values}], [(0, 0, 0, *values)], ARM)
    (tmp_path / "made.amc").write_text(motion)
    skeleton = read_asf(tmp_path / "made.asf")
    world = pose_bones(skeleton, read_amc(tmp_path / "made.amc", skeleton))
    single = {axis: turn((angles["x"] * (axis == "x"), angles["y"] * (axis == "y"),
                          angles["z"] * (axis == "z")))[:3, :3] for axis in "xyz"}  # fmt: skip
    once = single[order[2]] @ single[order[1]] @ single[order[0]]
    assert world.rotation("root").as_matrix()[0] == pytest.approx(once, abs=1e-12)
    assert world.rotation("upper").as_matrix()[0] == pytest.approx(once @ once, abs=1e-12)


def test_translations_may_stand_anywhere_in_the_root_s_order(tmp_path: Path) -> None:
    (tmp_path / "made.asf").write_text(
        asf_text(ARM).replace("TX TY TZ RX RY RZ", "RX TZ RY TX RZ TY")
    )
    unit = METERS_PER_UNIT
    (tmp_path / "made.amc").write_text(amc_text([{}], [(0, 3, 0, 1, 90, 2)], ARM))
    skeleton = read_asf(tmp_path / "made.asf")
    world = pose_bones(skeleton, read_amc(tmp_path / "made.amc", skeleton))
    assert world.tip("root")[0] == pytest.approx([unit, 2 * unit, 3 * unit])
    assert world.tip("upper")[0] == pytest.approx([unit, 2 * unit + 0.3, 3 * unit])


@settings(deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_every_bone_is_where_plain_matrices_have_it(
    tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    random = np.random.default_rng(seed)
    path = tmp_path_factory.getbasetemp() / "plain.asf"
    path.write_text(asf_text())
    skeleton = read_asf(path)
    angles = random.uniform(-180, 180, (1, len(skeleton.bones), 3))
    translation = random.uniform(-2, 2, (1, 3))
    world = pose_bones(skeleton, AmcMotion(translation, np.radians(angles)))
    frames = {"root": shift(translation[0]) @ turn(angles[0, 0])}
    for name, (parent, offset, axes, _) in MADE_BONES.items():
        own = turn(angles[0, skeleton.numbers[name]])
        local = turn(axes) @ own @ np.linalg.inv(turn(axes))
        frames[name] = frames[parent] @ local @ shift(offset)
        assert world.tip(name)[0] == pytest.approx(frames[name][:3, 3], abs=1e-12)
        assert world.rotation(name).as_matrix()[0] == pytest.approx(frames[name][:3, :3], abs=1e-12)
