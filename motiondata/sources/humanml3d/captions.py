"""HumanML3D's captions: what people said of a clip, one caption a line.

Lines are `caption#token/POS token/POS ...#start#end`, but some lack fields, have further ones, or
have a stray `#`, so a line is read from both of its ends, and what is readable is kept. Source:
`text_process.py` and the `texts/` of EricGuo5513/HumanML3D.
"""

import errno
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from motiondata.errors import DropReason, RecordingError
from motiondata.files import OpenFile, is_of_the_file, open_plain_file, read_small_file

MAX_BYTES = 2**20
"""The largest file that is taken for one of captions; HumanML3D's have a few hundred bytes."""

MAX_CAPTIONS = 1000
"""The most lines of such a file; HumanML3D's have three or four. Every caption takes some hundred
times its bytes of memory, in which a worker's limit would otherwise decide what is a sample."""

MAX_SECONDS = 1800.0
"""The latest second that a caption may name: half an hour, which is the longest clip
(`trimming.MAX_CLIP_FRAMES` at 20 fps)."""

_TOKEN = re.compile(r"(\S*)/([A-Z_]+)(?!\S)|(\S+)")
"""A word and its part of speech, by spaCy's names: `man/NOUN`; or a word that has none."""


@dataclass(frozen=True)
class Caption:
    """One sentence on a clip, or on a part of it."""

    text: str
    """As written, runs of white space made one space."""
    tokens: tuple[tuple[str, str], ...]
    """Words, lemmatised, each with its part of speech; empty where the line has none."""
    start_seconds: float
    """Where in the clip the caption begins; 0 with an end of 0 is the whole clip."""
    end_seconds: float
    """Where in the clip it ends."""

    @property
    def is_whole_clip(self) -> bool:
        """Tell whether the caption is on the whole clip."""
        return self.end_seconds == 0.0


def find_captions(
    texts: Path, name: str, open_file: OpenFile = open_plain_file
) -> tuple[Caption, ...]:
    """Read the captions of a clip, mirrored ones by their own name; none where it has no file.

    Raises `RecordingError` (UNREADABLE) where something lies there that cannot be read, since a
    sample does not show that it has lost its captions; and `OSError` where the machine cannot read.
    """
    path = texts / f"{name}.txt"
    try:
        return read_captions(path, open_file)
    except FileNotFoundError:
        return ()
    except OSError as error:
        if not is_of_the_file(error):
            raise
        raise RecordingError(
            DropReason.UNREADABLE,
            f"{path.name}: expected a file of captions of {MAX_BYTES} bytes and {MAX_CAPTIONS} "
            f"lines at the most; {error.strerror}",
        ) from error


def read_captions(path: Path, open_file: OpenFile = open_plain_file) -> tuple[Caption, ...]:
    """Read a file of captions; lines without a sentence are left out, malformed ones mended.

    Seconds that are absent, not finite, beyond `MAX_SECONDS` or in the wrong order mean the whole
    clip. Fields after the seconds are ignored, as HumanML3D ignores them. A file that is not there,
    is larger than `MAX_BYTES` or has more lines than `MAX_CAPTIONS`, raises `OSError`.
    """
    lines = read_small_file(path, MAX_BYTES, open_file).splitlines()
    if len(lines) > MAX_CAPTIONS:
        raise OSError(errno.EFBIG, f"found {len(lines):,} lines", str(path))
    captions = (parse_caption(_decode(line)) for line in lines)
    return tuple(caption for caption in captions if caption.text)


def parse_caption(line: str) -> Caption:
    """Read one line; its text is empty where it has no sentence. Nothing is raised."""
    fields = _without_further_fields(line.rstrip("# \t").split("#"))
    seconds_at = max(_tail_start(fields, _is_seconds), len(fields) - 2)
    tokens_end = _tail_start(fields[:seconds_at], _is_blank)
    tokens_at = _tail_start(fields[:tokens_end], _is_tokens)
    if tokens_at == seconds_at == len(fields) - 1:
        tokens_at = seconds_at = len(fields)  # one number alone is the end of the sentence
    start, end = _span([_seconds(field) for field in fields[seconds_at:]])
    return Caption(
        text=" ".join("#".join(fields[:tokens_at]).strip("# ").split()),
        tokens=_tokens("#".join(fields[tokens_at:tokens_end])),
        start_seconds=start,
        end_seconds=end,
    )


def _decode(line: bytes) -> str:
    try:
        return line.decode("utf-8-sig")
    except UnicodeDecodeError:
        return line.decode("latin-1")


def _without_further_fields(fields: list[str]) -> list[str]:
    """Leave out what follows the two seconds after the tokens, or after an empty field for them."""
    for at in range(2, len(fields) - 1):
        tokens, start, end = fields[at - 1 : at + 2]
        if (_is_blank(tokens) or _is_tokens(tokens)) and _is_number(start) and _is_number(end):
            return fields[: at + 2]
    return fields


def _tail_start(fields: list[str], holds: Callable[[str], bool]) -> int:
    """Return where the last fields begin that all hold; the first field is never one of them."""
    start = len(fields)
    while start > 1 and holds(fields[start - 1]):
        start -= 1
    return start


def _is_seconds(field: str) -> bool:
    try:
        float(field or "nan")
    except ValueError:
        return False
    return True


def _is_number(field: str) -> bool:
    return not _is_blank(field) and _is_seconds(field)


def _is_blank(field: str) -> bool:
    return not field.strip()


def _is_tokens(field: str) -> bool:
    tokens = _tokens(field)
    return sum(1 for _, part in tokens if part) > len(tokens) / 2


def _tokens(field: str) -> tuple[tuple[str, str], ...]:
    found = _TOKEN.findall(field)
    return tuple((word, part) if part else (alone, "") for word, part, alone in found)


def _seconds(field: str) -> float:
    value = float(field or "nan")
    return value if math.isfinite(value) else 0.0


def _span(seconds: list[float]) -> tuple[float, float]:
    start, end = (*seconds, 0.0, 0.0)[:2]
    return (start, end) if 0.0 <= start < end <= MAX_SECONDS else (0.0, 0.0)
