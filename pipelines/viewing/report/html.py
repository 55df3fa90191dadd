"""One HTML page of scripts, styles and data, which needs no other file and no network.

Text of a dataset is only ever in JSON, and the page's scripts show it as text, never as HTML. In
the page's source, every character that HTML or a script could take for its own is escaped.
"""

import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from pipelines.viewing.report.streams import COMPRESSION, PackedClip, deflate

PAGE = files("pipelines.viewing.report") / "page"
STYLES = ("report.css",)
SCRIPTS = ("unpack.js", "elements.js", "camera.js", "surfaces.js", "drawing.js", "player.js",
           "table.js", "charts.js", "skinning.js", "live.js", "report.js")  # fmt: skip
"""The files of the page, in the order of loading."""
TRAINING_SCRIPTS = ("unpack.js", "elements.js", "charts.js", "curves.js", "training.js")
"""The files of the page of a training."""
FAST = 1
"""zlib's level in a page that a viewer waits for."""
_ESCAPES = {ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"}


def make_page(
    title: str,
    summary: Mapping[str, Any],
    table: Mapping[str, Any],
    clips: Sequence[PackedClip],
    live: bool = False,
) -> str:
    """Return the HTML of a report, or of a viewer that asks its server for clips if `live`."""
    level = FAST if live else COMPRESSION
    data = [
        _data("summary", "application/json", to_script_json(summary)),
        _data("table", "text/plain", deflate(to_script_json(table).encode(), level)),
        _data("heads", "application/json", to_script_json([clip.head for clip in clips])),
        *(_data(f"clip-{n}", "text/plain", clip.data) for n, clip in enumerate(clips)),
    ]
    return _fill(title, data, SCRIPTS, "'self'" if live else "'none'")


def make_training_page(title: str, summary: Mapping[str, Any]) -> str:
    """Return the HTML of the report of a training."""
    data = [_data("summary", "application/json", to_script_json(summary))]
    return _fill(title, data, TRAINING_SCRIPTS, "'none'")


def _fill(title: str, data: Sequence[str], scripts: Sequence[str], connect: str) -> str:
    """Return the page with its data and scripts. `connect` is where it may ask for more."""
    parts = {
        "CONNECT": connect,
        "TITLE": _escape_title(title),
        "STYLE": "".join(map(_read, STYLES)),
        "DATA": "\n".join(data),
        "SCRIPT": "\n".join(map(_read, scripts)),
    }
    pieces = _read("report.html").split("%%")
    return "".join(parts[piece] if odd else piece for piece, odd in _alternate(pieces))


def _alternate(pieces: Sequence[str]) -> list[tuple[str, bool]]:
    """Return pieces of a template, every second of which is the name of a part."""
    return [(piece, place % 2 == 1) for place, piece in enumerate(pieces)]


def to_script_json(value: Any) -> str:
    """Return JSON that can stand in a script element of any HTML page."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.translate(_ESCAPES).encode("utf-8", "replace").decode()


def _data(name: str, kind: str, text: str) -> str:
    return f'<script type="{kind}" id="{name}">{text}</script>'


def _read(name: str) -> str:
    return (PAGE / name).read_text(encoding="utf-8")


def _escape_title(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
