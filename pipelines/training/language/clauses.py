"""Clauses: the parts of a text that happen one after another, each as a sentence.

A model that has learned few pairs of acts writes one act of a new pair and ends. Each clause alone
has acts that it has learned together, and training on joined clips shows how motions follow each
other.
"""

import re

from pipelines.training.language.joining import SUBJECT

FIRST = "first "
UNKNOWN = "a person "
"""The subject of the later clauses of a text whose subject is none that `joining` knows."""

_THEN = re.compile(r",? and then |, then |,? and finally ", re.IGNORECASE)


def split_clauses(text: str) -> list[str]:
    """Return the clauses of a text, each with the subject of the first; no "then", no split.

    A clause that begins with its own subject keeps it. A text without a word beside "then" is one.

    Commas separate clauses only in a text that also has a "then". Acts at the same time stay
    together.

    >>> split_clauses("A man first waves his hand, sits down, and then walks.")
    ['A man waves his hand', 'A man sits down', 'A man walks']
    >>> split_clauses("a man walks and waves.")
    ['a man walks and waves.']
    """
    found = SUBJECT.match(text)
    first, subject = (found[0], found[0]) if found else ("", UNKNOWN)
    body = SUBJECT.sub("", text).removesuffix(".").removeprefix(FIRST)
    parts = _THEN.split(body)
    if len(parts) == 1:
        return [text]
    clauses = [clause for part in parts for clause in part.split(", ") if clause.strip()]
    if not clauses:
        return [text]
    later = (each if SUBJECT.match(each) else f"{subject}{each}" for each in clauses[1:])
    return [f"{first}{clauses[0]}", *later]
