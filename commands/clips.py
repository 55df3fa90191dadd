"""The arguments and options that all commands share that build a dataset from motion clips."""

from collections.abc import Callable
from typing import Any

import click

from commands.options import help_of, options_of, take_fields
from commands.parameters import ANY, FOLDER
from pipelines.clips.options import ClipSelection, PackingOptions, is_recording

Function = Callable[..., Any]

exclude_option = click.option(
    "--exclude", multiple=True, help=help_of(ClipSelection)["exclude"], metavar="FLAG"
)
"""The option of builds and of commands that read a dataset, with one meaning."""


def clip_options_without(*skipped: str) -> Callable[[Function], Function]:
    """Add SOURCE and the options that choose clips, which `take_selection` takes out again.

    `skipped` are fields of `ClipSelection` that a command does not offer.
    """
    types = {"texts": FOLDER, "splits": FOLDER, "body": ANY, "humanact12": FOLDER}
    skip = ("index", "amass", "exclude", *skipped)

    def decorate(command: Function) -> Function:
        command = options_of(ClipSelection, skip=skip, types=types)(exclude_option(command))
        amass = click.option("--amass", type=FOLDER, help=help_of(ClipSelection)["amass"])
        return click.argument("source", type=ANY)(amass(command))

    return decorate


clip_options = clip_options_without()
"""All options that choose clips."""


def packing_options(command: Function) -> Function:
    """Add the options of `PackingOptions`."""
    return options_of(PackingOptions)(command)


def take_selection(parameters: dict[str, Any]) -> ClipSelection:
    """Take the selection of clips out of the parameters of a command.

    SOURCE is an index or, without one, a recording or a folder of recordings. Raises
    `click.UsageError` if it does not exist, and if --amass is missing or superfluous.
    """
    source, amass = parameters.pop("source"), parameters.pop("amass")
    is_index = not (is_recording(source) or source.is_dir())
    if not source.exists() and (amass is None or not is_index):
        raise click.UsageError(f"{source} does not exist")
    chosen = take_fields(ClipSelection, parameters)
    if not is_index and amass is not None:
        raise click.UsageError(
            f"--amass is for an index, and {source} is "
            f"{'a folder' if source.is_dir() else 'a recording'}: name one of them alone"
        )
    if not is_index:
        return ClipSelection.of_recordings(source, **chosen)
    if amass is None:
        raise click.UsageError(
            f"expected --amass, the folder of the recordings that {source} names; or, without an "
            "index, a recording (.npz) or a folder of them"
        )
    return ClipSelection(source, amass, **chosen)
