"""Building a shard: recordings read, clips scanned, the tar file written, the receipt given.

A plain function of its job. A row whose recording is no good becomes a drop before any of its
samples is written, so that a row is either all there or not at all.
"""

from collections import deque
from collections.abc import Iterator
from typing import Any

from threadpoolctl import threadpool_limits

from motiondata.errors import RecordingError
from pipelines.clips import read_clip
from pipelines.drops import Drop
from pipelines.jobs import ShardJob, Watcher
from pipelines.plan import PlannedClip
from pipelines.receipts import Receipt, publish_receipt
from pipelines.sample import lidar_moments, lidar_schema, manifest_values
from pipelines.scene import BegunSample, begin_samples, finish_sample
from pipelines.tools import Tools, load_tools, warm_up_kernels
from shards.manifest import ManifestRow
from shards.moments import Moments, fold
from shards.writing import ShardWriter, encode_sample

Values = dict[str, Any]
"""The values of a sample's members, by suffix."""

Begun = list[BegunSample]
"""The samples of a clip; none of one that was dropped."""


def build_shard(job: ShardJob, watcher: Watcher) -> Receipt:
    """Build one shard and publish it, then its receipt. Raises for bugs and broken disks alone.

    Linear algebra runs on one thread: sums differ in their last bits with the number of threads,
    and every core has a worker of its own.
    """
    warm_up_kernels()
    with threadpool_limits(1):
        receipt = _ShardBuild(job, load_tools(job.options)).run(watcher)
    publish_receipt(job.out, receipt, job.permit)
    return receipt


class _ShardBuild:
    """One shard in the making."""

    def __init__(self, job: ShardJob, tools: Tools) -> None:
        self.job = job
        self.tools = tools
        self.quarantined = {row.row: row.error for row in job.quarantine}
        self.schema = lidar_schema(job.options.points)
        self.rows: list[ManifestRow] = []
        self.drops: list[Drop] = []
        self.moments: dict[str, list[Moments]] = {}

    def run(self, watcher: Watcher) -> Receipt:
        self.job.path.parent.mkdir(parents=True, exist_ok=True)
        with ShardWriter(self.job.path, self.job.permit) as writer:
            for planned, begun in self._begun_clips(watcher):
                watcher.take_up(planned.row.number)
                for key, values in self._finish_or_drop(planned, begun):
                    self._write(writer, key, values)
                watcher.put_down(planned.frames)
        return Receipt(
            shard=self.job.shard.name,
            plan=self.job.plan,
            file=writer.result,
            samples=tuple(self.rows),
            drops=tuple(self.drops),
            moments={field: fold(parts) for field, parts in self.moments.items()},
        )

    def _begun_clips(self, watcher: Watcher) -> Iterator[tuple[PlannedClip, Begun]]:
        """Yield each clip when as many frames are begun beyond it as the observer can have."""
        begun: deque[tuple[PlannedClip, Begun]] = deque()
        for planned in self.job.shard.clips:
            watcher.take_up(planned.row.number)
            begun.append((planned, self._begin_or_drop(planned)))
            while sum(clip.frames for clip, _ in begun) > self.tools.observer.frames_ahead:
                yield begun.popleft()
        yield from begun

    def _begin_or_drop(self, planned: PlannedClip) -> Begun:
        try:
            self._refuse_quarantined(planned)
            clip, shaped = read_clip(planned, self.job, self.tools)
            return list(begin_samples(clip, shaped, planned, self.job.options, self.tools))
        except RecordingError as error:
            self.drops.append(Drop.of(planned.row, "build", error))
            return []

    def _finish_or_drop(self, planned: PlannedClip, begun: Begun) -> list[tuple[str, Values]]:
        try:
            return [finish_sample(sample, self.job, self.tools) for sample in begun]
        except RecordingError as error:
            self.drops.append(Drop.of(planned.row, "build", error))
            return []

    def _refuse_quarantined(self, planned: PlannedClip) -> None:
        if planned.row.number in self.quarantined:
            raise self.quarantined[planned.row.number]

    def _write(self, writer: ShardWriter, key: str, values: Values) -> None:
        written = writer.write(encode_sample(self.schema, key, values))
        frames = len(values["hits.npy"])
        row = ManifestRow(
            written.key, self.job.shard.name, frames, written.members, manifest_values(values)
        )
        self.rows.append(row)
        for field, moments in lidar_moments(self.schema, values).items():
            self.moments.setdefault(field, []).append(moments)
