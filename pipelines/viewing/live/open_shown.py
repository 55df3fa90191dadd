"""Find out what a path is: a dataset, finished or not, or files that are opened directly."""

from pathlib import Path

from pipelines.viewing.live.shown import DatasetClips, ShownClips
from shards.format.paths import DATASET, RECEIPTS
from shards.format.places import Place
from shards.remote.folder import RemoteFolder


def open_shown(path: Place, body: Path | None = None, scale: float | None = None) -> ShownClips:
    """Open a dataset or files.

    `scale` are meters per unit of meshes. Raises `DatasetError` if nothing of a dataset can be
    read, and `InputError` for other files.
    """
    if isinstance(path, RemoteFolder):
        return DatasetClips(path, body)
    if (path / DATASET).exists() or (path / RECEIPTS).is_dir():
        return DatasetClips(path, body)
    from pipelines.viewing.live.files import FileClips

    return FileClips.find(path, body, scale) or DatasetClips(path, body)
