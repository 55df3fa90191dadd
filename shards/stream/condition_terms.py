"""What a condition may contain: its text may be of an author that nobody knows.

pandas evaluates any attribute and method of a column, among them those that write files, and it
does not read a text as Python does: it splits it into lines first, and at backticks. A condition
is therefore parsed by Python, and may only have the nodes and the methods of a list. pandas is
given the text of the tree that was checked, and not the text of the author. Time and memory are not
bounded, but powers are refused, because a short one may never end.
"""

import ast
import tokenize
from collections.abc import Iterator
from io import StringIO
from typing import NamedTuple, TypeGuard

from shards.errors import ShardError
from shards.format.unknown_names import unknown_name
from shards.stream.flags import FLAGS

SERIES = (
    "abs between duplicated eq ge gt isin isna isnull le lt max mean median min mod ne notna "
    "notnull quantile rank round std str sum"
)
TEXTS = (
    "casefold contains count endswith find fullmatch get isalnum isalpha isdecimal isdigit islower "
    "isnumeric isspace isupper len lower lstrip match removeprefix removesuffix rfind rstrip slice "
    "startswith strip upper"
)
METHODS = frozenset((SERIES + " " + TEXTS).split())
"""The attributes and methods of columns and of their texts (`.str`) that only compute values."""
NODES = (
    *(ast.Expression, ast.Name, ast.Load, ast.Constant, ast.List, ast.Tuple),
    *(ast.Attribute, ast.Call, ast.keyword, ast.Subscript, ast.Slice),
    *(ast.BoolOp, ast.boolop, ast.UnaryOp, ast.unaryop, ast.Compare, ast.cmpop),
    *(ast.BinOp, ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod),
)
"""The nodes of a condition."""
CONSTANTS = (str, int, float, type(None))
"""The types of constants; `bool` is an `int`."""
WORDS = {"&": "and", "|": "or"}
"""The operators that pandas reads as words, so that they bind as these do."""
LOCAL = "__pd_eval_local_"
"""How pandas marks the name of a variable."""
LONGEST = 4000
"""Most characters of a condition: parsers of longer ones run out of their stack."""
SHOWN = 100
"""Most characters of a condition in a message."""


class CheckedCondition(NamedTuple):
    """A condition that may be evaluated."""

    text: str
    """What pandas evaluates: it has one line and no backtick."""
    names: frozenset[str]
    """The names in it: of columns, of functions, and `flags`."""
    flags: tuple[str, ...]
    """The names of flags, each once."""


def checked(condition: str) -> CheckedCondition:
    """Return a condition with nothing but columns, flags, operators and `METHODS`.

    Raises `ShardError` for what Python cannot parse, for other nodes and methods, for several
    lines, and for backticks, which quote names in pandas.
    """
    text = condition.strip()
    if len(text) > LONGEST:
        raise ShardError(f"expected at most {LONGEST} characters, found {len(text)}")
    if len(text.splitlines()) > 1:
        raise ShardError("expected one line")
    try:
        tree = ast.parse(_with_words(text), mode="eval")
        evaluated = ast.unparse(tree)
    except (SyntaxError, ValueError, RecursionError, MemoryError, tokenize.TokenError) as error:
        raise ShardError(_reason(error)) from None
    for node in ast.walk(tree):
        _expect_term(node)
    if "`" in text or "`" in evaluated:  # an escape such as \x60 is one only in the latter
        raise ShardError("expected no backtick")
    flags = [node.attr for node in ast.walk(tree) if _is_flag(node)]
    return CheckedCondition(evaluated, frozenset(_names(tree)), tuple(dict.fromkeys(flags)))


def shown(condition: str) -> str:
    """Return a condition as messages have it."""
    return repr(condition if len(condition) <= SHOWN else f"{condition[:SHOWN]}...")


def _with_words(text: str) -> str:
    """Return a text with `and` and `or` for `&` and `|`, as pandas reads them."""
    tokens = tokenize.generate_tokens(StringIO(text).readline)
    return tokenize.untokenize(
        (tokenize.NAME, WORDS[token.string])
        if token.type == tokenize.OP and token.string in WORDS
        else (token.type, token.string)
        for token in tokens
    )


def _reason(error: Exception) -> str:
    if isinstance(error, tokenize.TokenError):
        return str(error.args[0])
    return getattr(error, "msg", None) or str(error) or "too deep"


def _expect_term(node: ast.AST) -> None:
    if not isinstance(node, NODES):
        raise ShardError(f"{type(node).__name__} is not implemented")
    if isinstance(node, ast.Attribute) and not _is_flag(node) and node.attr not in METHODS:
        raise ShardError(unknown_name("method", node.attr, sorted(METHODS)))
    if isinstance(node, ast.Name) and LOCAL in node.id:
        raise ShardError("expected no variable")
    if isinstance(node, ast.Constant) and not isinstance(node.value, CONSTANTS):
        raise ShardError(f"expected numbers and texts, found {node.value!r}")
    if isinstance(node, ast.keyword) and node.arg is None:
        raise ShardError("expected named arguments, found **")


def _names(tree: ast.AST) -> Iterator[str]:
    return (node.id for node in ast.walk(tree) if isinstance(node, ast.Name))


def _is_flag(node: ast.AST) -> TypeGuard[ast.Attribute]:
    """Tell whether a node is a flag: `flags` names no column in a condition."""
    return (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == FLAGS
    )
