"""Measure how much longer a small build takes with two workers on Ray than in one process.

Run `python -m benchmarks.scale.ray_start`. The build is so small that the difference is the time to
start and stop Ray, `pipelines.engine.worker_choice.RAY_START_SECONDS`.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click

from motiondata.synthesis.corpus.corpus import synthesize

CLIPS, TIMES = 8, 5


@click.command()
@click.option("--quick", is_flag=True, help="Measure once instead of several times.")
def main(quick: bool) -> None:
    """Print the smallest difference of several pairs of builds."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        synthesize(root / "corpus", CLIPS, seed=0)
        _build(root, workers=0)  # compiles the kernels
        pairs = [
            (_build(root, workers=2), _build(root, workers=0)) for _ in range(1 if quick else TIMES)
        ]
    print(f"Ray: {min(ray - alone for ray, alone in pairs):.1f} s of {min(pairs)[0]:.1f} s")


def _build(root: Path, workers: int) -> float:
    """Build the corpus in a new process, and return the seconds that it took."""
    corpus = root / "corpus"
    words = ["build-lidar", corpus / "index.csv", "--amass", corpus / "amass", "--restart"]
    words += ["--out", root / "lidar", "--shard-megabytes", 1, "--workers", workers]
    started = time.perf_counter()
    subprocess.run(  # noqa: S603 (our own program)
        [sys.executable, "-m", "motiondata", *map(str, words)], check=True, capture_output=True
    )
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
