"""What trainings must know of motion features: columns, joints, and units."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from motiondata.errors import InputError
from motiondata.representations.feature_groups import FEATURE_GROUPS
from pipelines.clips.members import DETAILS
from pipelines.products.descriptions import describe, describe_dataset
from pipelines.products.motion_features.members import JOINTS, VECTORS
from pipelines.products.motion_features.options import MotionFeatureOptions
from pipelines.products.motion_features.recovery import recover_positions
from pipelines.products.motion_features.sample import schema_of
from shards.format.dataset import Dataset
from shards.format.members import field_of
from shards.format.paths import TRAIN
from shards.stream.streamed_dataset import StreamedDataset

FIELD = field_of(VECTORS)
METERS_PER = {"meters": 1.0, "millimeters": 0.001}
MILLIMETERS = 1000.0


@dataclass(frozen=True)
class MotionFields:
    """The motion features of a dataset. Raises `InputError` for a product without them."""

    representation: str
    """Name of the product, such as `humanml3d-263`."""
    corrected: bool = False
    """Whether the features are without the known faults of the reference."""

    def __post_init__(self) -> None:
        if describe(self.representation).std_groups is None:
            raise InputError(
                f"expected motion features with vectors, such as motiondata build-features makes, "
                f"found the product {self.representation}"
            )

    @classmethod
    def of(cls, dataset: Dataset) -> "MotionFields":
        """Return the features of a dataset; raise `InputError` for another product."""
        corrected = bool(dataset.description.parameters.get("corrected", False))
        try:
            return cls(describe_dataset(dataset).name, corrected)
        except InputError as error:
            raise InputError(f"{dataset.place}: {error}") from error

    @property
    def std_rule(self) -> str:
        """The rule of the grouped standard deviations, one of `FEATURE_GROUPS`."""
        return str(describe(self.representation).std_groups)

    @property
    def meters(self) -> float:
        """Meters per unit of the joints."""
        return METERS_PER[describe(self.representation).member(JOINTS).unit]

    @property
    def number_of_joints(self) -> int:
        """The number of joints that features are recovered to."""
        options = MotionFeatureOptions(self.representation)
        return int(schema_of(options).arrays[field_of(JOINTS)].shape[1])

    def columns(self, group: str) -> slice:
        """Return the columns of a group of features, such as `joint_positions`."""
        return slice(*FEATURE_GROUPS[self.std_rule][group])

    def joints(self, features: NDArray[np.float32]) -> NDArray[np.float64]:
        """Return the joints of a clip's features, y up, in meters.

        `features` is shaped (frames, columns), the result (frames, joints, 3).
        """
        joints = recover_positions(features, self.representation, self.corrected)
        return np.asarray(joints, np.float64) * self.meters

    def to_json(self) -> Mapping[str, Any]:
        """Return the fields, as a checkpoint stores them."""
        return asdict(self)


def frame_rate(data: StreamedDataset) -> float:
    """Return the frame rate of the first training clip, Hz."""
    batch = next(iter(data.clips(TRAIN, [DETAILS], 1, rank=0, world=1)))
    return float(batch[DETAILS][0]["fps_out"])
