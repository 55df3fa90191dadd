"""Build a shard: make its samples row by row, write the tar file, publish the receipt.

A row with an unusable recording becomes a drop before any of its samples is written, so that a
shard has all samples of a row or none.
"""

from collections import deque
from collections.abc import Iterator
from itertools import zip_longest

from threadpoolctl import threadpool_limits

from motiondata.errors import RecordingError
from pipelines.engine.drops import Drop
from pipelines.engine.jobs import RowListener, ShardJob
from pipelines.engine.opened import Opened
from pipelines.engine.plan import PlannedRow
from pipelines.engine.product import FinishSamples, OpenProduct, Values
from pipelines.engine.receipts import Receipt, sample_columns
from shards.format.manifest import ManifestRow
from shards.format.writing import ShardWriter, encode_sample
from shards.stats.measure import all_moments
from shards.stats.moments import Moments, fold


class ShardBuilder:
    """Builds the shards of jobs, one after another, with the open product of its process."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    def __call__(self, job: ShardJob, listener: RowListener) -> Receipt:
        """Build and publish one shard, then publish its receipt. Raise only bugs and I/O errors.

        Linear algebra runs on one thread, because the last bits of sums depend on the number of
        threads and because each core has its own worker.
        """
        opened = self._opened.get(job.product)
        with threadpool_limits(1):
            receipt = _Shard(job, opened).run(listener)
        job.run.publish_receipt(receipt)
        return receipt


class _Shard:
    """The state of a shard while it is built."""

    def __init__(self, job: ShardJob, opened: OpenProduct) -> None:
        self.job = job
        self.opened = opened
        self.product = job.product
        self.schema = job.product.schema
        self.quarantined = {row.row: row.error for row in job.quarantine}
        self.rows: list[ManifestRow] = []
        self.drops: list[Drop] = []
        self.moments: dict[str, list[Moments]] = {}

    def run(self, listener: RowListener) -> Receipt:
        self.job.path.parent.mkdir(parents=True, exist_ok=True)
        with ShardWriter(self.job.path, self.job.run.permit) as writer:
            for planned, finish in self._pending_rows(listener):
                listener.row_started(planned.row.number)
                for key, values in self._finish_or_drop(planned, finish):
                    self._write(writer, key, values)
                listener.row_finished(planned.frames)
        return Receipt(
            shard=self.job.shard.name,
            plan=self.job.plan,
            file=writer.result,
            samples=sample_columns(self.schema, self.rows, self.product.columns),
            drops=tuple(self.drops),
            moments={field: fold(parts) for field, parts in self.moments.items()},
        )

    def _pending_rows(self, listener: RowListener) -> Iterator[tuple[PlannedRow, FinishSamples]]:
        """Begin the rows in order. Yield the oldest while too many frames are pending.

        The limit is `OpenProduct.lookahead_frames`.
        """
        pending: deque[tuple[PlannedRow, FinishSamples]] = deque()
        clips = self.job.shard.clips
        for planned, following in zip_longest(clips, clips[1:]):
            if following is not None:
                self._prefetch(following, listener)
            listener.row_started(planned.row.number)
            pending.append((planned, self._begin_or_drop(planned)))
            while sum(row.frames for row, _ in pending) > self.opened.lookahead_frames:
                yield pending.popleft()
        yield from pending

    def _prefetch(self, planned: PlannedRow, listener: RowListener) -> None:
        """Prefetch a row's files. Skip a quarantined row: opening its files may hang the worker."""
        if planned.row.number not in self.quarantined:
            listener.row_started(planned.row.number)
            self.opened.prefetch(planned)

    def _begin_or_drop(self, planned: PlannedRow) -> FinishSamples:
        try:
            self._refuse_quarantined(planned)
            return self.opened.begin(planned)
        except RecordingError as error:
            self.drops.append(Drop.of(planned.row, "build", error))
            return list

    def _finish_or_drop(
        self, planned: PlannedRow, finish: FinishSamples
    ) -> list[tuple[str, Values]]:
        try:
            return finish()
        except RecordingError as error:
            self.drops.append(Drop.of(planned.row, "build", error))
            return []

    def _refuse_quarantined(self, planned: PlannedRow) -> None:
        if planned.row.number in self.quarantined:
            raise self.quarantined[planned.row.number]

    def _write(self, writer: ShardWriter, key: str, values: Values) -> None:
        sample = encode_sample(self.schema, key, values)
        written = writer.write(sample)
        frames, extra = self.schema.frames_of(values), self.product.manifest_values(values)
        self.rows.append(ManifestRow(key, self.job.shard.name, frames, written.members, extra))
        read = self.schema.as_read(values, sample.members, frames)
        for field, moments in all_moments(self.schema, read).items():
            self.moments.setdefault(field, []).append(moments)
