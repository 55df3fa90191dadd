"""Install this checkout for another Python, and read a dataset with it, or build one too.

Run `python -m tools.check_python python3.14`, or with `--builds` behind it: then the extra `build`
is installed with the versions of `constraints.txt`, and the shards of a synthetic corpus must have
the bytes of `tests/pipelines/golden_bytes.json`. The environment is new. Without `--builds` it has
only what `pip install motiondata` brings. The dataset that is read is made here.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.dataset import make_dataset

ROOT = Path(__file__).resolve().parents[1]
GOLDEN = ROOT / "tests/pipelines/golden_bytes.json"
READ = """
import sys
from shards import open_dataset
data = open_dataset(sys.argv[1])
batches = list(data.frames("train", field="points", batch=2, shuffle=True, seed=0))
print(f"{len(data)} clips, {sum(len(batch['points']) for batch in batches)} frames")
"""


def check(python: str, folder: Path, what: tuple[object, ...]) -> Path:
    """Read and verify a small dataset with another Python; raise `CalledProcessError`.

    `what` is what pip installs. Returns the folder of the new environment.
    """
    data, home = folder / "data", folder / "environment"
    make_dataset(data)
    _run(python, "-m", "venv", home)
    _run(home / "bin/pip", "install", "--quiet", "--disable-pip-version-check", *what)
    _run(home / "bin/python", "-c", READ, data)
    _run(home / "bin/motiondata", "verify", data)
    return home


def check_builds(home: Path, folder: Path) -> None:
    """Build with an environment; raise `AssertionError` for other bytes than the stored ones."""
    corpus, out, program = folder / "corpus", folder / "lidar", home / "bin/motiondata"
    _run(program, "synthesize", "--clips", 60, "--seed", 0, "--out", corpus)
    source = (corpus / "index.csv", "--amass", corpus / "amass")
    packing = ("--shard-megabytes", 16, "--workers", 0)
    _run(program, "build-lidar", *source, *packing, "--out", out)
    found = json.loads((out / "dataset.json").read_text())["content_hash"]
    expected = json.loads(GOLDEN.read_text())["datasets"]["default"]["content_hash"]
    if found != expected:
        raise AssertionError(f"expected shards with the hash {expected}, found {found}")
    sys.stdout.write(f"built the bytes of {GOLDEN.name}\n")


def _run(*words: object) -> None:
    subprocess.run([str(word) for word in words], check=True, cwd=tempfile.gettempdir())  # noqa: S603


def main(python: str, builds: bool) -> None:
    """Check a Python in a folder that is removed afterwards."""
    pinned = (f"{ROOT}[build]", "--constraint", ROOT / "constraints.txt")
    with tempfile.TemporaryDirectory() as made:
        home = check(python, Path(made), pinned if builds else (ROOT,))
        if builds:
            check_builds(home, Path(made))


if __name__ == "__main__":
    main(sys.argv[1], builds="--builds" in sys.argv)
