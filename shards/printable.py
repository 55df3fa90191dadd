"""Text from outside, made safe to print.

Names, captions, tables and JSON of a dataset may come from anyone. A terminal obeys control
characters in them: it changes its title, clears lines, or shows text in another order.
"""

import re

_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
"""Control characters but tab and line feed, separators of lines and paragraphs, controls of the
direction of writing (Unicode's Bidi_Control), and halves of surrogate pairs, which no output can
encode."""


def printable(text: str) -> str:
    """Return text with the characters that a terminal obeys spelled out as in a Python literal."""
    return _UNPRINTABLE.sub(lambda match: _spelled(ord(match[0])), text)


def _spelled(code: int) -> str:
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"
