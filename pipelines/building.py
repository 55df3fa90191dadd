"""Building a shard: its recordings read, its clips scanned, its tar file written, its receipt given.

A plain function of its job. A row whose recording is no good becomes a drop before any of its
samples is written, so that a row is either all there or not at all.
"""

from collections.abc import Callable, Iterator
from typing import Any

from threadpoolctl import threadpool_limits

from motiondata.errors import RecordingError
from pipelines.clips import read_clip
from pipelines.drops import Drop
from pipelines.jobs import ShardJob
from pipelines.plan import PlannedClip
from pipelines.receipts import Receipt, SampleEntry, publish_receipt
from pipelines.sample import lidar_sample, lidar_schema
from pipelines.scene import scan_views
from pipelines.tools import Tools, load_tools
from shards.moments import Moments, fold
from shards.schema import Schema
from shards.writing import ShardWriter


def build_shard(job: ShardJob, on_frames: Callable[[int], None]) -> Receipt:
    """Build one shard and publish it, then its receipt. Raises for bugs and broken disks alone.

    Linear algebra runs on one thread, since sums would differ in their last bits with the number
    of threads, and since every core has a worker of its own.
    """
    with threadpool_limits(1):
        receipt = _Shard(job, on_frames).build()
    publish_receipt(job.out, receipt)
    return receipt


class _Shard:
    """One shard in the making."""

    def __init__(self, job: ShardJob, on_frames: Callable[[int], None]) -> None:
        self.job = job
        self.on_frames = on_frames
        self.tools: Tools = load_tools(job.options)
        self.schema: Schema = lidar_schema(job.options.points)
        self.entries: list[SampleEntry] = []
        self.drops: list[Drop] = []
        self.moments: dict[str, list[Moments]] = {}

    def build(self) -> Receipt:
        self.job.path.parent.mkdir(parents=True, exist_ok=True)
        with ShardWriter(self.job.path) as writer:
            for planned in self.job.shard.clips:
                for key, values in self._samples_or_drop(planned):
                    self._write(writer, key, values)
                self.on_frames(planned.frames)
        return self._receipt(writer)

    def _samples_or_drop(self, planned: PlannedClip) -> list[tuple[str, dict[str, Any]]]:
        try:
            return list(self._samples(planned))
        except RecordingError as error:
            self.drops.append(Drop.of(planned.row, "build", error))
            return []

    def _samples(self, planned: PlannedClip) -> Iterator[tuple[str, dict[str, Any]]]:
        clip = read_clip(planned, self.job.options, self.tools)
        yield from scan_views(clip, planned, self.job, self.tools)

    def _write(self, writer: ShardWriter, key: str, values: dict[str, Any]) -> None:
        written = writer.write(lidar_sample(self.schema, key, values))
        hits = values["hits.npy"]
        columns = {
            "hits_min": int(hits.min()),
            "hits_mean": float(hits.mean()),
            "source": values["json"]["source"],
            "subset": values["json"]["subset"],
            "captions": [caption["text"] for caption in values["json"]["captions"]],
            "flags": values["json"]["flags"],
        }
        members = {suffix: tuple(span) for suffix, span in written.members.items()}
        self.entries.append(SampleEntry(key, len(hits), members, columns))
        for field, spec in self.schema.arrays.items():
            if spec.is_float:
                where = values[f"{spec.counted_where}.npy"] if spec.counted_where else None
                of_sample = Moments.of(values[f"{field}.npy"], where)
                self.moments.setdefault(field, []).append(of_sample)

    def _receipt(self, writer: ShardWriter) -> Receipt:
        moments = {field: fold(parts) for field, parts in self.moments.items()}
        return Receipt(
            shard=self.job.shard.name,
            job=self.job.plan,
            bytes=writer.result.bytes if writer.result else 0,
            blake2b=writer.result.blake2b if writer.result else "",
            samples=tuple(self.entries),
            drops=tuple(self.drops),
            moments=moments,
        )
