"""A dataset of pose pairs of made clips, with all splits."""

from pathlib import Path

from motiondata.pose_pairs.rules import PairRules
from motiondata.synthesis.corpus.corpus import synthesize
from pipelines.clips.options import ClipSelection
from pipelines.engine.execution import Execution
from pipelines.products.pose_pairs.build import build_pose_pairs
from pipelines.products.pose_pairs.options import PosePairBuildOptions, PosePairOptions
from shards.format.dataset import Dataset


def make_pose_pairs(out: Path, clips: int = 12, poses: int = 250, texts: int = 3) -> Dataset:
    """Build pairs of the poses of made clips, whose recordings the corpus puts into splits."""
    synthesize(out / "corpus", clips, seed=0)
    chosen = ClipSelection(out / "corpus" / "index.csv", out / "corpus" / "amass")
    own = PosePairOptions(poses=poses, texts_per_pair=texts)
    options = PosePairBuildOptions(chosen, own, PairRules(least_similarity=0.3))
    build_pose_pairs(options, out / "pairs", Execution(workers=0))
    return Dataset.open(out / "pairs")
