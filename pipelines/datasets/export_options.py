"""Options of an export. The command line takes its defaults from here.

Every option except the split may change a byte of a file, so a folder has one value of each.
"""

from dataclasses import dataclass

from motiondata.errors import InputError

TAGGED_FORMATS = ("humanml3d", "kit", "motionstreamer")
"""The folders of trainers that read words with their parts of speech."""
TRAINER_FORMATS = (*TAGGED_FORMATS, "motionmillion")
"""The layouts of folders that trainers of motion features read."""
EXPORT_FORMATS = ("npy-tree", "packs-of-32", "pcd", *TRAINER_FORMATS)
BY_POSITIONS, BY_ROTATIONS = "joints-by-positions", "joints-by-rotations"
RECOVERY_FORMATS = (BY_POSITIONS, BY_ROTATIONS)
"""The formats of `motiondata recover`."""


@dataclass(frozen=True)
class ExportOptions:
    """Which part of a dataset to export, and how. Raises `InputError` for an unknown format."""

    format: str
    """One of `EXPORT_FORMATS` or `RECOVERY_FORMATS`, explained in docs/export.md."""
    split: str | None = None
    """The split to export; None exports all splits."""
    field: str | None = None
    """The array to export, by default the first floating-point one. It must have one row of fixed
    shape per frame."""
    seed: int = 0
    """Seed of the order of frames in packs."""
    tag_words: bool = False
    """Tag captions without tokens with parts of speech, by spaCy."""
    tag_model: str | None = None
    """Name or folder of spaCy's pipeline; None is `SPACY_MODEL`."""

    def __post_init__(self) -> None:
        if self.format not in (*EXPORT_FORMATS, *RECOVERY_FORMATS):
            expected = ", ".join(EXPORT_FORMATS)
            raise InputError(f"format: expected one of {expected}, found {self.format!r}")
        if self.tag_model is not None and not self.tag_words:
            raise InputError("--tag-model has no effect without --tag-words; add it")
        if self.tag_words and self.format not in TAGGED_FORMATS:
            raise InputError(
                f"--tag-words has no effect with --format {self.format}; leave it out, or choose "
                f"one of {', '.join(TAGGED_FORMATS)}"
            )
