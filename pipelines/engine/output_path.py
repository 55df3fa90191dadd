"""Checks of a path that a job will write to. They write nothing: a dry run can call them too."""

import errno
import os
from pathlib import Path

from motiondata.errors import InputError
from shards.format.paths import DATASET, MANIFEST, refuse_url


def expect_possible_folder(path: Path) -> None:
    """Raise `InputError` if a folder neither exists nor can be created at a path; refuse URLs."""
    refuse_url(path)
    for folder in (path, *path.absolute().parents):
        try:
            there = folder.exists()
        except OSError as error:  # such as a name that is too long
            raise InputError(
                f"{folder}: expected a folder to write to; {error.strerror}"
            ) from error
        if there and not folder.is_dir():
            raise InputError(f"{folder}: expected a folder to write {path} to, found a file")
        if there:
            if not os.access(folder, os.W_OK | os.X_OK):
                read_only = os.statvfs(folder).f_flag & os.ST_RDONLY
                reason = os.strerror(errno.EROFS if read_only else errno.EACCES)
                raise InputError(f"{folder}: expected a folder to write {path} to; {reason}")
            return


def expect_no_dataset(path: Path) -> None:
    """Raise `InputError` if a path is the folder of a finished dataset, or lies inside one."""
    _refuse_dataset(path, path.resolve())
    expect_outside_datasets(path)


def expect_outside_datasets(path: Path) -> None:
    """Raise `InputError` if a path lies inside the folder of a finished dataset."""
    for folder in path.resolve().parents:
        _refuse_dataset(path, folder)


def expect_apart(source: Path, out: Path) -> None:
    """Refuse to write into the folder of the source: a restart would remove the source."""
    ours, theirs = out.resolve(), source.resolve()
    if ours.is_relative_to(theirs) or theirs.is_relative_to(ours):
        raise InputError(f"{out}: expected a folder apart from {source}; choose another --out")


def _refuse_dataset(path: Path, folder: Path) -> None:
    if all((folder / name).is_file() for name in (DATASET, MANIFEST)):
        raise InputError(
            f"{path}: expected a folder outside of all datasets, found the finished dataset "
            f"{folder}; choose another --out"
        )
