"""The recipe of a finished dataset: the options of the command that made it, as a TOML file."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.engine.reports import Report
from pipelines.engine.toml_options import option_lines
from pipelines.products.descriptions import EDIT, describe_dataset, edit_options
from shards.errors import DatasetError
from shards.format.dataset import Dataset
from shards.format.places import Place

PROGRAM = "motiondata "


@dataclass(frozen=True)
class RecipeReport(Report):
    """The options of the command that made a dataset."""

    dataset: Place
    command: str
    content_hash: str
    software: str
    """The program and its version that made the dataset."""
    options: Mapping[str, Any]
    """The options that decide the bytes, by name; files and folders are not recorded."""

    def lines(self) -> list[str]:
        """Return the lines of a TOML file that `--recipe` reads."""
        return [
            f"# The options of the {self.command} dataset {self.content_hash},",
            f"# made by {self.software}. Name its files and folders on the command line.",
            *option_lines(self.command, self.options),
        ]


def recipe(path: Place) -> RecipeReport:
    """Return the recipe of a dataset; raise `DatasetError` if it does not say how it was made."""
    dataset = Dataset.open(path)
    description = dataset.description
    edit, options = description.parameters.get(EDIT), description.parameters
    if edit is not None:
        options = edit_options(edit)
        command = str(edit["command"])
    else:
        product = describe_dataset(dataset)
        options, command = product.recipe(description.parameters), product.command
        if not command.startswith(PROGRAM):
            raise DatasetError(str(path), "its product is not known, so its command is not either")
    return RecipeReport(
        path,
        command.removeprefix(PROGRAM),
        dataset.content_hash,
        str(description.provenance.get("software", "an unknown program")),
        {name: value for name, value in options.items() if value is not None},
    )
