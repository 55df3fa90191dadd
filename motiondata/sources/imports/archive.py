"""The recordings of an output folder, as its provenance lists them.

The line of a recording is written before it, so that an import can be killed at any time.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from motiondata.errors import DropReason, InputError, RecordingError
from motiondata.files import remove_unfinished
from motiondata.sources.amass.writer import write_amass
from motiondata.sources.imports.kind import ImportedMotion
from motiondata.sources.imports.lists import INDEX
from motiondata.sources.imports.places import Place
from motiondata.sources.imports.provenance import Imported, append_lines, read_lines


@dataclass
class ImportedArchive:
    """The recordings that imports have written into a folder."""

    out: Path
    lines: dict[str, Imported] = field(default_factory=dict)
    """The line of each recording, by its path."""
    of_file: dict[tuple[str, str], list[Imported]] = field(
        default_factory=lambda: defaultdict(list)
    )
    """The lines of each file."""
    replaced: int = 0
    """Recordings that were replaced by those of other content."""

    @classmethod
    def read(cls, out: Path) -> "ImportedArchive":
        """Return the archive of a folder; raise `InputError` if its index is not of an import."""
        archive = cls(out)
        archive.lines = {line.recording: line for line in read_lines(out)}
        if not archive.lines and (out / INDEX).exists():
            raise InputError(f"{out / INDEX} was not written by an import; choose another --out")
        for line in archive.lines.values():
            archive.of_file[line.file].append(line)
        if archive.lines:
            remove_unfinished(out)
        return archive

    def has(self, line: Imported) -> bool:
        """Return whether the recording of a line is there."""
        return (self.out / line.recording).is_file()

    def of(self, place: Place) -> list[Imported]:
        """Return the lines of a file."""
        return self.of_file[place.folder, place.file.name]

    def write(
        self, place: Place, lines: Sequence[Imported], motions: Sequence[ImportedMotion]
    ) -> None:
        """Write the recordings of a file, after their lines, in place of its older ones.

        Raises `RecordingError` (AMBIGUOUS) if a file of others has the path of one.
        """
        for line in lines:
            self._expect_own(line)
        contents = {line.sha256 for line in lines}
        for old in self.of(place):
            self.replaced += self.has(old) and old.sha256 not in contents
            (self.out / old.recording).unlink(missing_ok=True)
            del self.lines[old.recording]
        append_lines(self.out, lines)
        self.lines |= {line.recording: line for line in lines}
        for line, motion in zip(lines, motions, strict=True):
            write_amass(self.out / line.recording, motion.recording)

    def _expect_own(self, line: Imported) -> None:
        path = self.out / line.recording
        if path.exists() and line.recording not in self.lines:
            raise RecordingError(
                DropReason.AMBIGUOUS,
                f"{path} was not written by an import, and is kept; choose another --out",
            )
