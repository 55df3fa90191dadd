"""Which paths are URLs, and what of a URL may be shown.

A URL may hold a password, or a signature in its query. Neither is ever part of a message, a report
or a file.
"""

import os
import re

URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")
"""The start of a URL (RFC 3986), including one whose second slash `Path` has removed."""
_IN_TEXT = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+://)([^\s'\"<>]*)")
_USER = re.compile(r"^[^/]*@")
_QUERY = re.compile(r"[?#].*$")


def is_url(path: str | os.PathLike[str]) -> bool:
    """Tell whether a path is a URL."""
    return URL.match(os.fspath(path)) is not None


def without_secrets(text: str) -> str:
    """Return a text whose URLs have neither user nor query."""
    return _IN_TEXT.sub(lambda match: match[1] + _QUERY.sub("", _USER.sub("", match[2])), text)
