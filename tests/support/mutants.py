"""Mutants: copies of a good file with some damage, the same for the same generator.

Damage is what disks, networks and editors do, and what an attacker would try: bits, ranges, and
words that parsers stumble over.
"""

import io
import zipfile
from collections.abc import Callable
from random import Random

WORDS = (
    b"nan", b"-inf", b"1e999", b"-1", b"0", b"1e300", b"9" * 5000, b"99999999999", b"0x7f", b"-",
    b"\x00", b"\xff\xfe", b"\xef\xbb\xbf", b"\r", b"\n\n", b",", b"#", b"'", b'"', b"[" * 3000,
    b"(" * 3000, b"{", b"..", b"/", b"\xed\xa0\x80", "٣".encode(), b"\xff\xff\xff\xff",
    b"\xff\xff\xff\x7f", b"\x7f", b"<U9", b"|O8", b"c__builtin__\neval\n", b"r\xff\xff\xff\x7f",
    b"\x8e\xff\xff\xff\xff\xff\x00\x00\x00",
)  # fmt: skip
"""What is written over a place, or put in: numbers, brackets, marks, and codes of pickles."""

Damage = Callable[[bytearray, Random], None]


def flip_bits(content: bytearray, chance: Random) -> None:
    """Flip up to eight bits."""
    for _ in range(chance.randint(1, 8)):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)


def cut_off(content: bytearray, chance: Random) -> None:
    """Cut the end off."""
    del content[chance.randrange(len(content)) :]


def cut_out(content: bytearray, chance: Random) -> None:
    """Take a range out."""
    start, end = _range(content, chance)
    del content[start:end]


def zero(content: bytearray, chance: Random) -> None:
    """Write zeros over a range."""
    start, end = _range(content, chance)
    content[start:end] = bytes(end - start)


def repeat(content: bytearray, chance: Random) -> None:
    """Put a copy of a range beside it."""
    start, end = _range(content, chance)
    content[end:end] = content[start:end]


def move(content: bytearray, chance: Random) -> None:
    """Put a copy of a range elsewhere."""
    start, end = _range(content, chance)
    place = chance.randrange(len(content))
    content[place : place + end - start] = content[start:end]


def put_word(content: bytearray, chance: Random) -> None:
    """Put a word in, over what stood there or before it."""
    word, place = chance.choice(WORDS), chance.randrange(len(content))
    content[place : place + chance.choice((0, 1, len(word)))] = word


def replace_number(content: bytearray, chance: Random) -> None:
    """Put a word in the place of some digits."""
    digits = [at for at, byte in enumerate(content) if 0x30 <= byte <= 0x39]
    if digits:
        place = chance.choice(digits)
        content[place : place + 1] = chance.choice(WORDS[:9])


DAMAGES: tuple[Damage, ...] = (
    flip_bits, cut_off, cut_out, zero, repeat, move, put_word, replace_number,
)  # fmt: skip


def _range(content: bytearray, chance: Random) -> tuple[int, int]:
    start = chance.randrange(len(content))
    return start, min(len(content), start + chance.choice((1, 4, 40, 512, 5000)))


def mutant(content: bytes, chance: Random) -> bytes:
    """Return a copy with one to three damages."""
    damaged = bytearray(content)
    for _ in range(chance.choice((1, 1, 2, 3))):
        if damaged:
            chance.choice(DAMAGES)(damaged, chance)
    return bytes(damaged)


def mutant_within(archive: bytes, chance: Random) -> bytes:
    """Return a zip file with a damaged member, its checksum made anew so that it is read."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(archive)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        victim = chance.choice(old.namelist())
        for name in old.namelist():
            data = old.read(name)
            new.writestr(name, mutant(data[:200], chance) + data[200:] if name == victim else data)
    return stream.getvalue()
