"""The plan file of an output folder: the fingerprint of the plan that builds the folder.

It lies in the folder of the receipts. The list of the plan's input files is a table next to it.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from motiondata.errors import InputError
from pipelines.engine.fingerprint import Fingerprint, KeptShard, json_to_kept_shards
from pipelines.engine.settings import DISCARD_WITH_RESTART, changes_refused
from shards.errors import DatasetError
from shards.format.paths import RECEIPTS
from shards.format.publishing import Permit, publish
from shards.format.tables import parquet_to_table, write_table

T = TypeVar("T")

PLAN = f"{RECEIPTS}/plan.json"
NO_PLAN = (DatasetError, ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""The errors that reading a file that is not a plan raises."""


@dataclass(frozen=True)
class PlanFile:
    """The plan file of an output folder."""

    folder: Path
    """The output folder."""

    @property
    def path(self) -> Path:
        """The path of the plan file."""
        return self.folder / PLAN

    def exists(self) -> bool:
        """Tell whether a build has begun in the folder."""
        return self.path.exists()

    def read(self) -> Fingerprint | None:
        """Return the plan, or None if there is none. Raises `InputError` if it is damaged."""
        data = self._read()
        return None if data is None else self._expect_plan(lambda: self._to_plan(data))

    def kept_shards(self) -> dict[str, KeptShard]:
        """Return the shards of earlier plans that the plan keeps, by name; usually none.

        Raises `InputError` if the plan is damaged.
        """
        data = self._read()
        if data is None:
            return {}
        return self._expect_plan(lambda: json_to_kept_shards(json.loads(data)["kept"]))

    def expect(self, plan: Fingerprint) -> bool:
        """Tell whether there is a plan. Raise `InputError` if it is another plan than `plan`."""
        if self._read() == _to_bytes(plan):
            return True  # the usual case, decided without reading a million names
        found = self.read()
        if found is not None and found != plan:
            raise changes_refused(self.folder, found.differences(plan), DISCARD_WITH_RESTART)
        return found is not None

    def publish(self, plan: Fingerprint, permit: Permit) -> None:
        """Make a plan the current plan of the folder.

        The name of its list of files contains the list's hash, so that the old and the new plan
        each have their own list while the plan is replaced.
        """
        files = self._list_of_files(plan.hash_of_files)
        write_table(files, plan.files, permit)
        publish(self.path, _to_bytes(plan), permit)
        with permit():
            for path in files.parent.glob(self._list_of_files("*").name):
                if path != files:
                    path.unlink()

    def _list_of_files(self, digest: str) -> Path:
        return self.folder / RECEIPTS / f"inputs-{digest}.parquet"

    def _read(self) -> bytes | None:
        try:
            return self.path.read_bytes()
        except FileNotFoundError:
            return None

    def _to_plan(self, data: bytes) -> Fingerprint:
        document = json.loads(data)
        files = self._list_of_files(document["files"])
        return Fingerprint.from_json(document, parquet_to_table(files.read_bytes(), files.name))

    def _expect_plan(self, read: Callable[[], T]) -> T:
        try:
            return read()
        except (FileNotFoundError, *NO_PLAN) as error:
            raise InputError(
                f"{self.path}: is damaged, or of another version ({error}); "
                f"choose another --out, or {DISCARD_WITH_RESTART}"
            ) from error


def _to_bytes(plan: Fingerprint) -> bytes:
    return json.dumps(plan.to_json(), separators=(",", ":")).encode() + b"\n"
