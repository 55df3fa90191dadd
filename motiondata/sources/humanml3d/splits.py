"""Read HumanML3D's split lists: the clips for training, validation and test.

The lists of EricGuo5513/HumanML3D contain both clips and mirrored clips (`M000000`). The two are
separated here, since mirrored clips matter only if they are built.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from motiondata.errors import InputError
from motiondata.files import expect_of_the_file, expect_plain_file
from motiondata.mirroring import MIRRORED_PREFIX

SPLITS = ("train", "val", "test")
"""Names of the lists that are read; `train_val.txt` and `all.txt` are unions of them."""


@dataclass(frozen=True)
class Splits:
    """The split of each clip of an index."""

    of_clip: Mapping[str, str]
    """Maps the name of each listed clip, such as `012314`, to its split."""
    of_mirrored_clip: Mapping[str, str]
    """Maps the name of each listed mirrored clip, such as `M012314`, to its split."""
    unknown: Mapping[str, str]
    """Maps each listed name that is not in the index, mirrored or not, to its split."""


def read_splits(folder: Path, names: Iterable[str]) -> Splits:
    """Read `train.txt`, `val.txt` and `test.txt` for the clips with the given names.

    Raises `InputError` if a list is missing (it may be empty), if a name is in two lists, or if a
    mirrored clip is in a different split from its original, which would be a leak.
    """
    clips = set(names)
    of_clip: dict[str, str] = {}
    of_mirrored_clip: dict[str, str] = {}
    unknown: dict[str, str] = {}
    for name, split in _read_lists(folder).items():
        if name in clips:
            of_clip[name] = split
        elif name[:1] == MIRRORED_PREFIX and name[1:] in clips:
            of_mirrored_clip[name] = split
        else:
            unknown[name] = split
    splits = Splits(of_clip, of_mirrored_clip, unknown)
    _refuse_mirrored_leaks(folder, splits)
    return splits


def _read_lists(folder: Path) -> dict[str, str]:
    of_name: dict[str, str] = {}
    for split in SPLITS:
        for name in _read_list(folder / f"{split}.txt"):
            if of_name.setdefault(name, split) != split:
                raise InputError(
                    f"{folder}: {name} is in both {of_name[name]}.txt and {split}.txt; "
                    "expected every clip in one split"
                )
    return of_name


def _read_list(path: Path) -> list[str]:
    try:
        expect_plain_file(path)
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except OSError as error:
        expect_of_the_file(error)
        raise InputError(
            f"{path}: expected a list of clips, one name per line, for each of "
            f"{', '.join(SPLITS)}; {error.strerror}"
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: expected names in UTF-8; {error}") from error
    return [line.strip() for line in lines if line.strip()]


def _refuse_mirrored_leaks(folder: Path, splits: Splits) -> None:
    for mirrored, split in splits.of_mirrored_clip.items():
        name = mirrored.removeprefix(MIRRORED_PREFIX)
        if splits.of_clip.get(name, split) != split:
            raise InputError(
                f"{folder}: {mirrored} is in {split}.txt and {name}, which it mirrors, in "
                f"{splits.of_clip[name]}.txt; expected both in one split"
            )
