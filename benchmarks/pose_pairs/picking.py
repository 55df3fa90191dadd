"""Measure how long poses are picked of millions, and compare with the plain loop and fpsample.

Run `python -m benchmarks.pose_pairs.picking --archive FOLDER`, with recordings in AMASS's layout.
The poses are made of them (`made_poses`); without an archive, of a few synthetic recordings.
fpsample's distance is Euclidean, so its picks are others; its two functions that take 66 columns
are compared for their time only, if it is installed.
"""

import importlib.util
import resource
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import click
import numpy as np

from benchmarks.common.timing import Seconds
from benchmarks.pose_pairs.made_poses import Singles, made_joints
from motiondata.pose_pairs.farthest_poses import Picked, pick_farthest
from motiondata.skeletons import JOINTS
from motiondata.synthesis.corpus.corpus import synthesize

POSES = 500_000, 1_000_000, 2_000_000, 4_000_000
PICKS = 100_000
PEERS = 100_000, 2_000
"""Poses and picks of the comparison, which the plain loop does in a minute."""
QUICK = (5_000, 20_000), 500, (5_000, 200)


@click.command()
@click.option("--archive", type=click.Path(path_type=Path, exists=True), help="Recordings.")
@click.option("--poses", type=int, multiple=True, help="How many poses; may be repeated.")
@click.option("--picks", type=int, help="How many are picked.")
@click.option("--quick", is_flag=True, help="Few poses: does it run?")
def main(archive: Path | None, poses: tuple[int, ...], picks: int | None, quick: bool) -> None:
    """Measure the picking of poses, few first, so that the peak of memory is that of each."""
    usual, most, peers = QUICK if quick else (POSES, PICKS, PEERS)
    sizes, wanted = poses or usual, picks or most
    with TemporaryDirectory() as folder:
        if archive is None:
            synthesize(Path(folder) / "corpus", 6, seed=0)
        joints = made_joints(archive or Path(folder), max(*sizes, peers[0]))
    pick_farthest(joints[:100], 2)  # compiles
    compare(joints[: peers[0]], peers[1])
    scale(joints, sizes, wanted)


def scale(joints: Singles, sizes: Sequence[int], picks: int) -> None:
    """Print the time of picking from the first poses, for several numbers of them."""
    print("| poses | picks | processor s | wall-clock s | peak GB | last distance, mm |")
    print("|--:|--:|--:|--:|--:|--:|")
    for count in sorted(sizes):
        found: list[Picked] = []
        seconds = _timed(lambda: found.append(pick_farthest(joints[:count], picks)))  # noqa: B023
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        last = found[0].distances[-1] * 1000
        print(f"| {count:,} | {len(found[0].numbers):,} | {seconds.cpu:.1f} ", end="")
        print(f"| {seconds.wall:.1f} | {peak:.1f} | {last:.1f} |", flush=True)


def compare(joints: Singles, picks: int) -> None:
    """Print the time of ways to pick, and whether ours picks as the plain loop does."""
    ways: dict[str, Callable[[], object]] = {
        "ours": lambda: pick_farthest(joints, picks).numbers.tolist(),
        "plain loop": lambda: plain_loop(joints, picks),
        **(ways_of_fpsample(joints, picks) if importlib.util.find_spec("fpsample") else {}),
    }
    print(f"{picks:,} of {len(joints):,} poses:")
    results = {}
    for name, way in ways.items():
        seconds = _timed(lambda: results.update({name: way()}))  # noqa: B023
        print(f"{name}: {seconds.cpu:.2f} processor s, {seconds.wall:.2f} wall-clock s", flush=True)
    same = results["ours"] == results["plain loop"]
    print(f"ours and the plain loop pick the same poses: {'yes' if same else 'no'}")


def ways_of_fpsample(joints: Singles, picks: int) -> dict[str, Callable[[], object]]:
    """Return the two functions of fpsample that take 66 columns."""
    import fpsample

    columns = joints.reshape(len(joints), -1)
    functions = fpsample.fps_sampling, fpsample.fps_npdu_kdtree_sampling
    return {
        f"fpsample.{function.__name__}": partial(function, columns, picks, start_idx=0)
        for function in functions
    }


def plain_loop(joints: Singles, picks: int) -> list[int]:
    """Pick with the distances of all poses to the last pick, in the same order of sums."""
    planes = np.ascontiguousarray(np.moveaxis(joints, 0, -1))
    nearest, found = np.full(len(joints), np.inf, np.float32), [0]
    while len(found) < picks:
        total = np.zeros(len(joints), np.float32)
        for joint in range(JOINTS):
            x, y, z = planes[joint] - planes[joint, :, found[-1], None]
            total += np.sqrt(x * x + y * y + z * z)
        nearest = np.minimum(nearest, total)
        found.append(int(nearest.argmax()))
    return found


def _timed(run: Callable[[], object]) -> Seconds:
    wall, cpu = time.perf_counter(), time.process_time()
    run()
    return Seconds(time.perf_counter() - wall, time.process_time() - cpu)


if __name__ == "__main__":
    main()
