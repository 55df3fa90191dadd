"""The normalizer of all captions, for references and candidates alike.

Normalization before scoring changes BLEU@4 by ten points, so figures are comparable only if it is
the same: every report names it. Letters, marks and digits are distinguished by their general
categories (Unicode Standard Annex 44, section 5.7.1): a vowel sign belongs to its letter.
"""

from unicodedata import category, normalize

NORMALIZER = (
    "Unicode NFC; lower case; apostrophes and invisible format characters deleted; every other "
    "character that is no letter, mark on a letter, or digit made a space; runs of spaces made one"
)
"""What `normalize_caption` does, in the words of the reports."""

APOSTROPHES = frozenset(
    "'\N{RIGHT SINGLE QUOTATION MARK}\N{MODIFIER LETTER APOSTROPHE}\N{FULLWIDTH APOSTROPHE}"
)
_FORMAT = "Cf"
"""General category of soft hyphens, joiners, byte order marks and directional marks."""
_MARK = "M"
_KEPT = "LN"
"""First letters of the categories of letters and numbers."""


def normalize_caption(sentence: str) -> str:
    """Return a sentence normalized for scoring: words of letters and digits, one space between."""
    return " ".join(split_words(_without_invisible(normalize("NFC", sentence).lower())))


def split_words(text: str) -> list[str]:
    """Return the runs of letters, digits and their marks, in Unicode NFC."""
    kept: list[str] = []
    for character in normalize("NFC", text):
        kind = category(character)[0]
        inside = bool(kept) and kept[-1] != " "
        kept.append(character if kind in _KEPT or (kind == _MARK and inside) else " ")
    return "".join(kept).split()


def _without_invisible(text: str) -> str:
    return "".join(each for each in text if each not in APOSTROPHES and category(each) != _FORMAT)
