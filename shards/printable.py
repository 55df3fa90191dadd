"""Escape untrusted text so that it is safe to print.

Names, captions, tables and JSON of a dataset may come from anyone. A terminal interprets control
characters in them: it changes its title, clears lines, or reorders text.
"""

import re

_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Control characters except tab and line feed, line and paragraph separators, bidirectional
controls (Unicode's Bidi_Control), and lone surrogates, which no output can encode."""


def printable(text: str) -> str:
    """Return text with control characters escaped as in a Python literal."""
    return _UNPRINTABLE.sub(lambda match: _spelled(ord(match[0])), text)


def _spelled(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
