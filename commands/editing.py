"""Commands that ask a finished dataset, and commands that make new datasets of finished ones.

Nothing heavy is imported before a command runs, so that help appears at once.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from commands.choices import Choice
from commands.options import Function, execution_options
from commands.parameters import DATASET, FILE, FOLDER
from commands.printing import json_option, show, show_build
from pipelines.engine.execution import Execution

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from pipelines.editing.edit import Edit
    from shards.format.places import Place

RUN = ("workers", "ray_address", "restart", "publish")
"""The options of `Execution` that edits have."""

shards_option = click.option(
    "--shard-megabytes",
    type=click.IntRange(min=1),
    help="Approximate size of a shard, in units of 10^6 bytes [default: the shards of the source].",
)


def edit_options(command: Function) -> Function:
    """Add the options that all edits have: the folder to write, and how the edit is run."""
    out = click.option("--out", type=FOLDER, required=True, help="Folder of the dataset to write.")
    return out(execution_options(only=RUN)(json_option(command)))


@click.command()
@click.argument("dataset", type=DATASET)
@click.argument("sql")
@json_option
def query(dataset: "Place", sql: str, as_json: bool) -> None:
    """Answer SQL about the samples and drops of DATASET.

    The tables are manifest and drops, whose columns docs/format.md lists. DuckDB executes the
    query: the extra query installs it.
    """
    from pipelines.datasets import query

    show(query.query(dataset, sql), as_json)


@click.command("filter")
@click.argument("dataset", type=DATASET)
@click.option(
    "--where",
    required=True,
    metavar="CONDITION",
    help="Condition such as \"frames >= 40 and subset == 'KIT' and not flags.lying\".",
)
@shards_option
@edit_options
def filter_samples(
    dataset: "Place", where: str, shard_megabytes: int | None, **options: Any
) -> None:
    """Write the samples of DATASET that meet a condition.

    The condition is an expression of pandas' query over the columns of the manifest, see
    docs/editing.md.
    """
    from pipelines.editing.commands import filter_samples

    _run(lambda: filter_samples(dataset, where, shard_megabytes), [dataset], **options)


@click.command()
@click.argument("dataset", type=DATASET)
@click.argument("keys", nargs=-1)
@click.option("--file", type=FILE, help="File with one key per line, in addition to KEYS.")
@shards_option
@edit_options
def select(
    dataset: "Place",
    keys: tuple[str, ...],
    file: Path | None,
    shard_megabytes: int | None,
    **options: Any,
) -> None:
    """Write the samples of DATASET with the given KEYS."""
    from pipelines.editing.commands import read_keys, select

    def make() -> "Edit":
        listed = [] if file is None else read_keys(file)
        return select(dataset, [*keys, *listed], shard_megabytes)

    _run(make, [dataset], **options)


@click.command()
@click.argument("datasets", type=DATASET, nargs=-1, required=True)
@shards_option
@edit_options
def merge(datasets: "tuple[Place, ...]", shard_megabytes: int | None, **options: Any) -> None:
    """Write the samples of all DATASETS into one.

    The datasets must be of one product, with the same members and the same sensor, and without
    common keys.
    """
    from pipelines.editing.combine import merge

    _run(lambda: merge(datasets, shard_megabytes), datasets, **options)


@click.command()
@click.argument("dataset", type=DATASET)
@click.option(
    "--by",
    type=Choice(["recording", "subject", "subset"]),
    default="recording",
    show_default=True,
    help="What must not be in two splits; a subject is a folder of recordings.",
)
@click.option(
    "--part",
    "parts",
    multiple=True,
    metavar="SPLIT=SHARE",
    help="Split and its share of samples, such as train=0.8, or the names of its groups, such as "
    "test=KIT+SFU; may be repeated [default: train=0.8, val=0.05, test=0.15].",
)
@click.option("--seed", default=0, show_default=True, help="Seed of the assignment.")
@click.option("--lists", type=FOLDER, help="Folder of SPLIT.txt with keys, instead of --part.")
@click.option(
    "--allow-leaks", is_flag=True, help="Accept --lists that put one recording into two splits."
)
@click.option(
    "--shard-megabytes",
    type=click.IntRange(min=1),
    default=160,
    show_default=True,
    help="Approximate size of a shard, in units of 10^6 bytes.",
)
@edit_options
def split(
    dataset: "Place",
    by: str,
    parts: tuple[str, ...],
    seed: int,
    lists: Path | None,
    allow_leaks: bool,
    shard_megabytes: int,
    **options: Any,
) -> None:
    """Write DATASET with other splits.

    All samples of a recording, subject or subset are in one split.
    """
    from pipelines.editing.splitting import DEFAULT_PARTS, split_by, split_by_lists

    if lists is not None and parts:
        raise click.UsageError("--lists and --part exclude each other; leave one out")

    def make() -> "Edit":
        if lists is not None:
            return split_by_lists(dataset, lists, allow_leaks, shard_megabytes)
        return split_by(dataset, by, parts or DEFAULT_PARTS, seed, shard_megabytes)

    _run(make, [dataset], **options)


@click.command()
@click.argument("dataset", type=DATASET)
@click.option(
    "--shard-megabytes",
    type=click.IntRange(min=1),
    default=160,
    show_default=True,
    help="Approximate size of a shard, in units of 10^6 bytes.",
)
@edit_options
def reshard(dataset: "Place", shard_megabytes: int, **options: Any) -> None:
    """Write DATASET with shards of another size."""
    from pipelines.editing.commands import reshard

    _run(lambda: reshard(dataset, shard_megabytes), [dataset], **options)


@click.command("drop-member")
@click.argument("dataset", type=DATASET)
@click.argument("members", nargs=-1, required=True)
@edit_options
def drop_member(dataset: "Place", members: tuple[str, ...], **options: Any) -> None:
    """Write DATASET without MEMBERS, such as parts.npy."""
    from pipelines.editing.commands import drop_members

    _run(lambda: drop_members(dataset, members), [dataset], **options)


@click.command("add-member")
@click.argument("dataset", type=DATASET)
@click.argument("other", metavar="FROM", type=DATASET)
@click.option(
    "--member",
    "members",
    multiple=True,
    help="Member to add, such as features.npy; may be repeated [default: all new arrays].",
)
@edit_options
def add_member(dataset: "Place", other: "Place", members: tuple[str, ...], **options: Any) -> None:
    """Write DATASET with members of the samples of the same keys of FROM."""
    from pipelines.editing.combine import add_members

    _run(lambda: add_members(dataset, other, members), [dataset, other], **options)


@click.command("rename-keys")
@click.argument("dataset", type=DATASET)
@click.option("--prefix", default="", help="Text before each key, such as kit_.")
@click.option("--suffix", default="", help="Text after each key.")
@click.option("--file", type=FILE, help="File with an old and a new key per line.")
@edit_options
def rename_keys(
    dataset: "Place", prefix: str, suffix: str, file: Path | None, **options: Any
) -> None:
    """Write DATASET with other keys."""
    from pipelines.editing.commands import read_renames, rename_keys

    def make() -> "Edit":
        table = None if file is None else read_renames(file)
        return rename_keys(dataset, prefix, suffix, table)

    _run(make, [dataset], **options)


def _run(
    make: "Callable[[], Edit]",
    sources: "Sequence[Place]",
    out: Path,
    as_json: bool,
    **execution: Any,
) -> None:
    """Carry out an edit, print its report, and exit."""
    from pipelines.editing.build import edit

    show_build(edit(make, sources, out, Execution(**execution)), as_json)
