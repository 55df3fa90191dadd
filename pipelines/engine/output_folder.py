"""A build's output folder: which plan it belongs to, and whether a run may resume in it.

The plan's fingerprint is stored in the folder of the receipts. A folder with other files is never
changed. A folder of another plan is changed only if the user asks for it.
"""

import json
import shutil
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TypeVar

from motiondata.errors import InputError
from pipelines.engine.fingerprint import Fingerprint, KeptShard, json_to_kept_shards
from shards.errors import DatasetError
from shards.format.paths import (
    DATASET,
    DROPS,
    LOCK,
    MANIFEST,
    RECEIPTS,
    RUN,
    SHARD_NAME,
    STATISTICS,
)
from shards.format.publishing import Permit, publish
from shards.format.tables import parquet_to_table, write_table

T = TypeVar("T")

PLAN = f"{RECEIPTS}/plan.json"
NO_PLAN = (DatasetError, ValueError, TypeError, KeyError, AttributeError, RecursionError)
"""The errors that reading a file that is not a plan raises."""


def check_output_folder(out: Path) -> None:
    """Raise `InputError` unless a folder is a build's or empty, and has no link that leaves it."""
    ours = any((out / name).is_file() for name in (LOCK, PLAN))
    if out.exists() and not ours and _has_files(out):
        raise InputError(
            f"{out}: expected a new or empty folder, or one of this build's, found "
            f"other files; choose another --out"
        )
    for path in out.iterdir() if out.exists() else ():
        if not path.resolve().is_relative_to(out.resolve()):
            raise InputError(
                f"{path}: is a link that leads out of {out}, expected all of a dataset inside its "
                f"folder; remove the link"
            )


def _has_files(out: Path) -> bool:
    return not out.is_dir() or any(not path.is_dir() for path in out.rglob("*"))


def prepare_output_folder(
    out: Path, plan: Fingerprint, restart: bool, permit: Permit = nullcontext
) -> None:
    """Prepare a folder for a plan's shards, or raise `InputError` and leave it unchanged.

    The old plan is removed first. A folder without a plan is cleared, so that an interrupted
    restart never mixes the files of two plans. Files are removed and written under the permit.
    """
    if restart or not expect_own_plan(out, plan):
        with permit():
            _clear(out)
        publish_plan(out, plan, permit)


def expect_own_plan(out: Path, plan: Fingerprint) -> bool:
    """Tell whether a folder is built by a plan. Raise `InputError` if another plan builds it."""
    if _read(out) == _plan_bytes(plan):
        return True  # the usual case, decided without reading a million names
    found = read_plan(out)
    if found is not None and found != plan:
        raise InputError(
            f"{out}: was begun with other inputs or parameters "
            f"({'; '.join(found.differences(plan))}); "
            f"choose another --out, or discard what is there with --restart"
        )
    return found is not None


def has_plan(out: Path) -> bool:
    """Tell whether a build has begun in a folder."""
    return (out / PLAN).exists()


def publish_plan(out: Path, plan: Fingerprint, permit: Permit = nullcontext) -> None:
    """Make a plan the current plan of a folder.

    The name of its list of files contains the list's hash, so that the old and the new plan each
    have their own list while the plan is replaced.
    """
    files = _files_path(out, plan.hash_of_files)
    write_table(files, plan.files, permit)
    publish(out / PLAN, _plan_bytes(plan), permit)
    with permit():
        for path in files.parent.glob(_files_path(out, "*").name):
            if path != files:
                path.unlink()


def _plan_bytes(plan: Fingerprint) -> bytes:
    return json.dumps(plan.to_json(), separators=(",", ":")).encode() + b"\n"


def _files_path(out: Path, digest: str) -> Path:
    return out / RECEIPTS / f"inputs-{digest}.parquet"


def read_plan(out: Path) -> Fingerprint | None:
    """Return the plan of a folder, or None if there is none.

    Raises `InputError` if it is damaged.
    """
    data = _read(out)
    return None if data is None else _expect_plan(out, lambda: _to_plan(out, data))


def read_kept_shards(out: Path) -> dict[str, KeptShard]:
    """Return the shards of earlier plans that a folder's plan keeps, by name; usually none.

    Raises `InputError` if the plan is damaged.
    """
    data = _read(out)
    return (
        {}
        if data is None
        else _expect_plan(out, lambda: json_to_kept_shards(json.loads(data)["kept"]))
    )


def _read(out: Path) -> bytes | None:
    try:
        return (out / PLAN).read_bytes()
    except FileNotFoundError:
        return None


def _to_plan(out: Path, data: bytes) -> Fingerprint:
    document = json.loads(data)
    files = _files_path(out, document["files"])
    return Fingerprint.from_json(document, parquet_to_table(files.read_bytes(), files.name))


def _expect_plan(out: Path, read: Callable[[], T]) -> T:
    try:
        return read()
    except (FileNotFoundError, *NO_PLAN) as error:
        raise InputError(
            f"{out / PLAN}: is damaged, or of another version ({error}); "
            f"choose another --out, or discard what is there with --restart"
        ) from error


def _clear(out: Path) -> None:
    """Remove what builds write and nothing else. The lock and the run token stay."""
    for name in (PLAN, DATASET, MANIFEST, DROPS):
        (out / name).unlink(missing_ok=True)
    for path in [*(out / RECEIPTS).iterdir(), *out.glob("*/*.tar")]:
        name = path.relative_to(out).as_posix()
        if SHARD_NAME.fullmatch(name) or (path.parent.name == RECEIPTS and name not in (LOCK, RUN)):
            path.unlink()
    if (out / STATISTICS).exists():
        shutil.rmtree(out / STATISTICS)
    for folder in out.iterdir():
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
