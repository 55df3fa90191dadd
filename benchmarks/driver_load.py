"""Print what the driver of a build takes: seconds and memory, and bytes to send and to keep.

Everything is the real thing, but for the recordings, which are empty files, and the receipts, which
tell of samples that nobody made. Run `python -m benchmarks.driver_load ROWS` from the project's
root; the files go to the folder of temporary ones.
"""

import pickle
import resource
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from benchmarks.scaling import usual_lengths
from pipelines.fingerprint import take_fingerprint
from pipelines.inputs import find_inputs
from pipelines.jobs import ShardJob
from pipelines.options import BuildOptions
from pipelines.plan import Plan, PlannedClip, PlannedShard, make_plan
from pipelines.receipts import Receipt
from pipelines.sample import MANIFEST_COLUMNS, lidar_schema
from pipelines.tools import load_tools
from shards.manifest import ManifestRow, manifest_table
from shards.moments import Moments
from shards.tables import table_to_parquet
from shards.writing import ShardFile, Span

CLIPS_OF_RECORDINGS = (1, 1, 1, 2)
"""How many clips recordings give in turn; HumanML3D's 10,524 give 1.28 each."""
RECORDINGS_IN_A_FOLDER = 500
SPLITS = {"train": 0.80, "val": 0.05, "test": 0.15}
"""The share of the rows in each split, as HumanML3D's."""
CAPTIONS, WORDS = 3, 10
"""Captions of a clip and words in a caption, about, as HumanML3D's."""

Result = TypeVar("Result")


def run(name: str, stage: Callable[[], Result]) -> Result:
    """Run a stage and print its row of the table; memory is the process's peak so far."""
    started = time.process_time()
    result = stage()
    seconds = time.process_time() - started
    megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    print(f"| {name} | {seconds:,.1f} | {megabytes:,.0f} |", flush=True)
    return result


def main() -> None:
    """Print the table for the number of rows on the command line."""
    lengths = np.random.default_rng(0).choice(usual_lengths(), int(sys.argv[1]))
    print("| stage | seconds of CPU | peak MB |\n|---|---|---|")
    with TemporaryDirectory() as folder:
        root = Path(folder)
        _write_archive(root, lengths)
        options = BuildOptions(root / "index.csv", root / "amass")
        paths, tools = find_inputs(options), load_tools(options)
        run("before", lambda: None)
        plan = run("plan", lambda: make_plan(options, paths))
        run("fingerprint", lambda: take_fingerprint(options, paths, plan, tools))
    jobs = [ShardJob(shard, options, paths, root, "", "") for shard in plan.shards]
    sent = run("jobs sent", lambda: sum(len(pickle.dumps(job)) for job in jobs))
    received, receipts = run("receipts made and read", lambda: _receive(plan))
    manifest = run("manifest", lambda: _manifest_bytes(receipts))
    print(f"\n{len(lengths):,} rows, {len(jobs):,} shards")
    print(f"jobs: {sent / 1e6:,.1f} MB, {sent / len(jobs) / 1e3:,.1f} kB each")
    print(f"receipts: {received / 1e6:,.1f} MB, {received / len(jobs) / 1e3:,.1f} kB each")
    print(f"manifest: {manifest / 1e6:,.1f} MB, {manifest / len(lengths):,.0f} B a sample")


def _write_archive(root: Path, lengths: NDArray[np.int64]) -> None:
    """Write an index of clips of these lengths, split lists, and empty recordings."""
    lines = ["source_path,start_frame,end_frame,new_name"]
    for number, (recording, start) in enumerate(_places(len(lengths), root / "amass")):
        end = start + lengths[number]
        lines.append(f"./pose_data/{recording}_poses.npy,{start},{end},{number:07d}.npy")
    (root / "index.csv").write_text("\n".join(lines) + "\n")
    first = 0
    for split, share in SPLITS.items():
        last = round(first + share * len(lengths))
        names = (f"{number:07d}" for number in range(first, last))
        (root / f"{split}.txt").write_text("".join(f"{name}\nM{name}\n" for name in names))
        first = last


def _places(count: int, amass: Path) -> Iterator[tuple[str, int]]:
    """Yield the recording and the first frame of so many clips; write the recordings' files."""
    made = recordings = 0
    while made < count:
        folder = f"KIT/{recordings // RECORDINGS_IN_A_FOLDER}"
        recording = f"{folder}/walking_medium_{recordings:07d}"
        (amass / folder).mkdir(parents=True, exist_ok=True)
        (amass / f"{recording}_poses.npz").touch()
        clips = min(CLIPS_OF_RECORDINGS[recordings % len(CLIPS_OF_RECORDINGS)], count - made)
        yield from ((recording, clip * 200) for clip in range(clips))
        made, recordings = made + clips, recordings + 1


def _receive(plan: Plan) -> tuple[int, list[Receipt]]:
    """Return the bytes of all receipts, and what the driver makes of them."""
    generator = np.random.default_rng(0)
    size, receipts = 0, []
    for shard in plan.shards:
        data = _receipt(shard, generator).to_bytes()
        receipts.append(Receipt.from_bytes(data))
        size += len(data)
    return size, receipts


def _receipt(shard: PlannedShard, generator: np.random.Generator) -> Receipt:
    members = list(lidar_schema(384).members)
    sizes = generator.integers(1_000, 10**6, (len(shard.clips), len(members))).tolist()
    words = (generator.zipf(1.1, (len(shard.clips), CAPTIONS, WORDS)) % 5_000).tolist()
    hits = generator.uniform(200, 900, len(shard.clips)).tolist()
    rows = tuple(
        ManifestRow(
            clip.samples[0].key,
            shard.name,
            clip.frames,
            {suffix: Span(size, size) for suffix, size in zip(members, sizes[number], strict=True)},
            _extra(clip, hits[number], words[number]),
        )
        for number, clip in enumerate(shard.clips)
    )
    moments = Moments.of(generator.normal(size=(9, 3)))
    fields = dict.fromkeys(("points", "joints", "pose", "trans"), moments)
    return Receipt(shard.name, "0" * 32, ShardFile(shard.name, 1, "0" * 32), rows, (), fields)


def _extra(clip: PlannedClip, hits: float, words: list[list[int]]) -> dict[str, object]:
    captions = [" ".join(f"w{word:04d}" for word in caption) for caption in words]
    return {
        "hits_min": int(hits / 2), "hits_mean": hits, "source": clip.recording, "subset": "KIT",
        "captions": captions, "flags": [],
    }  # fmt: skip


def _manifest_bytes(receipts: list[Receipt]) -> int:
    rows = (row for receipt in receipts for row in receipt.samples)
    return len(table_to_parquet(manifest_table(lidar_schema(384), rows, MANIFEST_COLUMNS)))


if __name__ == "__main__":
    main()
