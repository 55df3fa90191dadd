"""Find files of meshes: each is a clip of one frame, and each folder one of several frames."""

import re
from collections.abc import Mapping
from pathlib import Path

from motiondata.errors import InputError
from pipelines.products.lidar.mesh_reading import SUFFIXES


def find_meshes(source: Path) -> Mapping[str, tuple[Path, ...]]:
    """Return the meshes of each clip, in the order of time, by the name of the clip.

    A file is a clip of one frame. The meshes of a folder are the frames of a clip, in the order of
    the numbers in their names; folders below it are more clips. Raises `InputError` if there are
    none.
    """
    if source.is_file():
        return {plain_name(source.stem): (source,)}
    if not source.is_dir():
        raise InputError(f"{source}: expected a file of a mesh or a folder of such files")
    folders: dict[Path, list[Path]] = {}
    for path in source.rglob("*"):
        if path.suffix.lower() in SUFFIXES and path.is_file():
            folders.setdefault(path.parent, []).append(path)
    if not folders:
        raise InputError(f"{source}: expected meshes ({', '.join(SUFFIXES)}), found none")
    return {
        _clip_name(source, folder): tuple(sorted(folders[folder], key=_by_number))
        for folder in sorted(folders)
    }


def plain_name(name: str) -> str:
    """Return a name of letters, digits, `-` and `_` for a file."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", name).lstrip("-_") or "mesh"


def _clip_name(source: Path, folder: Path) -> str:
    parts = folder.relative_to(source).parts or (source.resolve().name,)
    return "/".join(map(plain_name, parts))


def _by_number(path: Path) -> tuple[list[tuple[int, str]], str]:
    words = re.findall(r"\d+|\D+", path.stem)
    return [(int(word), "") if word.isdigit() else (-1, word) for word in words], path.name
