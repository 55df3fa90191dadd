"""Text from outside: control characters are escaped, and all other text stays."""

import pytest

from shards.printable import printable


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b]0;title\x07\x1b[2J", r"\x1b]0;title\x07\x1b[2J"),
        ("\r all is well", r"\x0d all is well"),
        ("\x9b31m", r"\x9b31m"),
        ("\ud800", r"\ud800"),
        ("a\u202etxt.exe", r"a\u202etxt.exe"),
        ("a\u2028b", r"a\u2028b"),
    ],
)
def test_what_a_terminal_obeys_is_spelled_out(text: str, shown: str) -> None:
    assert printable(text) == shown


@pytest.mark.parametrize("text", ["two\nlines\tand a tab", "café, 歩く, 🏃\u200d♂️", "C:\\dir"])
def test_all_other_text_stays(text: str) -> None:
    assert printable(text) == text
