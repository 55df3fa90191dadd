"""How a product describes itself: its name, its members, its report, and how it is made.

Commands that read a finished dataset ask its product's description, and know no product.
"""

import shlex
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import floor, log2
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from motiondata.errors import InputError
from shards.format.dataset import Dataset
from shards.format.description import Description

NONE = "none"
"""What a report prints for an empty unit or frame of reference."""
NOT_KNOWN = "not known"
"""The unit and the frame of reference of a member that no description names."""

BINS_BELOW_LIMIT = 8
"""There are at least this number of bins below a limit, and fewer than twice as many."""

Draw = Callable[[Iterable[str], Path], None]
"""Draws the samples with these keys, one by one, and writes the picture to a path as PNG."""


@dataclass(frozen=True)
class Member:
    """A member of a sample, as a reader must know it."""

    suffix: str
    """The name after the key and a dot, such as `points.npy`."""
    meaning: str
    """What the values are, in Markdown."""
    unit: str = ""
    """The unit of the values; empty for text and objects."""
    frame: str = ""
    """The frame of reference of the values; empty if they have none."""


@dataclass(frozen=True)
class FlagMeaning:
    """What a flag of a sample means, for a report."""

    meaning: str
    """Names the samples with the flag, such as `synthetic motion`."""
    note: str
    """What a reader should know about them."""


@dataclass(frozen=True)
class Measure:
    """A number that is measured of each sample, and stored in its `json`."""

    unit: str
    limit: float
    """A larger value is a flag."""

    @property
    def bin_width(self) -> float:
        """The width of a histogram's bins, in the unit: a power of two, exact in binary."""
        return float(2.0 ** floor(log2(self.limit / BINS_BELOW_LIMIT)))


@dataclass(frozen=True)
class Recovery:
    """What can be recovered of the main field of a sample."""

    names: tuple[str, ...]
    """The names of the arrays, such as `joints`."""
    recover: Callable[[NDArray[Any]], tuple[NDArray[Any], ...]]
    """Returns the arrays, given the field of a whole clip, shaped (frames, ...)."""


@dataclass(frozen=True)
class StoredJoints:
    """The joints of a product's samples, for files that all have one frame and one unit."""

    field: str
    """The field of the joints, shaped (frames, joints, 3)."""
    to_y_up: Callable[[NDArray[Any], Mapping[str, Any]], NDArray[Any]]
    """Turns joints to y up and meters, without a mirror image, given the sample's `json`."""
    clip_name: Callable[[str], str]
    """Returns the name of the clip that a sample shows, given the sample's key."""


@dataclass(frozen=True)
class ProductDescription:
    """A description with what all products need. A product with more to say is a subclass."""

    name: str
    """The name of the product, in one word. `dataset.json` contains it."""
    members: tuple[Member, ...]
    """The members of a sample, in storage order."""
    command: str
    """The command that makes the product, such as `motiondata encode`."""
    arguments: str = ""
    """The required arguments of the command, with placeholders for the user's files."""
    frame_units: str = "frames"
    """What reports call the frames of samples, in the plural."""
    reported_means: Mapping[str, str] = field(default_factory=dict)
    """The manifest columns whose mean over all frames is reported, each with its unit."""
    counted: Mapping[str, str] = field(default_factory=dict)
    """The manifest columns whose sum over all samples is reported unless it is 0, each with a
    label."""
    std_groups: str | None = None
    """The rule that groups the standard deviations of the main field unless a user chooses
    another."""
    trainer_formats: tuple[str, ...] = ()
    """The formats of `motiondata export` that trainers of this product read."""
    reported_flags: Mapping[str, FlagMeaning] = field(default_factory=dict)
    """The flags in the manifest's column `flags` whose number of samples is reported unless it is
    0."""

    quality: Mapping[str, Measure] = field(default_factory=dict)
    """The measures that samples may have under `quality` in their `json`."""

    def member(self, suffix: str) -> Member:
        """Return the description of a member; its unit and frame may be `NOT_KNOWN`."""
        for member in self.members:
            if member.suffix == suffix:
                return member
        return Member(suffix, NOT_KNOWN, NOT_KNOWN, NOT_KNOWN)

    def inputs(self, provenance: Mapping[str, Any]) -> list[str]:  # noqa: ARG002
        """Return lines about what a dataset was made from, given its provenance."""
        return []

    def remarks(
        self,
        description: Description,  # noqa: ARG002
        flags: Mapping[str, int],  # noqa: ARG002
    ) -> list[str]:
        """Return remarks on a finished dataset, one line per remark.

        `flags` maps each flag to the number of samples that have it.
        """
        return []

    def sample_lines(self, manifest: pa.Table) -> list[str]:  # noqa: ARG002
        """Return lines about the samples, given the manifest."""
        return []

    def drawing(self, dataset: Dataset) -> Draw:
        """Return a function that draws samples of a dataset.

        Raises `InputError` if the product has no picture.
        """
        raise InputError(
            f"{dataset.place}: expected a dataset with a preview, found one of {self.name}, which "
            "has none"
        )

    def recovery(self, dataset: Dataset, by_rotations: bool = False) -> Recovery:  # noqa: ARG002
        """Return what can be recovered of a dataset's main field.

        `by_rotations` asks for joints by rotations, not by positions. Raises `InputError` if the
        product has nothing to recover.
        """
        raise InputError(
            f"{dataset.place}: expected a dataset of motion features, found one of {self.name}"
        )

    def stored_joints(self) -> StoredJoints:
        """Return the joints of the product's samples; raise `InputError` if there are none."""
        raise InputError(f"expected a dataset with joints, found one of {self.name}")

    def trainer_statistics(
        self,
        mean: NDArray[np.float64],  # noqa: ARG002
        grouped_std: NDArray[np.float64],  # noqa: ARG002
        divisions: int = 0,  # noqa: ARG002
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return mean and standard deviation as the files of trainers have them.

        Both are shaped (columns,). `divisions` says how often those of the root and of contacts are
        divided by HumanML3D's `feat_bias`. Raises `InputError` if the product has no such files.
        """
        raise InputError(
            f"{self.name}: trainers have no files of statistics of it; expected a dataset of "
            "motion features"
        )

    def network_statistics(
        self,
        means: Mapping[str, NDArray[np.float64]],
        stds: Mapping[str, NDArray[np.float64]],  # noqa: ARG002
    ) -> Mapping[str, NDArray[np.float64]]:
        """Return the arrays of statistics that a network's trainer writes, by name of the file.

        `means` and `stds` are those of each field, shaped (columns,). Raises `InputError` if the
        product has no such network.
        """
        raise InputError(f"{self.name}: expected the fields x and y, found {', '.join(means)}")

    def constant_groups(self, stds: Mapping[str, NDArray[np.float64]]) -> Sequence[str]:  # noqa: ARG002
        """Return the groups of columns that a network's trainer divides by a deviation of 0.

        `stds` are those of each field, shaped (columns,); by default, there are none.
        """
        return ()

    def recipe(self, parameters: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return the options of the command for the parameters of a build."""
        return parameters

    def command_line(self, dataset: Dataset) -> str:
        """Return the command that makes such a dataset, with placeholders for the user's files."""
        parameters = dataset.description.parameters
        return " ".join([self.command, self.arguments, *option_words(parameters)])


def option_words(parameters: Mapping[str, Any]) -> list[str]:
    """Return build parameters as command-line options, quoted for a shell.

    A parameter that is false or None is an option that was not given. Each value of a list is an
    option.
    """
    words: list[str] = []
    for name, value in parameters.items():
        option = shlex.quote(f"--{name.replace('_', '-')}")
        if value is True:
            words.append(option)
        elif isinstance(value, list):
            words += [f"{option} {shlex.quote(str(each))}" for each in value]
        elif value is not False and value is not None:
            words.append(f"{option} {shlex.quote(str(value))}")
    return words
