"""The target skeleton of a dataset: that of a file, or that of the bundled body."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.posing import shape_body
from motiondata.representations.skeleton import KIT, T2M, FeatureSkeleton
from motiondata.representations.targets import body_target, read_target
from pipelines.engine.fingerprint import digest_json
from pipelines.products.motion_features.options import KIT_251, ON_A_TARGET, MotionFeatureOptions


def skeleton_of(representation: str) -> FeatureSkeleton:
    """Return the skeleton of a representation in `ON_A_TARGET`."""
    return KIT if representation == KIT_251 else T2M


@dataclass(frozen=True)
class Target:
    """A target skeleton. It is small and picklable."""

    source: str
    """What it was taken from, without a path."""
    lengths: tuple[float, ...]
    """The lengths of its bones, in the unit of its skeleton."""

    @classmethod
    def of(cls, options: MotionFeatureOptions) -> Self | None:
        """Read the target of the options; None for representations that have none.

        Raises `InputError` if the file is invalid.
        """
        if options.representation not in ON_A_TARGET:
            return None
        skeleton, path = skeleton_of(options.representation), options.target_skeleton
        if path is not None:
            return cls("file", tuple(read_target(path, skeleton).tolist()))
        body = shape_body(bundled_body(), np.zeros(0))
        return cls("bundled body", tuple(body_target(body, skeleton).tolist()))

    @property
    def array(self) -> NDArray[np.float64]:
        """The lengths, shaped (joints - 1,)."""
        return np.array(self.lengths)

    @property
    def id(self) -> str:
        """The hash of the lengths."""
        return digest_json(list(self.lengths))

    def to_json(self) -> dict[str, Any]:
        """Return what `dataset.json` records."""
        return {"id": self.id, "source": self.source, "bone_lengths": list(self.lengths)}
