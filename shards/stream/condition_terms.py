"""What a condition may contain: its text may be of an author that nobody knows.

pandas evaluates any attribute and method of a column, among them those that write files. A
condition is therefore parsed first, and may only call the methods of a list.
"""

import ast

from shards.errors import ShardError
from shards.format.unknown_names import unknown_name
from shards.stream.flags import FLAGS

SERIES = (
    "abs between dt duplicated eq ge gt isin isna isnull le lt max mean median min mod ne notna "
    "notnull quantile rank round std str sum"
)
TEXTS = (
    "casefold contains count endswith find fullmatch get isalnum isalpha isdecimal isdigit islower "
    "isnumeric isspace isupper len lower lstrip match removeprefix removesuffix rfind rstrip slice "
    "startswith strip upper"
)
METHODS = frozenset((SERIES + " " + TEXTS).split())
"""The attributes and methods of columns and of their texts (`.str`) that only compute values."""
LONGEST = 4000
"""Most characters of a condition: parsers of longer ones run out of their stack."""
SHOWN = 100
"""Most characters of a condition in a message."""


def expect_terms(condition: str) -> None:
    """Raise `ShardError` for a text with anything but columns, flags, operators and `METHODS`.

    What Python cannot parse is refused as well: quotes of pandas (backticks) would hide names.
    """
    if len(condition) > LONGEST:
        raise ShardError(f"expected at most {LONGEST} characters, found {len(condition)}")
    try:
        tree = ast.parse(condition.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise ShardError(getattr(error, "msg", None) or str(error) or "too deep") from None
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and not _is_flag(node) and node.attr not in METHODS:
            raise ShardError(unknown_name("method", node.attr, sorted(METHODS)))


def shown(condition: str) -> str:
    """Return a condition as messages have it."""
    return repr(condition if len(condition) <= SHOWN else f"{condition[:SHOWN]}...")


def _is_flag(node: ast.Attribute) -> bool:
    return isinstance(node.value, ast.Name) and node.value.id == FLAGS
