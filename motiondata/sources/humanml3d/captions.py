"""Read HumanML3D's caption files: descriptions of a clip written by people, one per line.

Lines have the format `caption#token/POS token/POS ...#start#end`. Some lack fields, have extra
fields, or contain a stray `#`. Each line is therefore parsed from both ends, and the readable
fields are kept. Source: `text_process.py` and `texts/` of EricGuo5513/HumanML3D.
"""

import errno
import math
import re
from collections.abc import Callable
from pathlib import Path

from motiondata.captions import Caption
from motiondata.errors import DropReason, RecordingError
from motiondata.files import OpenFile, is_of_the_file, open_plain_file, read_small_file

MAX_BYTES = 2**20
"""Maximum size of a caption file; those of HumanML3D have a few hundred bytes."""

MAX_CAPTIONS = 1000
"""Maximum number of lines of a caption file; those of HumanML3D have three or four.

A parsed caption takes about a hundred times its size in memory. Without this limit, the memory
limit of a worker process would decide which samples are built.
"""

MAX_SECONDS = 1800.0
"""Maximum end time of a caption, seconds: half an hour, the length of the longest clip
(`trimming.MAX_CLIP_FRAMES` at 20 fps)."""

_TOKEN = re.compile(r"(\S*)/([A-Z_]+)(?!\S)|(\S+)")
"""A word and its spaCy part-of-speech tag, such as `man/NOUN`; or a word without a tag."""


def find_captions(
    texts: Path, name: str, open_file: OpenFile = open_plain_file
) -> tuple[Caption, ...]:
    """Read the captions of a clip; return none if it has no file.

    A mirrored clip has a caption file under its mirrored name. Raises `RecordingError` (UNREADABLE)
    if the path exists but cannot be read, since a sample does not show that its captions are
    missing; and `OSError` if the machine cannot read the file.
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
            f"{path.name}: expected a file of captions of at most {MAX_BYTES} bytes and "
            f"{MAX_CAPTIONS} lines; {error.strerror}",
        ) from error


def read_captions(path: Path, open_file: OpenFile = open_plain_file) -> tuple[Caption, ...]:
    """Read a caption file; skip lines without a sentence and repair malformed lines.

    Times that are absent, not finite, greater than `MAX_SECONDS` or in the wrong order mean the
    whole clip. Fields after the times are ignored, as in HumanML3D. Raises `OSError` if the file
    does not exist, is larger than `MAX_BYTES` or has more than `MAX_CAPTIONS` lines.
    """
    lines = read_small_file(path, MAX_BYTES, open_file).splitlines()
    if len(lines) > MAX_CAPTIONS:
        raise OSError(errno.EFBIG, f"found {len(lines):,} lines", str(path))
    captions = (parse_caption(_decode(line)) for line in lines)
    return tuple(caption for caption in captions if caption.text)


def parse_caption(line: str) -> Caption:
    """Parse one line; the text is empty if the line has no sentence. Never raises."""
    fields = _without_further_fields(line.rstrip("# \t").split("#"))
    seconds_at = max(_tail_start(fields, _is_seconds), len(fields) - 2)
    tokens_end = _tail_start(fields[:seconds_at], _is_blank)
    tokens_at = _tail_start(fields[:tokens_end], _is_tokens)
    if tokens_at == seconds_at == len(fields) - 1:
        tokens_at = seconds_at = len(fields)  # a single number belongs to the sentence
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
    """Drop the fields after the two times, which follow the tokens or an empty token field."""
    for at in range(2, len(fields) - 1):
        tokens, start, end = fields[at - 1 : at + 2]
        if (_is_blank(tokens) or _is_tokens(tokens)) and _is_number(start) and _is_number(end):
            return fields[: at + 2]
    return fields


def _tail_start(fields: list[str], holds: Callable[[str], bool]) -> int:
    """Return where the trailing fields that satisfy `holds` begin; never 0, the first field."""
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
