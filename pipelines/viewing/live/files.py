"""Clips of files that are opened directly: a file, or all files below a folder."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from motiondata.errors import InputError
from pipelines.mesh_scans.mesh_files import find_meshes
from pipelines.products.lidar.mesh_reading import SUFFIXES
from pipelines.viewing.live.file_readers import JOINTS_SUFFIX, READERS, fit_body, read_meshes
from pipelines.viewing.live.packed_body import Packed, pack_meshes
from pipelines.viewing.live.shown import ShownClips
from pipelines.viewing.viewed_clip import ViewedClip

KEPT_CLIPS = 8
"""The page asks for the body of a clip after its skeleton: the last clips are not read again."""


@dataclass(frozen=True)
class ClipFiles:
    """The file of a clip, or the files of its frames."""

    key: str
    source: str
    """The path of the file or of the folder of frames, relative to what was opened."""
    paths: tuple[Path, ...]
    number: int = 0
    """Which clip of the file it is."""

    @property
    def is_meshes(self) -> bool:
        """Whether they are meshes."""
        return self.paths[0].suffix.lower() in SUFFIXES


class FileClips(ShownClips):
    """Clips of files. Their lengths are not known before they are read."""

    def __init__(
        self,
        path: Path,
        body: Path | None,
        files: Sequence[ClipFiles],
        scale: float | None = None,
    ) -> None:
        super().__init__(path, body)
        self._path, self._scale = path, scale
        self._files = {each.key: each for each in files}
        self._read = lru_cache(maxsize=KEPT_CLIPS)(self._read_file)

    @classmethod
    def find(cls, path: Path, body: Path | None, scale: float | None = None) -> Self | None:
        """Return the clips of a file or folder; None if it has none.

        `scale` are meters per unit of meshes. Raises `InputError` for a file that cannot be read.
        """
        files = _list_files(path) if path.is_dir() else _list_file(path)
        found = cls(path, body, files, scale) if files else None
        if found and len(files) == 1 and path.is_file():
            return found._with_all_motions()
        return found

    def _with_all_motions(self) -> Self:
        """Return the clips of an only file that may have several, such as a model's results."""
        (files,) = self._files.values()
        if files.is_meshes:
            return self
        read = READERS[files.paths[0].suffix.lower()]
        clips = [*read(files.paths[0], self.bodies)]
        if len(clips) == 1:
            return self
        named = [replace(files, key=clip.key, number=at) for at, clip in enumerate(clips)]
        return type(self)(self._path, self._body, named)

    @property
    def kind(self) -> str:
        """What the files are."""
        are_meshes = {files.is_meshes for files in self._files.values()}
        if len(are_meshes) > 1:
            return "motions and meshes"
        return "meshes" if True in are_meshes else "motions"

    @property
    def has_meshes(self) -> bool:
        """Whether some files are meshes."""
        return any(files.is_meshes for files in self._files.values())

    @property
    def keys(self) -> frozenset[str]:
        """The keys: the paths of the files without their suffix."""
        return frozenset(self._files)

    @property
    def table(self) -> Mapping[str, Any]:
        """The table: keys and sources."""
        clips, files = len(self._files), self._files.values()
        unknown = [None] * clips
        return {
            "names": {"split": [""], "subset": [""], "flag": []},
            "key": list(self._files),
            "split": [0] * clips,
            "subset": [0] * clips,
            "source": [each.source for each in files],
            "frames": unknown,
            "seconds": unknown,
            "hits": unknown,
            "captions": [[]] * clips,
            "flags": [[]] * clips,
        }

    @property
    def totals(self) -> Mapping[str, Any]:
        """The number of clips, and of files."""
        return {"samples": len(self._files)}

    def read(self, key: str) -> ViewedClip:
        """Read the files of a clip. Raises `MotionDataError` or `OSError`."""
        return replace(self._read(key), key=key)

    def _read_file(self, key: str) -> ViewedClip:
        files = self._files[key]
        if files.is_meshes:
            return read_meshes(key, files.paths, self._scale)
        read = READERS[files.paths[0].suffix.lower()]
        for number, clip in enumerate(read(files.paths[0], self.bodies)):
            if number == files.number:
                return clip
        raise InputError(f"{key}: expected a motion, found none")

    def has_body(self, clip: ViewedClip) -> bool:
        """Tell whether there is a mesh, or a body that moves so, or one that can be fitted."""
        return clip.meshes is not None or clip.skeleton is not None

    def pack_body(self, clip: ViewedClip, origin: NDArray[np.float64]) -> Packed | None:
        """Pack the meshes of a clip, or its body, which is fitted to joints."""
        if clip.meshes is not None:
            return pack_meshes(clip.meshes, origin)
        path = self._files[clip.key].paths[0]
        if path.suffix.lower() == JOINTS_SUFFIX and clip.pose is None:
            named = replace(clip, key=self._read(clip.key).key)
            clip = fit_body(path, named, self.bodies)
        return super().pack_body(clip, origin)


def _list_file(path: Path) -> list[ClipFiles]:
    """Return the clip of a file; an empty list if it is no file of motion."""
    known = path.suffix.lower() in {*READERS, *SUFFIXES}
    if path.is_file() and not known:
        raise InputError(
            f"{path}: expected a dataset, or a file that ends with "
            f"{', '.join((*READERS, *SUFFIXES))}; found another file"
        )
    return [ClipFiles(path.stem, path.name, (path,))] if path.is_file() else []


def _list_files(folder: Path) -> list[ClipFiles]:
    """Return the clips of all files below a folder, in the order of their paths."""
    paths = [path for path in folder.rglob("*") if path.is_file()]
    found = [
        ClipFiles(relative.with_suffix("").as_posix(), relative.as_posix(), (path,))
        for path in sorted(paths)
        for relative in [path.relative_to(folder)]
        if path.suffix.lower() in READERS
    ]
    times = Counter(each.key for each in found)
    found = [replace(each, key=each.source) if times[each.key] > 1 else each for each in found]
    if any(path.suffix.lower() in SUFFIXES for path in paths):
        found += [ClipFiles(name, name, meshes) for name, meshes in find_meshes(folder).items()]
    return found
