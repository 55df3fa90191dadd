"""Copy the samples of a shard from the shards of the sources, member by member.

The bytes of a member are those of its source, whose shard is hashed before it is read for the first
time. Statistics of samples that were a shard of a source before are taken from its receipt, where
there is one. Otherwise they are computed as a build computes them, which gives the same bits.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path

from motiondata.files import expect_as_planned
from pipelines.editing.plan import Origin, PlannedCopy
from pipelines.editing.product import EditedProduct
from pipelines.editing.source_shards import SourceShards
from pipelines.engine.errors import RESUME_HINT, AbortedError
from pipelines.engine.jobs import RowListener, ShardJob
from pipelines.engine.receipt_files import ReceiptFiles
from pipelines.engine.receipts import NO_RECEIPT, Receipt, sample_columns
from shards.errors import DatasetError, MemberError
from shards.format.description import ShardEntry
from shards.format.manifest import ManifestRow
from shards.format.places import Place
from shards.format.reading import ShardReader
from shards.format.writing import Sample, ShardWriter
from shards.stats.measure import sample_moments
from shards.stats.moments import Moments, fold


class ShardCopier:
    """Copies the shards of jobs, one after another, and hashes each source shard once."""

    def __init__(self) -> None:
        self._shards = SourceShards()

    def __call__(self, job: ShardJob, listener: RowListener) -> Receipt:
        """Copy and publish one shard, then publish its receipt.

        Raises `DatasetError` if a source is damaged, and `OSError` if a source shard has changed
        since the work was planned.
        """
        _refuse_crashes(job)
        product: EditedProduct = job.product  # type: ignore[assignment]  # the job of an edit
        copies: Sequence[PlannedCopy] = job.shard.clips  # type: ignore[assignment]
        self._expect_sound(product, copies)
        receipt = _Copy(job, product, copies, self._shards).run(listener)
        _expect_unchanged(product, copies)
        job.run.publish_receipt(receipt)
        return receipt

    def _expect_sound(self, product: EditedProduct, copies: Sequence[PlannedCopy]) -> None:
        _expect_unchanged(product, copies)
        for source, shard in _shards(copies):
            self._shards.expect_sound(product.sources[source].place, shard)


def _refuse_crashes(job: ShardJob) -> None:
    """Raise `AbortedError` if a sample has crashed its workers: an edit leaves none out.

    The next run tries the sample again.
    """
    if job.quarantine:
        job.run.forget_quarantine(job.shard.name)
        raise AbortedError(
            f"{job.shard.name}: copying a sample ended its worker ({job.quarantine[0].message}); "
            f"{RESUME_HINT}"
        )


class _Copy:
    """The state of a shard while it is copied."""

    def __init__(
        self,
        job: ShardJob,
        product: EditedProduct,
        copies: Sequence[PlannedCopy],
        shards: SourceShards,
    ) -> None:
        self.job, self.product, self.copies, self.shards = job, product, copies, shards
        self.schema = product.schema
        self.moments = {
            field: moments
            for part in product.parts
            for field, moments in self._stored_moments(part).items()
        }
        """Moments that are known, by field."""
        floats = [field for field, spec in self.schema.arrays.items() if spec.is_float]
        self.computed: dict[str, list[Moments]] = {
            field: [] for field in floats if field not in self.moments
        }

    def run(self, listener: RowListener) -> Receipt:
        self.job.path.parent.mkdir(parents=True, exist_ok=True)
        rows = []
        with ShardWriter(self.job.path, self.job.run.permit) as writer, _Readers(self) as readers:
            for copy in self.copies:
                listener.row_started(copy.row.number)
                rows.append(self._copy(copy, readers, writer))
                listener.row_finished(copy.frames)
        moments = self.moments | {name: fold(parts) for name, parts in self.computed.items()}
        ordered = {name: moments[name] for name in self.schema.arrays if name in moments}
        columns = sample_columns(self.schema, rows, self.product.columns)
        return Receipt(self.job.shard.name, self.job.plan, writer.result, columns, (), ordered)

    def _copy(self, copy: PlannedCopy, readers: "_Readers", writer: ShardWriter) -> ManifestRow:
        members = {
            member.suffix: readers.of(copy.origins[member.part]).member(
                copy.origins[member.part].sample, member.suffix
            )
            for member in self.product.members
        }
        written = writer.write(Sample(copy.row.name, members))
        self._measure(copy, members)
        extra = copy.origins[0].sample.extra
        return ManifestRow(copy.row.name, self.job.shard.name, copy.frames, written.members, extra)

    def _measure(self, copy: PlannedCopy, members: Mapping[str, bytes]) -> None:
        suffixes = self.schema.suffixes
        for field, parts in self.computed.items():
            counted = self.schema.arrays[field].counted_where
            names = [field] if counted is None else [field, counted]
            try:
                values = {
                    suffixes[name]: self.schema.decode(
                        suffixes[name], members[suffixes[name]], copy.frames
                    )
                    for name in names
                }
            except MemberError as error:
                raise DatasetError(copy.recording, f"{field}: {error}") from error
            parts.append(sample_moments(self.schema, field, values))

    def _stored_moments(self, part: int) -> dict[str, Moments]:
        """Return the moments of a source shard, if its samples are the samples of this one."""
        origins = [copy.origins[part] for copy in self.copies]
        (source, shard), *others = dict.fromkeys((each.source, each.shard) for each in origins)
        receipt = None if others else read_receipt(self.product.sources[source].place, shard)
        if receipt is None or receipt.keys != [each.sample.key for each in origins]:
            return {}
        fields = self.product.fields_of(part)
        return {name: of for name, of in receipt.moments.items() if name in fields}


class _Readers:
    """The open shards of the sources."""

    def __init__(self, copy: _Copy) -> None:
        self._sources, self._shards = copy.product.sources, copy.shards
        self._open: dict[tuple[int, str], ShardReader] = {}

    def __enter__(self) -> "_Readers":
        return self

    def __exit__(self, *_: object) -> None:
        for reader in self._open.values():
            reader.close()

    def of(self, origin: Origin) -> ShardReader:
        """Return the reader of a sample's shard. All but the last few shards are closed again."""
        at = origin.source, origin.shard.name
        if at not in self._open:
            if len(self._open) == OPEN_SHARDS:
                self._open.pop(next(iter(self._open))).close()
            self._open[at] = self._shards.open(self._sources[origin.source].place, origin.shard)
        return self._open[at]


OPEN_SHARDS = 64
"""Number of source shards that are open at once, far below any limit on open files."""


def read_receipt(root: Place, shard: ShardEntry) -> Receipt | None:
    """Return the receipt of a shard of a finished dataset; None if there is none of its bytes.

    Datasets at URLs have no receipts.
    """
    if not isinstance(root, Path):
        return None
    try:
        receipt = Receipt.from_bytes(ReceiptFiles(root).path(shard.name).read_bytes())
    except (FileNotFoundError, *NO_RECEIPT):
        return None
    is_of_it = receipt.file is not None and receipt.file.blake3 == shard.blake3
    return receipt if is_of_it else None


def _shards(copies: Sequence[PlannedCopy]) -> dict[tuple[int, ShardEntry], Origin]:
    """Return the shards that samples are copied from, each with a sample of it."""
    return {(each.source, each.shard): each for copy in copies for each in copy.origins}


def _expect_unchanged(product: EditedProduct, copies: Sequence[PlannedCopy]) -> None:
    for (source, shard), origin in _shards(copies).items():
        place = product.sources[source].place
        if isinstance(place, Path):  # a remote file that changes is noticed as it is read
            expect_as_planned(origin.stamp, place / shard.name)
