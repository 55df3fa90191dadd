"""The shape given to a body: its measures approach the skeleton's, and stay human."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.measures import MAX_BETA
from motiondata.bodies.posing import shape_body
from motiondata.recording import BETAS
from motiondata.skeletons import JOINT
from motiondata.sources.cmu.asf import AsfSkeleton, read_asf
from motiondata.sources.cmu.fit_shape import fit_betas
from tests.support.acclaim_files import MADE_BONES, Bone, asf_text
from tests.support.reference_data import reference_data


def scaled(folder: Path, scale: float) -> AsfSkeleton:
    bones: dict[str, Bone] = {
        name: (parent, (x * scale, y * scale, z * scale), axes, dof)
        for name, (parent, (x, y, z), axes, dof) in MADE_BONES.items()
    }
    (folder / "made.asf").write_text(asf_text(bones))
    return read_asf(folder / "made.asf")


def leg_meters(betas: NDArray[np.float64], side: str) -> float:
    joints = shape_body(bundled_body(), betas).joints
    return float(np.linalg.norm(joints[JOINT[f"{side}_ankle"]] - joints[JOINT[f"{side}_hip"]]))


def test_a_larger_skeleton_gets_a_larger_body(tmp_path: Path) -> None:
    legs = [
        leg_meters(fit_betas(scaled(tmp_path, s), bundled_body()), "left") for s in (0.9, 1, 1.1)
    ]
    made = 2 * float(np.hypot(0.14, 0.38))
    assert legs == pytest.approx([0.9 * made, made, 1.1 * made], abs=0.03)


@pytest.mark.parametrize("scale", [0.3, 3.0])
def test_a_skeleton_of_no_person_s_size_still_gets_a_person_s_shape(
    tmp_path: Path, scale: float
) -> None:
    betas = fit_betas(scaled(tmp_path, scale), bundled_body())
    assert betas.shape == (BETAS,)
    assert np.abs(betas).max() <= MAX_BETA


def test_betas_beyond_the_body_s_are_zero(tmp_path: Path) -> None:
    shapes = bundled_body().joint_shapes.shape[2]
    assert not fit_betas(scaled(tmp_path, 1.0), bundled_body())[shapes:].any()


@pytest.mark.parametrize("subject", ["01", "02"])
def test_a_real_subject_s_legs_are_as_long_as_the_skeleton_s(subject: str) -> None:
    skeleton = read_asf(reference_data("cmu_asfamc", "subjects", subject, f"{subject}.asf"))
    tips = dict(zip(skeleton.numbers, skeleton.rest_tips, strict=True))
    legs = [np.linalg.norm(tips[f"{s}tibia"] - tips[f"{s}hipjoint"]) for s in ("l", "r")]
    betas = fit_betas(skeleton, bundled_body())
    fitted = [leg_meters(betas, side) for side in ("left", "right")]
    assert np.mean(fitted) == pytest.approx(np.mean(legs), abs=0.015)
