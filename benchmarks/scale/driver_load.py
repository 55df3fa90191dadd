"""Measure time and peak memory of a build's driver: plan, resume and finish, without workers.

Run `python -m benchmarks.scale.driver_load --rows 1000000` from the project's root. The code is
that of a real build. The recordings and captions are empty files, and the shards are sparse files
whose receipts describe samples that do not exist. All stages run in one process, as in a resumed
build that finds all receipts. Another process prepares the input in a temporary folder. The system
records one peak per process, so the peak of each line is the highest so far.
"""

import multiprocessing
import pickle
import resource
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple, TypeVar

import click
import numpy as np
from numpy.typing import NDArray

from benchmarks.scale.cluster_model import usual_lengths
from pipelines.engine.finalize import finalize
from pipelines.engine.jobs import Jobs
from pipelines.engine.output_folder import OutputFolder
from pipelines.engine.plan import PlannedShard
from pipelines.engine.receipts import Receipt, sample_columns
from pipelines.engine.text_tables import markdown_table
from pipelines.products.lidar.product import LidarProduct
from pipelines.products.lidar.sample import MANIFEST_COLUMNS, lidar_schema
from shards.format.hashing import DIGEST_DIGITS
from shards.format.manifest import ManifestRow
from shards.format.paths import MANIFEST
from shards.format.writing import ShardFile, Span
from shards.stats.moments import Moments
from tests.support.lidar_options import lidar_options

RECORDINGS_PER_FOLDER = 500
SPLITS = {"train": 0.80, "val": 0.05, "test": 0.15}
"""The share of rows in each split, as in HumanML3D."""
CAPTIONS, WORDS = 3, 10
"""Captions per clip and words per caption, approximately as in HumanML3D."""
OUT = "lidar"
QUICK_ROWS, QUICK_RECORDINGS = 2_000, 100

Result = TypeVar("Result")


class Stage(NamedTuple):
    """The cost of a stage."""

    name: str
    seconds: float
    """Seconds of processor time."""
    megabytes: float
    """The process's peak memory so far, in 10^6 bytes."""


class Load(NamedTuple):
    """The cost of a driver per stage, and the sizes of what it sends and stores."""

    stages: list[Stage]
    shards: int
    job_bytes: int
    receipt_bytes: int
    manifest_bytes: int


def measure_driver(root: Path, rows: int, recordings: int, texts: bool) -> Load:
    """Prepare a driver's input below a folder, run it there, and return its cost."""
    context = multiprocessing.get_context("spawn")
    for work, words in ((_prepare, (root, rows, recordings, texts)), (_drive, (root,))):
        ours, theirs = context.Pipe()
        process = context.Process(target=work, args=(*words, theirs))
        process.start()
        theirs.close()
        load: Load = ours.recv()
        process.join()
    return load


def _drive(root: Path, reported_means: Any) -> None:
    """Run the driver of a build whose shards all exist; send its cost."""
    stages: list[Stage] = []

    def measured(name: str, stage: Callable[[], Result]) -> Result:
        started = time.process_time()
        result = stage()
        megabytes = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
        stages.append(Stage(name, time.process_time() - started, megabytes))
        return result

    product, out = measured("before", lambda: _product(root)), root / OUT
    plan = measured("plan", product.plan)
    planned = measured("fingerprint", lambda: product.stamp(plan))
    fingerprint = planned.fingerprint
    with OutputFolder(out).locked() as run:
        measured("compared with the last run's", lambda: run.begin_plan(fingerprint, restart=False))
        left = measured("receipts looked for", lambda: run.folder.unfinished_shards(planned))
        jobs = Jobs(planned, product, run, range(len(plan.shards)))
        sent = measured("jobs made and sent", lambda: sum(len(pickle.dumps(job)) for job in jobs))
        totals = measured("finished", lambda: finalize(run, planned, product))
    if left or totals.samples != plan.rows:
        raise AssertionError(f"{len(left)} shards left, {totals.samples} samples")
    receipts = sum(path.stat().st_size for path in out.glob("receipts/*-*.json"))
    reported_means.send(Load(stages, len(jobs), sent, receipts, (out / MANIFEST).stat().st_size))


def _product(root: Path) -> LidarProduct:
    options = lidar_options(root / "index.csv", root / "amass")
    return LidarProduct.of(options)


def _prepare(root: Path, rows: int, recordings: int, texts: bool, reported_means: Any) -> None:
    """Write the inputs, and the output folder of a build before it is finished."""
    lengths = np.random.default_rng(0).choice(usual_lengths(), rows)
    _write_archive(root, lengths, recordings)
    if texts:
        (root / "texts").mkdir()
        for number in range(rows):
            (root / "texts" / f"{number:07d}.txt").touch()
    product, out = _product(root), root / OUT
    planned = product.plan_around({})
    generator = np.random.default_rng(0)
    with OutputFolder(out).locked() as run:
        run.begin_plan(planned.fingerprint, restart=False)
        for job in Jobs(planned, product, run, range(len(planned.plan.shards))):
            receipt = _receipt(job.shard, job.plan, generator)
            job.path.parent.mkdir(exist_ok=True)
            with job.path.open("wb") as file:
                file.truncate(receipt.file.bytes if receipt.file else 0)
            run.publish_receipt(receipt)
    reported_means.send(None)


def _write_archive(root: Path, lengths: NDArray[np.int64], recordings: int) -> None:
    """Write an index of clips of these lengths, split lists, and empty recordings."""
    names = [_recording(number, root / "amass") for number in range(recordings)]
    lines = ["source_path,start_frame,end_frame,new_name"]
    for number, frames in enumerate(lengths.tolist()):
        recording, start = names[number % recordings], number // recordings * 200
        lines.append(f"./pose_data/{recording}_poses.npy,{start},{start + frames},{number:07d}.npy")
    (root / "index.csv").write_text("\n".join(lines) + "\n")
    first = 0
    for split, share in SPLITS.items():
        last = round(first + share * len(lengths))
        listed = (f"{number:07d}" for number in range(first, last))
        (root / f"{split}.txt").write_text("".join(f"{name}\nM{name}\n" for name in listed))
        first = last


def _recording(number: int, amass: Path) -> str:
    """Create an empty recording; return its name."""
    folder = f"KIT/{number // RECORDINGS_PER_FOLDER}"
    name = f"{folder}/walking_medium_{number:07d}"
    (amass / folder).mkdir(parents=True, exist_ok=True)
    (amass / f"{name}_poses.npz").touch()
    return name


def _receipt(shard: PlannedShard, plan: str, generator: np.random.Generator) -> Receipt:
    schema = lidar_schema(384)
    sizes = generator.integers(1_000, 10**6, (len(shard.clips), len(schema.members))).tolist()
    rows = [
        ManifestRow(
            key,
            shard.name,
            clip.frames,
            {suffix: Span(size, size) for suffix, size in zip(schema.members, of, strict=True)},
            extra,
        )
        for clip, of, extra in zip(shard.clips, sizes, _extras(shard, generator), strict=True)
        for key in clip.keys
    ]
    moments = Moments.of(generator.normal(size=(9, 3)))
    fields = dict.fromkeys(("points", "joints", "pose", "trans"), moments)
    file = ShardFile(shard.name, sum(map(sum, sizes)), "0" * DIGEST_DIGITS)
    columns = sample_columns(schema, rows, MANIFEST_COLUMNS)
    return Receipt(shard.name, plan, file, columns, (), fields)


def _extras(shard: PlannedShard, generator: np.random.Generator) -> Iterator[dict[str, object]]:
    words = (generator.zipf(1.1, (len(shard.clips), CAPTIONS, WORDS)) % 5_000).tolist()
    hits = generator.uniform(200, 900, len(shard.clips)).tolist()
    for clip, mean, said in zip(shard.clips, hits, words, strict=True):
        captions = [" ".join(f"w{word:04d}" for word in caption) for caption in said]
        yield {
            "hits_min": int(mean / 2), "hits_mean": mean, "empty_frames": 0, "crowded_frames": 0,
            "fps": 20.0, "source": clip.recording, "subset": "KIT", "captions": captions,
            "flags": [],
        }  # fmt: skip


@click.command()
@click.option("--rows", default=1_000_000, show_default=True, help="Rows of the index.")
@click.option("--recordings", default=4_000, show_default=True, help="That they are cut from.")
@click.option("--texts", is_flag=True, help="Give every row a file of captions.")
@click.option("--quick", is_flag=True, help="Few rows and recordings: does everything run?")
def main(rows: int, recordings: int, texts: bool, quick: bool) -> None:
    """Print what a driver takes, stage by stage."""
    if quick:
        rows, recordings = QUICK_ROWS, QUICK_RECORDINGS
    with TemporaryDirectory() as folder:
        load = measure_driver(Path(folder), rows, recordings, texts)
    stages = [(each.name, f"{each.seconds:,.1f}", f"{each.megabytes:,.0f}") for each in load.stages]
    click.echo("\n".join(markdown_table(["stage", "seconds of CPU", "peak MB"], stages)))
    seconds = sum(stage.seconds for stage in load.stages)
    click.echo(f"\n{rows:,} rows, {load.shards:,} shards: {seconds:,.1f} s of CPU")
    for name, size in (("job", load.job_bytes), ("receipt", load.receipt_bytes)):
        click.echo(f"{name}s: {size / 1e6:,.1f} MB, {size / load.shards / 1e3:,.1f} kB each")
    size = load.manifest_bytes
    click.echo(f"manifest: {size / 1e6:,.1f} MB, {size / rows:,.0f} B a sample")


if __name__ == "__main__":
    main()
