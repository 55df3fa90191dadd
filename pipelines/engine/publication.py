"""Publish a dataset while it is built: each shard is copied when it is finished.

What could not be copied meanwhile is copied at the end, where an error is reported. The copy has no
`dataset.json` before everything else is there.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Self

from motiondata.errors import InputError
from pipelines.engine.errors import AbortedError
from pipelines.engine.receipt_files import ReceiptFiles
from pipelines.engine.receipts import Receipt
from shards.copying import copy_dataset
from shards.errors import ShardError
from shards.format.paths import DATASET
from shards.format.places import Place, has_file, place_of, read_file
from shards.targets import DatasetFile, Target, target_of

AT_ONCE = 2
"""Shards that are copied at the same time, while others are built."""


class Publication:
    """Copies the shards of a build to a place; without a place, it does nothing."""

    def __init__(self, folder: Path, place: Place | None) -> None:
        self._folder, self._place = folder, place
        self._pool = ThreadPoolExecutor(AT_ONCE, "publish")
        self._lock = Lock()
        self._known: Target | None = None

    @classmethod
    def to(cls, url: str | None, folder: Path) -> Self:
        """Return the publication of a build in a folder.

        Raises `InputError` if there is a dataset at the place, unless it is the one in the folder.
        """
        place = None if url is None else place_of(url)
        if place is not None and has_file(place, DATASET):
            ours = (folder / DATASET).read_bytes() if (folder / DATASET).exists() else None
            if ours != read_file(place, DATASET):
                raise InputError(f"{place}: there is another dataset; choose another --publish")
        return cls(folder, place)

    def add(self, shard: str) -> None:
        """Copy a shard that was finished, in the background."""
        if self._place is not None:
            self._pool.submit(self._copy, shard, self._place)

    def finish(self) -> None:
        """Copy what is missing, and `dataset.json` at last.

        Raises `AbortedError` if the place cannot be written; the dataset itself is complete then.
        """
        self._pool.shutdown()
        if self._place is None:
            return
        try:
            copy_dataset(self._folder, self._target(self._place))
        except (ShardError, OSError) as error:
            raise AbortedError(
                f"{self._folder} is complete, but was not published: {error}; run the same command "
                f"again, or motiondata copy {self._folder} {self._place}"
            ) from error

    def _copy(self, shard: str, place: Place) -> None:
        with suppress(ShardError, OSError):  # `finish` tries again, and reports
            receipts = ReceiptFiles(self._folder)
            file = Receipt.from_bytes(receipts.path(shard).read_bytes()).file
            if file is None:
                return
            target, wanted = self._target(place), DatasetFile(shard, file.bytes, file.blake3)
            if not target.has(wanted):
                target.take(self._folder, wanted)

    def _target(self, place: Place) -> Target:
        """Return the target of all copies, which knows what has been copied to it."""
        with self._lock:
            if self._known is None:
                self._known = target_of(place)
            return self._known
