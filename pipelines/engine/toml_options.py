"""Options of a command as lines of TOML, which `--recipe` reads."""

import json
from collections.abc import Iterator, Mapping
from typing import Any


def option_lines(command: str, options: Mapping[str, Any]) -> Iterator[str]:
    """Yield a line with the name of the command, and one for each option."""
    yield f"command = {_to_toml(command)}"
    for name, value in options.items():
        yield f"{name} = {_to_toml(value)}"


def _to_toml(value: Any) -> str:
    """Return a value as TOML, whose texts, numbers and lists are those of JSON."""
    if isinstance(value, list):
        return f"[{', '.join(map(_to_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)
