"""Protect finished datasets: files that do not belong to a dataset are not written into it."""

from pathlib import Path

from motiondata.errors import InputError
from shards.errors import ShardError
from shards.format.dataset import read_description
from shards.format.paths import DATASET, MANIFEST


def expect_no_dataset(out: Path) -> None:
    """Raise `InputError` if a path is the folder of a finished dataset, or lies inside one."""
    for folder in (out.resolve(), *out.resolve().parents):
        _refuse_dataset(out, folder)


def expect_own_kind(out: Path, product: str) -> None:
    """Raise `InputError` if a folder lies inside a dataset or is a dataset of another product.

    A folder with a damaged `dataset.json` passes, because its own build repairs it.
    """
    for folder in out.resolve().parents:
        _refuse_dataset(out, folder)
    try:
        found = read_description(out).provenance.get("product")
    except (ShardError, AttributeError):
        return
    if found != product:
        raise InputError(
            f"{out}: is a finished dataset of another kind ({found}), expected one of {product} or "
            "a new folder; choose another --out"
        )


def _refuse_dataset(out: Path, folder: Path) -> None:
    if all((folder / name).is_file() for name in (DATASET, MANIFEST)):
        raise InputError(
            f"{out}: expected a folder outside of all datasets, found the finished dataset "
            f"{folder}; choose another --out"
        )
