"""The options of a dataset of motion features: which representation, and at which frame rate."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from motiondata.errors import InputError
from pipelines.clips.frame_rates import REFERENCE, rate_of
from pipelines.clips.options import ClipSelection, PackingOptions, expect
from shards.format.paths import refuse_url

HUMANML3D_263 = "humanml3d-263"
KIT_251 = "kit-251"
REPR_272 = "repr-272"
JOINTS_ONLY = "joints"
REPRESENTATIONS = (HUMANML3D_263, KIT_251, REPR_272, JOINTS_ONLY)
"""The names of the representations, which are also the names of the products."""
ON_A_TARGET = (HUMANML3D_263, KIT_251)
"""The representations whose joints are moved to a target skeleton."""

DEFAULT_FPS = {HUMANML3D_263: REFERENCE, KIT_251: "12.5", REPR_272: "30", JOINTS_ONLY: REFERENCE}
"""The frame rates of the published data, by representation."""

SMPL_22, KIT_21, SMPL_24 = "smpl-22", "kit-21", "smpl-24"
JOINT_SETS = {SMPL_22: 22, KIT_21: 21, SMPL_24: 24}
"""The sets of joints, and the number of joints of each."""
Y_UP, WORLD = "y-up", "world"
JOINT_FRAMES = (Y_UP, WORLD)


@dataclass(frozen=True)
class MotionFeatureOptions:
    """What is made of a clip. Raises `InputError` for invalid values."""

    representation: str
    """Numbers per frame: those of HumanML3D (humanml3d-263), of KIT-ML (kit-251), of MotionStreamer
    and MotionMillion (repr-272), or joint positions (joints)."""
    target_skeleton: Path | None = None
    """Skeleton that humanml3d-263 and kit-251 are scaled to: a .npy file of joints, such as
    HumanML3D's joints/000021.npy; by default that of the bundled body."""
    fps: str | None = None
    """Frame rate in Hz, or reference for HumanML3D's stride rule; by default reference, 12.5 for
    kit-251, and 30 for repr-272."""
    corrected: bool = False
    """Make humanml3d-263 and kit-251 without the known faults of the reference."""
    joint_set: str = SMPL_22
    """Joints of the representation joints: SMPL's first 22, KIT-ML's 21, or SMPL's 24."""
    joint_frame: str = Y_UP
    """Frame of the representation joints: HumanML3D's (y-up), or AMASS's world (z up)."""

    def __post_init__(self) -> None:
        if self.target_skeleton is not None:
            refuse_url(self.target_skeleton)
        for name, values in (
            ("representation", REPRESENTATIONS),
            ("joint_set", tuple(JOINT_SETS)),
            ("joint_frame", JOINT_FRAMES),
        ):
            expect(getattr(self, name) in values, self, name, f"one of {', '.join(values)}")
        self._expect_only("target_skeleton", None, ON_A_TARGET)
        self._expect_only("corrected", False, ON_A_TARGET)
        self._expect_only("joint_set", SMPL_22, (JOINTS_ONLY,))
        self._expect_only("joint_frame", Y_UP, (JOINTS_ONLY,))
        _ = self.rate

    def _expect_only(self, name: str, default: object, representations: tuple[str, ...]) -> None:
        """Refuse an option that does nothing in the chosen representation."""
        if getattr(self, name) != default and self.representation not in representations:
            option = f"--{name.replace('_', '-')}"
            raise InputError(
                f"{option} is only for --representation {' and '.join(representations)}; found "
                f"{self.representation}"
            )

    @property
    def rate(self) -> float | None:
        """The frame rate in Hz; None for HumanML3D's stride rule."""
        return rate_of(self.fps or DEFAULT_FPS[self.representation])

    @property
    def parameters(self) -> dict[str, Any]:
        """The parameters that may change a byte, without paths, as in `dataset.json`."""
        is_joints = self.representation == JOINTS_ONLY
        on_target = self.representation in ON_A_TARGET
        return {
            "representation": self.representation,
            **({"target_skeleton": "FILE" if self.target_skeleton else None} if on_target else {}),
            "fps": self.rate or REFERENCE,
            **({"corrected": self.corrected} if on_target else {}),
            **({"joint_set": self.joint_set} if is_joints else {}),
            **({"joint_frame": self.joint_frame} if is_joints else {}),
        }


@dataclass(frozen=True)
class MotionFeatureBuildOptions:
    """The clips of a dataset of motion features, what is made of them, and how they are packed."""

    clips: ClipSelection
    features: MotionFeatureOptions
    packing: PackingOptions = field(default_factory=PackingOptions)
