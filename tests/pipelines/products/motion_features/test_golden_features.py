"""Golden bytes of motion features: the shards of synthetic clips have the stored hashes.

After an intended change of bytes, store the hashes that the test prints, with a line in
CHANGELOG.md.
"""

from pathlib import Path

import pytest

from motiondata.synthesis.corpus.corpus import synthesize
from pipelines.clips.options import ClipSelection
from pipelines.products.motion_features.build import build_features
from pipelines.products.motion_features.options import (
    MotionFeatureBuildOptions,
    MotionFeatureOptions,
)
from shards.format.dataset import Dataset
from shards.format.hashing import hash_values
from tests.support.motion_features import HERE

CLIPS = 6
HASHES = {
    "humanml3d-263": "1a5544ed9a339ef4ad1c505ef9bc16a3810496b4a163a8950963565e548277b7",
    "kit-251": "2ee57a904411c4629f8b4724960e6c8681e8214e323eaf8492a2408cbf02572b",
    "repr-272": "7335ef20145cd5ba2b00291601853f4f1062579ca82295b9fc2de2d37595c374",
    "joints": "74aba17b43863422c1331f69dfe30288b90242f83df046fcb510d6f16e77b2f1",
}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("golden") / "corpus"
    synthesize(root, CLIPS, seed=0)
    return root


@pytest.mark.parametrize("representation", HASHES)
def test_shards_have_the_stored_hash(corpus: Path, tmp_path: Path, representation: str) -> None:
    clips = ClipSelection(corpus / "index.csv", corpus / "amass", mirror=True)
    options = MotionFeatureBuildOptions(clips, MotionFeatureOptions(representation))
    build_features(options, tmp_path / "motion", HERE)
    entries = Dataset.open(tmp_path / "motion").description.shards
    assert hash_values(*(shard.blake3.encode() for shard in entries)) == HASHES[representation]
