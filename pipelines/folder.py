"""A build's folder: whose it is, and whether a run may go on with what lies there.

The plan's fingerprint is kept beside the receipts. A folder of anything else is never touched, and
one of another plan only when the user says so.
"""

import json
import shutil
from dataclasses import asdict
from pathlib import Path

from motiondata.errors import InputError
from pipelines.fingerprint import Fingerprint
from shards.paths import DATASET, DROPS, MANIFEST, RECEIPTS, SHARD_NAME, STATISTICS
from shards.publishing import TEMPORARY, publish

PLAN = f"{RECEIPTS}/plan.json"


def prepare_folder(out: Path, plan: Fingerprint, restart: bool) -> None:
    """Make a folder ready for a plan's shards, or raise `InputError` and leave it as it is."""
    found = _read_plan(out)
    if found is not None and found != plan:
        if not restart:
            raise InputError(
                f"{out}: was begun with other inputs or parameters ({_changes(found, plan)}); "
                f"choose another --out, or discard what is there with --restart"
            )
        _clear(out)
    elif found is None and out.exists() and any(out.iterdir()):
        raise InputError(
            f"{out}: expected a new or empty folder, or one of this build's, found "
            f"other files; choose another --out"
        )
    (out / RECEIPTS).mkdir(parents=True, exist_ok=True)
    _remove_temporaries(out)
    publish(out / PLAN, json.dumps(asdict(plan), indent=1).encode() + b"\n")


def _read_plan(out: Path) -> Fingerprint | None:
    try:
        return Fingerprint(**json.loads((out / PLAN).read_bytes()))
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (ValueError, TypeError) as error:
        raise InputError(f"{out / PLAN}: is damaged ({error}); remove {out}") from error


def _changes(found: Fingerprint, plan: Fingerprint) -> str:
    return "; ".join(found.differences(plan))


def _clear(out: Path) -> None:
    for name in (DATASET, MANIFEST, DROPS):
        (out / name).unlink(missing_ok=True)
    for path in out.glob("*/*.tar"):
        if SHARD_NAME.fullmatch(path.relative_to(out).as_posix()):
            path.unlink()
    for folder in (out / RECEIPTS, out / STATISTICS):
        shutil.rmtree(folder, ignore_errors=True)
    for folder in out.iterdir():
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()


def _remove_temporaries(out: Path) -> None:
    """Remove what a killed run left unfinished."""
    for path in out.rglob(f"*{TEMPORARY}"):
        path.unlink()
