"""The options that all products of motion share: which clips, and how samples go to shards.

They may change a byte of the dataset, so that the plan's fingerprint covers all of them. A product
adds its own options. `pipelines.engine.execution.Execution` holds the options that change no byte.

The command line takes its defaults from here, and the help of each option from the first sentence
below its field.
"""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

from motiondata.errors import InputError
from shards.format.paths import refuse_url

INPUTS = ("index", "amass", "texts", "splits", "body", "humanact12")
"""The options that are paths of inputs. Only the content at a path counts, not the path."""


JOINTS_SUFFIX = ".npy"
"""The suffix of files of joints; recordings are `.npz` files."""


def is_recording(path: Path) -> bool:
    """Tell by its suffix whether a path names a recording."""
    return path.suffix.lower() == ".npz"


def expect_at_least(options: object, name: str, least: float) -> None:
    """Raise `InputError` if an option is set and lower than `least`."""
    value = getattr(options, name)
    expect(value is None or value >= least, options, name, f"at least {least}")


def expect(holds: bool, options: object, name: str, expected: str) -> None:
    """Raise `InputError` with the name and the value of an option, unless a condition holds."""
    if not holds:
        raise InputError(f"{name}: expected {expected}, found {getattr(options, name)}")


@dataclass(frozen=True)
class ClipSelection:
    """The clips of a dataset, and the body that is posed. Raises `InputError` for invalid values.

    Products that pose no body ignore the options of the body.
    """

    index: Path
    """HumanML3D's `index.csv`, or a file with its layout. Without an index: the path of a recording
    (`walk.npz`), or the value of `amass` for all recordings in that folder."""
    amass: Path
    """Folder of the recordings that an index names. It contains the archive's subsets (`KIT/`,
    `CMU/`, ...) or, without an index, the recordings."""
    texts: Path | None = None
    """Folder of caption files; by default `texts/` next to the index or the
    recordings."""
    splits: Path | None = None
    """Folder of `train.txt`, `val.txt`, and `test.txt`; by default the folder of the index or of
    the recordings, if it contains any of them."""
    body: Path | None = None
    """Body file in SMPL's format (`.npz` or `.pkl`), or folder of `<gender>/model.npz`; by default
    the bundled body."""
    in_place: bool = False
    """Remove the horizontal motion of the root. Its height is kept."""
    mean_shape: bool = False
    """Pose the body's mean shape instead of the shape that the recording's betas give."""
    mirror: bool = False
    """Add the mirrored version of every clip (HumanML3D's `M` names)."""
    exclude: tuple[str, ...] = ()
    """Leave out the clips with this flag, such as t_pose; may be repeated."""
    limit: int | None = None
    """Build only the first clips that can be built, up to this number."""

    humanact12: Path | None = None
    """Folder of HumanAct12's joint positions (`.npy`), to which a body is fitted. Without it, the
    index's rows of HumanAct12 are dropped."""

    def __post_init__(self) -> None:
        for name in INPUTS:
            if (path := getattr(self, name)) is not None:
                refuse_url(path)
        expect_at_least(self, "limit", 1)
        needs_index = self.humanact12 is None or self.has_index
        expect(needs_index, self, "humanact12", "an index that names HumanAct12's files")

    def path_of(self, recording: str) -> Path:
        """Return the path of a planned clip's recording, or of its joints of HumanAct12."""
        is_joints = self.humanact12 is not None and recording.endswith(JOINTS_SUFFIX)
        return (self.humanact12 if is_joints and self.humanact12 else self.amass) / recording

    @classmethod
    def of_recordings(cls, source: Path, **parameters: Any) -> Self:
        """Select one recording, or all recordings of a folder, without an index.

        `parameters` are values of the other fields.
        """
        return cls(source, source.parent if is_recording(source) else source, **parameters)

    @property
    def excluded(self) -> list[str]:
        """The excluded flags as `dataset.json` records them."""
        return sorted({*self.exclude})

    @property
    def has_index(self) -> bool:
        """Whether an index defines which frames of which recordings make clips."""
        return self.index != self.amass and not is_recording(self.index)

    @property
    def absolute(self) -> Self:
        """The same selection with absolute paths, because workers may run in another folder."""
        named = ((name, getattr(self, name)) for name in INPUTS)
        return replace(self, **{name: path.absolute() for name, path in named if path is not None})


@dataclass(frozen=True)
class PackingOptions:
    """How samples are distributed to shards. Raises `InputError` for invalid values."""

    shard_megabytes: int = 160
    """Approximate size of a shard, in units of 10^6 bytes."""

    def __post_init__(self) -> None:
        expect_at_least(self, "shard_megabytes", 1)
