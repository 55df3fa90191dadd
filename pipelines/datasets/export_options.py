"""Options of an export. The command line takes its defaults from here.

Every option except the split may change a byte of a file, so a folder has one value of each.
"""

from dataclasses import dataclass, fields

from motiondata.errors import InputError

TAGGED_FORMATS = ("humanml3d", "kit", "motionstreamer")
"""The folders of trainers that read words with their parts of speech."""
PFNN = "pfnn"
TRAINER_FORMATS = (*TAGGED_FORMATS, "motionmillion", PFNN)
"""The layouts that trainers of one product read."""
PADDED_FORMATS = ("st-gcn", "ctr-gcn")
"""The layouts of skeleton sequences with one length for all."""
SKELETON_FORMATS = (*PADDED_FORMATS, "pyskl", "ntu")
"""The layouts of skeleton sequences with labels."""
EXPORT_FORMATS = ("npy-tree", "packs-of-32", "pcd", *TRAINER_FORMATS, *SKELETON_FORMATS)
BY_POSITIONS, BY_ROTATIONS = "joints-by-positions", "joints-by-rotations"
RECOVERY_FORMATS = (BY_POSITIONS, BY_ROTATIONS)
"""The formats of `motiondata recover`."""


SUBSET, CAPTION = "subset", "caption"
"""The labels of skeleton sequences that a dataset has itself."""
SEQUENCE_FRAMES = 300
"""Frames of the sequences of ST-GCN and CTR-GCN: ten seconds of NTU RGB+D."""
NTU, NTU_SKELETON = "ntu", "ntu-25"
SKELETONS = ("smpl-22", "smpl-24", "kit-21", NTU_SKELETON)
"""The skeletons of sequences."""
JOINED_FORMATS = ("ctr-gcn", "pyskl")
"""The layouts with one file for all splits."""


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
    exclude: tuple[str, ...] = ()
    """Flags; clips with any of them are left out."""
    labels: str = SUBSET
    """Labels of skeleton sequences: subset, caption (the first one), or a file: a .csv with the
    columns key and label, or the labels.jsonl of synthetic motion."""
    skeleton: str | None = None
    """Skeleton of the sequences: smpl-22, smpl-24, kit-21 or ntu-25; None is the stored one."""
    length: int = SEQUENCE_FRAMES
    """Frames of each sequence: shorter clips are padded with zeros, longer ones are cut."""
    persons: int = 2
    """Persons of each sequence; all but the first are zeros."""

    def __post_init__(self) -> None:
        for names, formats in (
            (("labels", "skeleton"), SKELETON_FORMATS),
            (("length", "persons"), PADDED_FORMATS),
        ):
            self._expect_only(names, formats)
        if self.format == NTU and self.skeleton not in (None, NTU_SKELETON):
            raise InputError(f"--format {NTU}: expected --skeleton {NTU_SKELETON}, or none")
        if min(self.length, self.persons) < 1:
            raise InputError("--length and --persons: expected 1 or more")
        if self.format in JOINED_FORMATS and self.split is not None:
            raise InputError(
                f"--split has no effect with --format {self.format}, whose file has all splits; "
                "leave it out"
            )
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

    def _expect_only(self, names: tuple[str, ...], formats: tuple[str, ...]) -> None:
        """Refuse options that do nothing in the chosen format."""
        if self.format in formats:
            return
        defaults = {field.name: field.default for field in fields(self)}
        for name in names:
            if getattr(self, name) != defaults[name]:
                raise InputError(
                    f"--{name} has no effect with --format {self.format}; leave it out, or choose "
                    f"one of {', '.join(formats)}"
                )
