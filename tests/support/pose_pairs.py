"""Datasets of pose pairs: built from made clips, or written with random postures."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from motiondata.captions import Caption, captions_to_details
from motiondata.pose_pairs.pair_codes import PAIR_CODES
from motiondata.pose_pairs.postures import Postures
from motiondata.pose_pairs.rules import PairRules
from motiondata.pose_pairs.statements import PairFacts
from motiondata.pose_pairs.write_text import write_texts
from motiondata.synthesis.corpus.corpus import synthesize
from pipelines.clips.members import DETAILS, POSE, TEXT, TRANS
from pipelines.clips.options import ClipSelection
from pipelines.engine.execution import Execution
from pipelines.products.pose_pairs.build import build_pose_pairs
from pipelines.products.pose_pairs.description import POSE_PAIRS
from pipelines.products.pose_pairs.members import (
    CHANGES,
    JOINTS,
    LEVELS,
    POSE_CODES_MEMBER,
    SUPER_CODES_MEMBER,
)
from pipelines.products.pose_pairs.options import PosePairBuildOptions, PosePairOptions
from pipelines.products.pose_pairs.sample import FPS
from pipelines.products.pose_pairs.schema import SCHEMA
from shards.format.dataset import Dataset
from tests.support.captioned_features import write_made
from tests.support.postures import facts_of_pairs, posed, random_poses


def make_pose_pairs(out: Path, clips: int = 12, poses: int = 250, texts: int = 3) -> Dataset:
    """Build pairs of the poses of made clips, whose recordings the corpus puts into splits."""
    synthesize(out / "corpus", clips, seed=0)
    chosen = ClipSelection(out / "corpus" / "index.csv", out / "corpus" / "amass")
    own = PosePairOptions(poses=poses, texts_per_pair=texts)
    options = PosePairBuildOptions(chosen, own, PairRules(least_similarity=0.3))
    build_pose_pairs(options, out / "pairs", Execution(workers=0))
    return Dataset.open(out / "pairs")


def make_random_pairs(
    out: Path,
    pairs: Mapping[str, int] = MappingProxyType({"train": 40, "val": 8, "test": 12}),
    silent: Sequence[str] = (),
    seed: int = 0,
) -> Dataset:
    """Write pairs of random postures with true texts; the splits `silent` have no texts."""
    total = sum(pairs.values())
    first = random_poses(total, seed)
    second = first + random_poses(total, seed + 1, 0.3)
    before, after = posed(first), posed(second)
    facts = facts_of_pairs(before, after, np.zeros(total))
    numbers = iter(range(total))
    samples = {
        split: [
            _sample(next(numbers), before, after, facts, split not in silent) for _ in range(count)
        ]
        for split, count in pairs.items()
    }
    write_made(out, SCHEMA, samples, {"product": POSE_PAIRS.name})
    return Dataset.open(out)


def _sample(
    number: int, before: Postures, after: Postures, facts: Sequence[PairFacts], speaks: bool
) -> dict[str, Any]:
    both = [
        (each.joints[number], each.pose[number], each.trans[number]) for each in (before, after)
    ]
    joints, pose, trans = (np.stack(each).astype(np.float32) for each in zip(*both, strict=True))
    fact = facts[number]
    texts = write_texts(fact, {}, 3, 0, str(number)) if speaks else []
    captions = [Caption(text.text, (), 0.0, 0.0) for text in texts]
    return {
        JOINTS: joints,
        POSE: pose,
        TRANS: trans,
        POSE_CODES_MEMBER: np.ascontiguousarray(fact.codes),
        SUPER_CODES_MEMBER: np.ascontiguousarray(fact.supers),
        CHANGES: np.zeros(len(PAIR_CODES), np.float32),
        LEVELS: fact.levels,
        DETAILS: {"fps_out": FPS, "captions": captions_to_details(captions)},
        TEXT: "".join(f"{text.text}\n" for text in texts),
    }
