"""Golden bytes: datasets of one synthetic corpus have the hashes in `golden_bytes.json`.

The content hash of a dataset, which covers its shards, is the same on every x86-64 processor, and
is always compared. Parquet files name the version of Arrow that wrote them, and features depend on
PyTorch and on the processor's instructions. The hashes of these files are compared only where the
packages and the processor are those of `golden_bytes.json`. Receipts are left out: they hold times
of files. `dataset.json` is hashed without the version of this program and without its own hash, so
that a new version needs no new hashes.

After an intended change of bytes, run `python -m tests.pipelines.test_golden_bytes`, which writes
`golden_bytes.json` again in one to five minutes. Commit the file together with the change, a line
in CHANGELOG.md and a new version: a build is not resumed by another version.
"""

import json
import sys
import tempfile
from collections.abc import Iterator
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import torch

from motiondata import __version__
from motiondata.synthesis.corpus.corpus import synthesize
from pipelines.engine.execution import Execution
from pipelines.products.lidar.build import build_lidar
from pipelines.training.encoders.encode import encode
from shards.format.dataset import Dataset
from shards.format.hashing import hash_bytes, hash_file
from shards.format.paths import DATASET, RECEIPTS
from shards.format.self_hashed_json import HASH_KEY
from tests.support.lidar_options import lidar_options

GOLDEN = Path(__file__).with_name("golden_bytes.json")
CLIPS = 60
VARIANTS: dict[str, dict[str, Any]] = {
    "default": {},
    "mirrored views with noise": {"mirror": True, "views": 2, "noise": 0.01},
    "vlp-16": {"sensor": "vlp-16"},
    "in place, mean shape": {"in_place": True, "mean_shape": True},
}
PACKAGES = ("pyarrow", "torch", "transformers", "tokenizers")


@cache
def golden() -> dict[str, Any]:
    """Return the stored hashes."""
    document: dict[str, Any] = json.loads(GOLDEN.read_text())
    return document


def environment() -> dict[str, str]:
    """Return what tables and features depend on besides this program."""
    return {name: version(name) for name in PACKAGES} | {"cpu": processor()}


def processor() -> str:
    """Return the instructions that PyTorch uses, and the maker, family and model of the processor.

    PyTorch's libraries multiply matrices in another order on another model.
    """
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    known = dict(line.replace("\t", "").split(":", 1) for line in lines if ":" in line)
    model = [known.get(name, "").strip() for name in ("vendor_id", "cpu family", "model")]
    return " ".join([torch.backends.cpu.get_cpu_capability(), *model]).strip()


def tree(folder: Path) -> dict[str, str]:
    """Return the hash of every file of a dataset except receipts, by name."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    names = [path.relative_to(folder).as_posix() for path in files]
    return {
        name: hash_bytes(without_version(path)) if name == DATASET else hash_file(path)
        for name, path in zip(names, files, strict=True)
        if not name.startswith(f"{RECEIPTS}/")
    }


def without_version(dataset_json: Path) -> bytes:
    """Return `dataset.json` without the version of this program and without its own hash."""
    document, found, _ = dataset_json.read_bytes().rpartition(f',\n "{HASH_KEY}"'.encode())
    assert found, f"{dataset_json}: {HASH_KEY} is expected at its end"
    return document.replace(f'"motiondata {__version__}"'.encode(), b'"motiondata"')


def build(corpus: Path, out: Path, variant: str, limit: int | None = None) -> Path:
    """Build a variant of the corpus's dataset in this process."""
    options = lidar_options(
        corpus / "index.csv",
        corpus / "amass",
        limit=limit,
        shard_megabytes=16,
        **VARIANTS[variant],
    )
    build_lidar(options, out, Execution(workers=0))
    return out


def features(dataset: Path, root: Path) -> Path:
    """Encode a dataset by an encoder that was trained for two steps."""
    pytest.importorskip("transformers")
    from pipelines.training.alignment.options import AlignmentOptions
    from pipelines.training.alignment.train_alignment import train_alignment
    from pipelines.training.common.options import LoopOptions

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        options, loop = AlignmentOptions(steps=2), LoopOptions(batch=16)
        train_alignment(dataset, root / "run", options, loop, "cpu")
        encode(dataset, root / "run/checkpoint.pt", root / "features", Execution(workers=0))
    finally:
        torch.set_num_threads(threads)
    return root / "features"


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("golden")
    synthesize(root / "corpus", CLIPS, seed=0)
    return root / "corpus"


def test_the_shards_of_the_first_clips_have_the_stored_hash(corpus: Path, tmp_path: Path) -> None:
    built = build(corpus, tmp_path / "lidar", "default", limit=4)
    assert Dataset.open(built).content_hash == golden()["first clips"]


@pytest.mark.slow
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_dataset_and_its_features_have_the_stored_hashes(
    variant: str, corpus: Path, tmp_path: Path
) -> None:
    built = build(corpus, tmp_path / "lidar", variant)
    expected = golden()["datasets"][variant]
    assert Dataset.open(built).content_hash == expected["content_hash"]
    if environment() == golden()["environment"]:
        assert tree(built) == expected["files"]
        assert tree(features(built, tmp_path)) == expected["features"]


def measure(root: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the hashes of each variant."""
    for number, variant in enumerate(VARIANTS):
        built = build(root / "corpus", root / f"lidar{number}", variant)
        yield (
            variant,
            {
                "content_hash": Dataset.open(built).content_hash,
                "files": tree(built),
                "features": tree(features(built, root / f"training{number}")),
            },
        )


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        synthesize(Path(folder) / "corpus", CLIPS, seed=0)
        first = build(Path(folder) / "corpus", Path(folder) / "first", "default", limit=4)
        document = {
            "environment": environment(),
            "first clips": Dataset.open(first).content_hash,
            "datasets": dict(measure(Path(folder))),
        }
    GOLDEN.write_text(json.dumps(document, indent=1) + "\n")
    sys.stdout.write(f"{GOLDEN}\n")
