"""What a message says about a name that does not exist: the nearest one, and all of them."""

from collections.abc import Collection, Sequence
from difflib import get_close_matches

LIKE = 0.7
"""Least similarity of a name that was meant: `trian` has 0.8 of `train`, `hits` 0.6 of `points`."""

MOST_KEYS = 20_000
"""Most keys that a mistyped one is compared with. A comparison of two keys of 29 characters that
begin alike takes 0.1 ms (measured once with `get_close_matches` of 15,000), so all take 2 s."""


def unknown_name(what: str, name: str, known: Sequence[str]) -> str:
    """Return the sentence for a name that is not in `known`; `what` says what it should name."""
    nearest = get_close_matches(name, known, n=1, cutoff=LIKE)
    hint = f"; did you mean {nearest[0]}?" if nearest else ""
    return f"there is no {what} {name!r}{hint} (known: {', '.join(known) or 'none'})"


def near(name: str, known: Sequence[str]) -> str:
    """Return the nearest known name in words, to follow a mistyped one; empty if none is near."""
    nearest = get_close_matches(name, known, n=1, cutoff=LIKE)
    return f" (did you mean {nearest[0]}?)" if nearest else ""


def near_key(key: str, known: Collection[str]) -> str:
    """Return the nearest known key in words, to end a sentence; empty if none is near.

    It is empty too for more than `MOST_KEYS` keys.
    """
    if len(known) > MOST_KEYS:
        return ""
    nearest = get_close_matches(str(key), known, n=1)
    return f"; did you mean {nearest[0]!r}?" if nearest else ""
