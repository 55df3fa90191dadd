"""Options that give paths names, such as `--compare nearest=captions.jsonl`."""

from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

from motiondata.errors import InputError


def named_paths(
    given: Iterable[str], option: str, what: str, taken: Collection[str] = ()
) -> Mapping[str, Path]:
    """Return the paths of an option's values NAME=PATH by name.

    `what` is what messages call the path, such as FILE. Raises `InputError` for a value without
    name or path, and for a name that is given twice or `taken`.
    """
    found: dict[str, Path] = {}
    for value in given:
        name, equals, path = value.partition("=")
        if not (name and equals and path) or name in found or name in taken:
            raise InputError(
                f"{option}: expected NAME={what}, with a different NAME for each, found {value}"
            )
        found[name] = Path(path)
    return found
