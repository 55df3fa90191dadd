"""The settings with which a folder was started. A job is resumed only with the same settings.

Builds, exports and trainings compare them here, and refuse changes in the same words.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path

from motiondata.errors import InputError

DISCARD_WITH_RESTART = "discard what is there with --restart"
REMOVE_THE_FOLDER = "remove the folder"


def changed_names(before: Mapping[str, object], now: Mapping[str, object]) -> list[str]:
    """Return the names whose values differ, or that only one mapping has, in order."""
    names = dict.fromkeys([*before, *now])
    return [name for name in names if before.get(name) != now.get(name)]


def changed_settings(before: Mapping[str, object], now: Mapping[str, object]) -> list[str]:
    """Return a description `name: before -> now` of each setting that has changed.

    Settings of a nested mapping are compared one by one: `sizes.width: 8 -> 16`. One that is
    missing or None is `not set`: folders of earlier versions lack later settings, and a setting
    that has no effect is not recorded.
    """
    old, new = _flat(before), _flat(now)
    return [
        f"{name}: {_shown(old.get(name))} -> {_shown(new.get(name))}"
        for name in changed_names(old, new)
    ]


def _shown(value: object) -> object:
    return "not set" if value is None else value


def _flat(values: Mapping[str, object]) -> dict[str, object]:
    """Return the values without nested mappings: those of `sizes` as `sizes.width` and so on."""
    flat: dict[str, object] = {}
    for name, value in values.items():
        nested = _flat(value) if isinstance(value, Mapping) else None
        flat |= {name: value} if nested is None else {f"{name}.{of}": nested[of] for of in nested}
    return flat


def expect_same_settings(
    out: Path, before: Mapping[str, object], now: Mapping[str, object], remedy: str
) -> None:
    """Raise the error of `changes_refused` if a setting has changed since a folder was started."""
    if changes := changed_settings(before, now):
        raise changes_refused(out, changes, remedy)


def changes_refused(out: Path, changes: Iterable[str], remedy: str) -> InputError:
    """Return the error that refuses changes since a folder was started.

    `changes` describes each change. `remedy` says what permits the new settings in the same folder.
    """
    return InputError(
        f"{out}: was started with other inputs or settings ({'; '.join(changes)}); choose another "
        f"--out, or {remedy}"
    )
