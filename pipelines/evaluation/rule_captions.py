"""A baseline without learning: the joints of clips, put into words by rule."""

from collections.abc import Sequence
from typing import Any, TextIO

import numpy as np

from motiondata.errors import InputError
from pipelines.clips.members import DETAILS
from pipelines.engine.progress import Progress
from pipelines.evaluation.joint_measures import SMPL_JOINTS
from pipelines.evaluation.joint_words import joints_to_words
from pipelines.products.descriptions import describe_dataset
from pipelines.products.lidar.members import JOINTS
from pipelines.training.pose_pairs.read_pairs import is_pose_pairs
from shards.format.dataset import Dataset
from shards.format.members import field_of
from shards.format.places import Place
from shards.stream.streamed_dataset import StreamedDataset

FIELD = field_of(JOINTS)
Y_UP_TO_Z_UP = (2, 0, 1)
"""The axes of a frame with y up in the order of one with z up, which keeps left and right."""
CLIPS_PER_BATCH = 16


def joints_of(dataset: Dataset, asked: Place | None) -> Dataset | None:
    """Return the dataset whose joints are put into words; None if there are none.

    Without `asked`, it is the evaluated dataset if this has joints of motion. Raises `InputError`
    or `ShardError` if `asked` has not SMPL's 22 joints.
    """
    if asked is None:
        return dataset if _has_joints(dataset) and not is_pose_pairs(dataset) else None
    found = Dataset.open(asked)
    if not _has_joints(found):
        raise InputError(
            f"{found.place}: expected a field {FIELD} of SMPL's {SMPL_JOINTS} joints, such as that "
            f"of build-lidar and build-features, found {', '.join(found.schema.arrays)}"
        )
    return found


def _has_joints(dataset: Dataset) -> bool:
    spec = dataset.schema.arrays.get(FIELD)
    return spec is not None and tuple(spec.shape[1:]) == (SMPL_JOINTS, 3)


def rule_captions(
    dataset: Dataset, split: str, keys: Sequence[str], stream: TextIO | None = None
) -> list[str]:
    """Return words for the joints of clips. Progress is written to `stream`.

    Raises `ShardError` if a clip is missing.
    """
    view = StreamedDataset(dataset).clips(
        split, [FIELD, DETAILS], CLIPS_PER_BATCH, keys=keys, rank=0, world=1
    )
    frame = describe_dataset(dataset).member(JOINTS).frame
    found: dict[str, str] = {}
    with Progress(len(keys), 0, stream, "clips") as progress:
        for batch in view:
            parts = zip(batch["keys"], batch[FIELD], batch["mask"], batch[DETAILS], strict=True)
            found |= {key: _words(joints[there], details, frame)
                      for key, joints, there, details in parts}  # fmt: skip
            progress.advance(len(batch["keys"]))
    return [found[key] for key in keys]


def _words(joints: Any, details: dict[str, Any], frame: str) -> str:
    z_up = joints if _is_z_up(details, frame) else joints[..., Y_UP_TO_Z_UP]
    return joints_to_words(np.asarray(z_up, np.float64), float(details["fps_out"]))


def _is_z_up(details: dict[str, Any], frame: str) -> bool:
    """Return whether joints are in a frame with z up: the sensor's, or the world."""
    return str(details.get("joint_frame", frame)) in ("sensor", "world")
