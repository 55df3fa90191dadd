"""HumanML3D's `index.csv`: which frames of which recording make which clip.

Read with the standard library rather than pandas, so that every fault is reported with its line.
Source: `index.csv` and `raw_pose_processing.ipynb` of EricGuo5513/HumanML3D.
"""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from motiondata.errors import DropReason, InputError, RecordingError
from motiondata.files import expect_of_the_file, expect_plain_file
from motiondata.sources.amass.subsets import fold_name, humanml3d_subset

COLUMNS = ("source_path", "start_frame", "end_frame", "new_name")
HUMANACT12 = "humanact12"
WHOLE_HUMANACT12 = (0, -1)
"""The frames that the index gives for HumanAct12's recordings, which are never sliced."""

ROOTS = frozenset({"pose_data", "amass_data", "amass"})
"""Names of folders that hold the subsets, as `fold_name` folds them: HumanML3D's `./pose_data/`;
`./datasets/HumanML3D/pose_data/` and `./amass_data/` in the indices of other projects."""

UNSAFE = frozenset({"", ".", ".."})
"""What no part of a recording's path may be."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_WHOLE_NUMBER = re.compile(r"(-?[0-9]{1,9})(?:\.0*)?")
"""Also `117.0`: pandas writes so once a column has had an empty cell."""


@dataclass(frozen=True)
class Row:
    """One line of an index: a clip to be, in frames counted at 20 fps after the lead-in."""

    number: int
    """The line of data, from 0."""
    source_path: str
    """As written, such as `./pose_data/KIT/3/kick_high_left02_poses.npy`."""
    start_frame: int
    """The first frame kept."""
    end_frame: int
    """The frame after the last one kept; -1 for HumanAct12."""
    name: str
    """The clip's name without its suffix, such as `012314`."""

    @property
    def parts(self) -> tuple[str, ...]:
        """The path from the subset on, the recording without its suffix: `KIT`, `3`, `kick_...`."""
        return source_parts(self.source_path)

    @property
    def subset(self) -> str:
        """HumanML3D's name of the subset, whichever of its names the path uses."""
        return humanml3d_subset(self.parts[0])

    @property
    def is_humanact12(self) -> bool:
        """Tell whether the row is of HumanAct12, which has joint positions and no poses."""
        return self.subset == HUMANACT12

    def refuse_humanact12(self) -> None:
        """Raise `RecordingError` where the row is of HumanAct12."""
        if self.is_humanact12:
            raise RecordingError(
                DropReason.HUMANACT12,
                f"{self.source_path}: HumanAct12 has joint positions only, no pose to drive a body",
            )


@lru_cache(maxsize=2**10)
def source_parts(source_path: str) -> tuple[str, ...]:
    """Split a row's path into its parts from the subset on, the last one without its suffix.

    The subset is the folder below the last one of `ROOTS`, or else the first folder.
    """
    parts = source_path.removeprefix("./").split("/")
    below = [at for at, name in enumerate(parts[:-2], start=1) if fold_name(name) in ROOTS]
    parts = parts[max(below, default=0) :]
    return (*parts[:-1], parts[-1].removesuffix(".npy").removesuffix(".npz"))


def read_index(path: Path) -> tuple[Row, ...]:
    """Read an index in HumanML3D's format, as `iter_index` does."""
    return tuple(iter_index(path))


def iter_index(path: Path) -> Iterator[Row]:
    """Yield the rows of an index in HumanML3D's format; further columns and empty rows are ignored.

    Raises `InputError` with the line at fault: missing or repeated columns, frames that are no
    frames, paths that leave the archive, names that cannot be keys of a dataset or that two rows
    share (also when case is ignored, or when one is the other's mirrored name: this is known at the
    end).
    """
    line_of_name: dict[str, int] = {}
    for number, (line, fields) in enumerate(_data_lines(path)):
        try:
            row = _row(number, fields)
        except ValueError as error:
            raise InputError(f"{path}, line {line}: {error}") from error
        first = line_of_name.setdefault(row.name.casefold(), line)
        if first != line:
            raise InputError(
                f"{path}, line {line}: the name {row.name!r} stands in line {first} already; "
                "expected every row to have a name of its own, also when case is ignored"
            )
        yield row
    if not line_of_name:
        raise InputError(f"{path} has no rows; expected one a clip below the line of columns")
    _refuse_mirrored_names(path, line_of_name)


def _data_lines(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield each line of data with its number in the file."""
    try:
        expect_plain_file(path)
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.reader(file, strict=True)
            header = _header(path, next(reader, []))
            for values in reader:
                if not any(map(str.strip, values)):
                    continue  # a blank line, or an empty row as Excel writes it: `,,,`
                yield reader.line_num, _fields(f"{path}, line {reader.line_num}", header, values)
    except OSError as error:
        expect_of_the_file(error)
        raise InputError(
            f"{path}: expected an index such as index.csv; {error.strerror}"
        ) from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: expected comma-separated UTF-8 text; {error}") from error


def _header(path: Path, values: list[str]) -> list[str]:
    header = [column.strip() for column in values]
    missing = [column for column in COLUMNS if column not in header]
    if missing:
        raise InputError(
            f"{path}: no column {', '.join(missing)} (found: {', '.join(header) or 'nothing'}); "
            f"expected HumanML3D's columns {','.join(COLUMNS)}"
        )
    repeated = [column for column in COLUMNS if header.count(column) > 1]
    if repeated:
        raise InputError(
            f"{path}: the first line has the column {', '.join(repeated)} more than once; expected "
            f"each of {','.join(COLUMNS)} once"
        )
    return header


def _fields(place: str, header: list[str], values: list[str]) -> dict[str, str]:
    if len(values) != len(header):
        raise InputError(
            f"{place}: {len(values)} fields; expected the {len(header)} of the first line "
            "(quote a path that has a comma)"
        )
    return dict(zip(header, values, strict=True))


def _row(number: int, fields: dict[str, str]) -> Row:
    row = Row(
        number=number,
        source_path=fields["source_path"].strip(),
        start_frame=_whole_number(fields, "start_frame"),
        end_frame=_whole_number(fields, "end_frame"),
        name=fields["new_name"].strip().removesuffix(".npy"),
    )
    _check_path(row.source_path)
    _check_name(row.name)
    _check_frames(row)
    return row


def _whole_number(fields: dict[str, str], column: str) -> int:
    text = fields[column].strip()
    number = _WHOLE_NUMBER.fullmatch(text)
    if number is None:
        raise ValueError(f"{column} is {text!r:.80}; expected a whole number of frames")
    return int(number[1])


def _check_path(source_path: str) -> None:
    parts = source_parts(source_path)
    unsafe = not UNSAFE.isdisjoint(parts) or not source_path.isprintable()
    if unsafe or len(parts) < 2 or fold_name(parts[0]) in ROOTS:
        raise ValueError(
            f"source_path is {source_path!r:.200}; expected a path such as "
            "./pose_data/KIT/3/kick_high_left02_poses.npy"
        )


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError(
            f"new_name is {name!r:.80}; expected 1 to 64 letters, digits, '-' or '_' (ASCII), the "
            "first a letter or digit, before .npy, since it becomes a key of the dataset"
        )


def _check_frames(row: Row) -> None:
    if (row.start_frame, row.end_frame) == WHOLE_HUMANACT12 and row.is_humanact12:
        return
    if not 0 <= row.start_frame < row.end_frame:
        raise ValueError(
            f"frames {row.start_frame} to {row.end_frame}; expected 0 <= start_frame < end_frame "
            "(0,-1 is for HumanAct12 alone: slicing to -1 would lose the last frame)"
        )


def _refuse_mirrored_names(path: Path, line_of_name: dict[str, int]) -> None:
    for name, line in line_of_name.items():
        mirrored_line = line_of_name.get(f"m{name}")
        if mirrored_line is not None:
            raise InputError(
                f"{path}, line {mirrored_line}: the name is the mirrored one of line {line}; "
                "expected the index to hold no mirrored clips, which are made from its rows"
            )
