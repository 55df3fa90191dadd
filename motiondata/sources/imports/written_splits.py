"""Write split lists, and leave lists alone that an import did not write or that were edited.

`split_lists.sha256` has the hash of every list that an import wrote, in the form of sha256sum. A
hash is added before its list is written, so a list of an import that was killed is known.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path

from motiondata.files import whole_or_absent
from motiondata.mirroring import MIRRORED_PREFIX
from motiondata.sources.humanml3d.splits import SPLITS

HASHES = "split_lists.sha256"


def write_split_lists(folder: Path, keys: Sequence[str], splits: Sequence[str]) -> tuple[str, ...]:
    """Write `train.txt`, `val.txt` and `test.txt` with the keys of clips and mirrored clips.

    If lists there are not as an import wrote them, nothing is written; returns their names.
    """
    lists = {f"{split}.txt": _list(keys, splits, split) for split in SPLITS}
    written = _written(folder)
    edited = tuple(name for name in lists if not _is_ours(folder / name, written))
    if not edited:
        new = [line for name, text in lists.items() if (line := _line(name, text)) not in written]
        with whole_or_absent(folder / HASHES) as whole:
            whole.write_text("".join(f"{line}\n" for line in [*written, *new]), encoding="utf-8")
        for name, text in lists.items():
            with whole_or_absent(folder / name) as whole:
                whole.write_bytes(text)
    return edited


def _list(keys: Sequence[str], splits: Sequence[str], split: str) -> bytes:
    names = [key for key, of_key in zip(keys, splits, strict=True) if of_key == split]
    return "".join(f"{name}\n{MIRRORED_PREFIX}{name}\n" for name in names).encode()


def _line(name: str, text: bytes) -> str:
    return f"{hashlib.sha256(text).hexdigest()}  {name}"


def _written(folder: Path) -> list[str]:
    """Return the lines of the hashes."""
    path = folder / HASHES
    return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []


def _is_ours(path: Path, written: Sequence[str]) -> bool:
    return not path.exists() or _line(path.name, path.read_bytes()) in written
