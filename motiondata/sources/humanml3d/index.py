"""Read HumanML3D's `index.csv`: the recording and the frame range of each clip.

The standard library is used instead of pandas, so that every error names its line. Source:
`index.csv` and `raw_pose_processing.ipynb` of EricGuo5513/HumanML3D.
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
"""Start and end frame that the index gives for HumanAct12 recordings, which are never sliced."""

ROOTS = frozenset({"pose_data", "amass_data", "amass"})
"""Names of the folder that holds the subsets, in the form returned by `fold_name`.

HumanML3D has `./pose_data/`; the indices of other projects have `./datasets/HumanML3D/pose_data/`
and `./amass_data/`.
"""

UNSAFE = frozenset({"", ".", ".."})
"""Path parts that are not allowed in the path of a recording."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_WHOLE_NUMBER = re.compile(r"(-?[0-9]{1,9})(?:\.0*)?")
"""Also matches `117.0`, which pandas writes if a column has had an empty cell."""


@dataclass(frozen=True)
class Row:
    """One row of an index: defines a clip, in frames at 20 fps counted after the lead-in."""

    number: int
    """Zero-based number of the data row."""
    source_path: str
    """The path as written, such as `./pose_data/KIT/3/kick_high_left02_poses.npy`."""
    start_frame: int
    """First frame of the clip."""
    end_frame: int
    """End of the clip, exclusive; -1 for HumanAct12."""
    name: str
    """Name of the clip without suffix, such as `012314`."""

    @property
    def parts(self) -> tuple[str, ...]:
        """The parts of the path from the subset on, without suffix: `KIT`, `3`, `kick_...`."""
        return source_parts(self.source_path)

    @property
    def subset(self) -> str:
        """HumanML3D's name of the subset, even if the path uses another of its names."""
        return humanml3d_subset(self.parts[0])

    @property
    def is_humanact12(self) -> bool:
        """Return whether the row is of HumanAct12, which has joint positions but no poses."""
        return self.subset == HUMANACT12

    def refuse_humanact12(self) -> None:
        """Raise `RecordingError` if the row is of HumanAct12, and has no frames of a recording."""
        if self.is_humanact12 and (self.start_frame, self.end_frame) == WHOLE_HUMANACT12:
            raise RecordingError(
                DropReason.HUMANACT12,
                f"{self.source_path}: HumanAct12 has joint positions only, no pose to drive a body",
            )


@lru_cache(maxsize=2**10)
def source_parts(source_path: str) -> tuple[str, ...]:
    """Split the path of a row into its parts from the subset on, the last one without suffix.

    The subset is the folder below the last folder named in `ROOTS`; without such a folder, it is
    the first folder.
    """
    parts = source_path.removeprefix("./").split("/")
    below = [at for at, name in enumerate(parts[:-2], start=1) if fold_name(name) in ROOTS]
    parts = parts[max(below, default=0) :]
    return (*parts[:-1], parts[-1].removesuffix(".npy").removesuffix(".npz"))


def read_index(path: Path) -> tuple[Row, ...]:
    """Read all rows of an index in HumanML3D's format; see `iter_index`."""
    return tuple(iter_index(path))


def iter_index(path: Path) -> Iterator[Row]:
    """Yield the rows of an index in HumanML3D's format; ignore extra columns and empty rows.

    Raises `InputError` with the number of the faulty line for: missing or repeated columns, invalid
    frame numbers, paths that leave the archive, names that cannot be keys of a dataset, and names
    that two rows share. Names are compared without case. A name that is the mirrored name of
    another row is also an error, which is raised after the last row.
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
                f"{path}, line {line}: the name {row.name!r} is already in line {first}; "
                "expected a different name in every row, ignoring case"
            )
        yield row
    if not line_of_name:
        raise InputError(f"{path} has no rows; expected one row per clip below the line of columns")
    _refuse_mirrored_names(path, line_of_name)


def _data_lines(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Yield the line number and the fields of each data row."""
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
                f"{path}, line {mirrored_line}: the name is that of the mirrored clip of line "
                f"{line}; expected an index without mirrored clips, which are made from its rows"
            )
