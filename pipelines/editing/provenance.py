"""What an edited dataset says about its making: the command, and all that its sources say.

What all sources of samples agree on is said of the new dataset as well, so that readers find the
sensor, the bodies or the encoder where they expect them. Sources that disagree are refused.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from motiondata.errors import InputError
from pipelines.editing.edit import Edit, extra_columns
from pipelines.products.descriptions import EDIT, SOURCES
from shards.format.dataset import Dataset
from shards.format.schema import Schema

OF_A_BUILD = ("product", "software", "plan", "inputs", "limited_drops", "source", SOURCES)
"""Entries of provenance that describe one build, not the samples."""


def edited_parameters(edit: Edit) -> dict[str, Any]:
    """Return the parameters that all sources of samples share, and the command of the edit."""
    first, *others = (source.description.parameters for source in _sample_sources(edit))
    shared = {
        name: value
        for name, value in first.items()
        if name != EDIT and all(other.get(name) == value for other in others)
    }
    packing = {} if edit.shard_megabytes is None else {"shard_megabytes": edit.shard_megabytes}
    return {**shared, EDIT: {"command": edit.command, **edit.options, **packing}}


def edited_provenance(edit: Edit) -> dict[str, Any]:
    """Return what the sources of samples say of them in common, and all sources.

    A source that members are joined from adds only what the others do not say.
    """
    joined = [_about_samples(source) for source in edit.sources]
    shared: dict[str, Any] = {}
    for about in joined:
        shared |= {name: _united(shared[name], value) if name in shared else value
                   for name, value in about.items()}  # fmt: skip
    return {**shared, SOURCES: [_source(source) for source in edit.sources]}


def expect_alike(sources: Iterable[Dataset]) -> None:
    """Raise `InputError` unless the samples of datasets can be in one dataset.

    They must be of one product, with the same members, columns, sensor, encoder, and so on.
    """
    first, *others = sources
    for other in others:
        for what, ours, theirs in _differences(first, other):
            raise InputError(
                f"{first.place} and {other.place}: expected the same {what}, found {ours} and "
                f"{theirs}"
            )


def differing_parameters(sources: Iterable[Dataset]) -> tuple[str, ...]:
    """Return a warning about parameters in which sources differ; none if they agree."""
    parameters = [source.description.parameters for source in sources]
    names = dict.fromkeys(name for each in parameters for name in each if name != EDIT)
    differing = [
        name
        for name in names
        if any(each.get(name) != parameters[0].get(name) for each in parameters)
    ]
    if not differing:
        return ()
    values = (
        f"{name} ({', '.join(dict.fromkeys(str(each.get(name)) for each in parameters))})"
        for name in differing
    )
    return (f"the datasets were built with different {'; '.join(values)}",)


def _differences(first: Dataset, other: Dataset) -> Iterable[tuple[str, Any, Any]]:
    ours, theirs = first.description.provenance, other.description.provenance
    yield from _differing("product", ours.get("product"), theirs.get("product"))
    yield from _differing("members", _members(first.schema), _members(other.schema))
    yield from _differing(
        "manifest columns", extra_columns(first).names, extra_columns(other).names
    )
    yield from _differing(
        "types of manifest columns",
        [str(column.type) for column in extra_columns(first)],
        [str(column.type) for column in extra_columns(other)],
    )
    mine, yours = _about_samples(first), _about_samples(other)
    for name in dict.fromkeys([*mine, *yours]):
        if not isinstance(mine.get(name), list):
            yield from _differing(name, _named(mine.get(name)), _named(yours.get(name)))


def _differing(what: str, ours: Any, theirs: Any) -> Iterable[tuple[str, Any, Any]]:
    if ours != theirs:
        yield what, ours, theirs


def _members(schema: Schema) -> str:
    return ", ".join(
        f"{entry['member']} {entry['type']} {tuple(entry.get('shape', ()))}"
        + (f" stored as {entry['stored']}" if "stored" in entry else "")
        for entry in schema.to_json()
    )


def _named(value: Any) -> Any:
    """Return a value as a message names it: a sensor or an encoder by its name or id."""
    if isinstance(value, Mapping):
        return " ".join(str(value[name]) for name in ("name", "id") if name in value) or value
    return value


def _sample_sources(edit: Edit) -> tuple[Dataset, ...]:
    """Return the sources that samples, not only members, come from."""
    used = {*edit.entries.origins[0].sources.tolist()}
    return tuple(source for number, source in enumerate(edit.sources) if number in used)


def _about_samples(source: Dataset) -> dict[str, Any]:
    return {
        name: value
        for name, value in source.description.provenance.items()
        if name not in OF_A_BUILD
    }


def _united(first: Any, second: Any) -> Any:
    """Return the items of two lists, each once, and else the first value."""
    if isinstance(first, list) and isinstance(second, list):
        return [*first, *(item for item in second if item not in first)]
    return first


def _source(source: Dataset) -> dict[str, Any]:
    description = source.description
    return {
        "content_hash": description.content_hash,
        "manifest": description.tables[0].blake3,
        "parameters": description.parameters,
        "provenance": description.provenance,
    }
