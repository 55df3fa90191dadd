"""Pose pairs of a made rule: a text says which elbow or knee bends, and pose B does it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from motiondata.captions import Caption, captions_to_details
from motiondata.pose_pairs.read_text import read_text
from motiondata.skeletons import JOINT
from pipelines.clips.members import DETAILS, POSE, TEXT
from pipelines.products.pose_pairs.description import POSE_PAIRS
from pipelines.products.pose_pairs.sample import COLUMNS
from pipelines.products.pose_pairs.schema import SCHEMA
from shards.format.array_spec import FRAMES
from shards.format.dataset import Dataset
from tests.support.captioned_features import write_made

BENDS = {
    "left_knee": (1.05, 0, 0),
    "right_knee": (1.05, 0, 0),
    "left_elbow": (0, -1.05, 0),
    "right_elbow": (0, 1.05, 0),
}
"""How each joint bends by 60 degrees, axis-angle, radians."""
UPRIGHT = (np.pi / 2, 0, 0)
NOISE = 0.1
"""Standard deviation of the rotations of pose A, radians."""


def make_ruled_pairs(
    out: Path, train: int = 160, test: int = 42, silent: Sequence[str] = ()
) -> Dataset:
    """Make pairs that bend each joint in turn, in the splits that have any.

    Each has one text, but those of the splits `silent` have none.
    """
    random = np.random.default_rng(0)
    sizes = {"train": train, "val": test, "test": test}
    samples = {
        split: [_sample(number, random, split not in silent) for number in range(pairs)]
        for split, pairs in sizes.items()
        if pairs
    }
    made_by = {"product": POSE_PAIRS.name}
    write_made(out, SCHEMA, samples, made_by, COLUMNS)
    return Dataset.open(out)


def text_of(joint: str) -> str:
    """Return the text that asks for a bend."""
    return f"Bend your {joint.replace('_', ' ')} more."


def _sample(number: int, random: np.random.Generator, speaks: bool) -> dict[str, Any]:
    joint = [*BENDS][number % len(BENDS)]
    pose = np.zeros((2, 22, 3))
    pose[:, 1:] = random.normal(0, NOISE, (21, 3))
    pose[:, 0] = UPRIGHT
    pose[:, [JOINT[each] for each in BENDS]] = 0.1 * np.array([*BENDS.values()])
    pose[1, JOINT[joint]] += BENDS[joint]
    texts = [text_of(joint)] if speaks else []
    values = {
        member: np.zeros([2 if size == FRAMES else int(size) for size in spec.shape], spec.dtype)
        for member, spec in SCHEMA.members.items()
        if not isinstance(spec, str)
    }
    details = {
        "source": "made.npz",
        "subset": "made",
        "source_a": "made.npz",
        "in_sequence": False,
        "two_way": False,
        "similarity": 0.8,
        "differing_codes": 20,
        "flags": [],
        "fps_out": 1.0,
        "texts": [
            {"style": "instructions", "text": text, "says": [[*s] for s in read_text(text)]}
            for text in texts
        ],
        "captions": captions_to_details([Caption(text, (), 0.0, 0.0) for text in texts]),
    }
    return {
        **values,
        POSE: pose.astype(np.float32),
        DETAILS: details,
        TEXT: "".join(f"{text}\n" for text in texts),
    }
