"""Captions: whatever a line looks like, its sentence is kept and nothing is raised."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motiondata.captions import Caption
from motiondata.sources.humanml3d.captions import (
    find_captions,
    parse_caption,
    read_captions,
)

TOKENS = "a/DET man/NOUN kick/VERB"
SPLIT_TOKENS = (("a", "DET"), ("man", "NOUN"), ("kick", "VERB"))


def test_a_line_is_text_tokens_and_seconds() -> None:
    assert parse_caption(f"a man kicks.#{TOKENS}#1.5#4.0") == Caption(
        "a man kicks.", SPLIT_TOKENS, 1.5, 4.0
    )


@pytest.mark.parametrize(
    "line",
    [
        f"a man kicks.#{TOKENS}#0.0#0.0",
        f"a man kicks.#{TOKENS}#nan#nan",
        f"a man kicks.#{TOKENS}#0.0",
        f"a man kicks.#{TOKENS}",
        f"a man kicks.#{TOKENS}#",
        f"a man kicks.#{TOKENS}##",
        f"#a man kicks.#{TOKENS}#0.0#0.0",
        f"a man kicks.##{TOKENS}#0.0#0.0",
        f"a man kicks.#{TOKENS}##0.0#0.0",
        f"#a man kicks.##{TOKENS}# #0.0#0.0#",
        f"a man kicks.#{TOKENS}#0.0#0.0#",
        f"a man kicks.#{TOKENS}#inf#inf",
        f"a man kicks.#{TOKENS}#5.0#2.0",
        f"a man kicks.#{TOKENS}#-1.0#2.0",
        f"a man kicks.#{TOKENS}#0.5#1e308",
        f"a man kicks.#{TOKENS}#0.5#1800.1",
        f"  a  man\tkicks. #{TOKENS}  # 0.0 # 0.0 ",
    ],
)
def test_a_malformed_line_means_what_it_can_only_mean(line: str) -> None:
    assert parse_caption(line) == Caption("a man kicks.", SPLIT_TOKENS, 0.0, 0.0)


@pytest.mark.parametrize(
    "further", ["#x", "#7", "#1.0#2.0", "#annotator 3#good", "##a/DET", "#nan"]
)
@pytest.mark.parametrize(
    ("line", "tokens"),
    [
        (f"a man kicks.#{TOKENS}#1.5#4.0", SPLIT_TOKENS),
        (f"a man kicks.##{TOKENS}##1.5#4.0", SPLIT_TOKENS),
        ("a man kicks.##1.5#4.0", ()),
    ],
)
def test_fields_after_the_seconds_are_ignored(
    line: str, tokens: tuple[tuple[str, str], ...], further: str
) -> None:
    assert parse_caption(line + further) == Caption("a man kicks.", tokens, 1.5, 4.0)


def test_seconds_up_to_half_an_hour_are_kept() -> None:
    caption = parse_caption(f"a man kicks.#{TOKENS}#0.5#1800")
    assert (caption.start_seconds, caption.end_seconds) == (0.5, 1800.0)


@pytest.mark.parametrize(
    ("line", "text"),
    [
        ("a man kicks", "a man kicks"),
        ("a man kicks#0.0#0.0", "a man kicks"),
        ("a man kicks##0.0#0.0", "a man kicks"),
        ("player #1", "player #1"),
        ("player #1#0.0#0.0", "player #1"),
        ("and/or#0.0#0.0", "and/or"),
        ("7", "7"),
    ],
)
def test_a_line_without_tokens_has_its_text(line: str, text: str) -> None:
    assert parse_caption(line) == Caption(text, (), 0.0, 0.0)


def test_a_stray_hash_stays_in_the_text_and_in_the_tokens() -> None:
    caption = parse_caption("he is #1 again#he/PRON be/AUX #/SYM 1/NUM again/ADV#0.0#0.0")
    assert caption.text == "he is #1 again"
    assert caption.tokens == (
        ("he", "PRON"), ("be", "AUX"), ("#", "SYM"), ("1", "NUM"), ("again", "ADV")
    )  # fmt: skip


def test_tokens_may_hold_slashes_or_lack_their_part_of_speech() -> None:
    caption = parse_caption("left and/or right#left/ADJ and/CCONJ //SYM or right/ADJ#0.0#0.0")
    assert caption.tokens == (
        ("left", "ADJ"), ("and", "CCONJ"), ("/", "SYM"), ("or", ""), ("right", "ADJ")
    )  # fmt: skip


def test_a_caption_tells_whether_it_is_on_the_whole_clip() -> None:
    assert parse_caption("a#a/DET#0.0#0.0").is_whole_clip
    assert not parse_caption("a#a/DET#0.0#2.0").is_whole_clip


def test_lines_without_a_sentence_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "000000.txt"
    path.write_bytes(
        b"\xef\xbb\xbffirst#first/ADJ#0.0#0.0\r\n\r\n \t \r\n#a/DET#0.0#0.0\n###\nsecond\rthird"
    )
    assert [caption.text for caption in read_captions(path)] == ["first", "second", "third"]


def test_bytes_that_are_not_utf8_are_read_as_latin1(tmp_path: Path) -> None:
    path = tmp_path / "000000.txt"
    path.write_bytes(b"a na\xefve walk#walk/NOUN#0.0#0.0\n" + "a naïve run".encode())
    assert [caption.text for caption in read_captions(path)] == ["a naïve walk", "a naïve run"]


def test_captions_are_found_by_the_name_of_the_clip(tmp_path: Path) -> None:
    (tmp_path / "000000.txt").write_text("left#left/ADJ#0.0#0.0\n")
    (tmp_path / "M000000.txt").write_text("right#right/ADJ#0.0#0.0\n")
    assert [caption.text for caption in find_captions(tmp_path, "000000")] == ["left"]
    assert [caption.text for caption in find_captions(tmp_path, "M000000")] == ["right"]
    assert find_captions(tmp_path, "000001") == ()


@given(st.binary())
def test_any_bytes_give_captions_of_one_line_with_sound_seconds(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    path = tmp_path_factory.mktemp("texts") / "000000.txt"
    path.write_bytes(content)
    for caption in read_captions(path):
        assert len(caption.text.splitlines()) == 1
        assert caption.is_whole_clip or 0.0 <= caption.start_seconds < caption.end_seconds


WORDS = st.text("abcdefghij", min_size=1, max_size=8)


@given(
    words=st.lists(WORDS, min_size=1, max_size=9),
    tokens=st.lists(st.tuples(WORDS, st.sampled_from(["NOUN", "VERB", "ADP"])), min_size=1),
    start=st.integers(0, 50).map(lambda tenths: tenths / 10),
    length=st.integers(1, 50).map(lambda tenths: tenths / 10),
)
def test_captions_come_back_as_they_were_written(
    words: list[str], tokens: list[tuple[str, str]], start: float, length: float
) -> None:
    caption = Caption(" ".join(words), tuple(tokens), start, start + length)
    tagged = " ".join(f"{word}/{pos}" for word, pos in tokens)
    line = f"{caption.text}#{tagged}#{caption.start_seconds}#{caption.end_seconds}"
    assert parse_caption(line) == caption
