"""Install this checkout for another Python, and read a dataset with it.

Run `python -m tools.check_python python3.13`.
The environment is new and has only what `pip install motiondata` brings. The dataset is made here.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.dataset import make_dataset

ROOT = Path(__file__).resolve().parents[1]
READ = """
import sys
from shards import open_dataset
data = open_dataset(sys.argv[1])
batches = list(data.frames("train", field="points", batch=2, shuffle=True, seed=0))
print(f"{len(data)} clips, {sum(len(batch['points']) for batch in batches)} frames")
"""


def check(python: str, folder: Path) -> None:
    """Read and verify a small dataset with another Python; raise `CalledProcessError`."""
    data, home = folder / "data", folder / "environment"
    make_dataset(data)
    _run(python, "-m", "venv", home)
    _run(home / "bin/pip", "install", "--quiet", "--disable-pip-version-check", ROOT)
    _run(home / "bin/python", "-c", READ, data)
    _run(home / "bin/motiondata", "verify", data)


def _run(*words: object) -> None:
    subprocess.run([str(word) for word in words], check=True, cwd=tempfile.gettempdir())  # noqa: S603


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        check(sys.argv[1], Path(made))
