"""The folder of an export: one export at a time writes into it, and always the same one.

The list of a split's files is written last: if it exists, the split is complete.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from motiondata.errors import InputError
from pipelines.datasets.file_groups import Content, FileGroups, Line
from pipelines.engine.output_path import expect_no_dataset
from pipelines.engine.run_lock import expect_lock
from pipelines.engine.settings import REMOVE_THE_FOLDER, expect_same_settings
from shards.format.paths import inside
from shards.format.publishing import publish, publishing, remove_temporaries
from shards.format.self_hashed_json import from_self_hashed_json, to_self_hashed_json

EXPORT = "export.json"
"""Records the dataset and the options of the files in the folder. It is written first."""
LOCK = "export.lock"
"""Lock file of the writing process. It is never replaced, so that all processes lock one file."""


@dataclass(frozen=True)
class ExportFolder:
    """The folder that an export writes. It need not exist yet."""

    path: Path

    @contextmanager
    def locked(self, made_by: Mapping[str, Any]) -> Iterator[None]:
        """Lock the folder while the block runs, or raise and leave it unchanged.

        `made_by` is everything that may change a byte of a file. Raises `InputError` for a folder
        with other files or of another export, and `AbortedError` while another process writes into
        it.
        """
        expect_no_dataset(self.path)
        record = inside(self.path, EXPORT)
        if not record.exists():
            self._expect_empty()
            self.path.mkdir(parents=True, exist_ok=True)
        with inside(self.path, LOCK).open("a+b") as lock:
            expect_lock(self.path, lock, "export")
            if not record.exists():
                publish(record, to_self_hashed_json(made_by))
            begun = from_self_hashed_json(record.read_bytes(), str(record))
            expect_same_settings(self.path, begun, made_by, REMOVE_THE_FOLDER)
            remove_temporaries(self.path)
            yield

    def missing_groups(self, files: FileGroups) -> list[int]:
        """Return the groups of files that are not complete."""
        return [
            group
            for group in range(len(files))
            if not all((self.path / name).exists() for name in files.names(group))
        ]

    def write_group(self, files: FileGroups, group: int) -> None:
        """Write the files of a group that do not exist."""
        self.write_files(zip(files.names(group), files.contents(group), strict=True))

    def write_lists(self, lists: Mapping[str, Iterable[Line]]) -> list[Path]:
        """Write the lists that do not exist, by name, and return the paths of all.

        No name of a file contains a comma or a quote: `shards.format.paths` defines the characters
        allowed in keys and splits.
        """
        for name, lines in lists.items():
            path = inside(self.path, name)
            if not path.exists():
                path.parent.mkdir(parents=True, exist_ok=True)
                with publishing(path) as file:
                    for line in lines:
                        file.write(f"{','.join(map(str, line))}\n".encode("ascii"))
        return [inside(self.path, name) for name in lists]

    def write_files(self, files: Iterable[tuple[str, Content]]) -> None:
        """Write the files that do not exist, given their names and contents."""
        for name, content in files:
            path = inside(self.path, name)
            if path.exists():
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            with publishing(path) as file:
                if callable(content):
                    content(file)
                else:
                    file.write(content)

    def _expect_empty(self) -> None:
        """Refuse a folder with files other than an unfinished `export.json` and the lock."""
        begun = (EXPORT, LOCK)
        if self.path.exists() and any(
            not path.name.startswith(begun) for path in self.path.iterdir()
        ):
            raise InputError(
                f"{self.path}: expected a new or empty folder, or one of this export's, found "
                f"other files; choose another --out"
            )
