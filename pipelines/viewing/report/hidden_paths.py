"""Remove paths of the machine from text that other people will read."""

import re

_FOLDERS = re.compile(r"""(?<![^\s'"(\[=<:,])(?:~|[A-Za-z]:)?[/\\](?:[^/\\:;,'"<>|\n]*[/\\])+""")
"""An absolute path up to its last separator. Names of folders may contain spaces."""
_TOP = re.compile(r"""(?<![^\s'"(\[=<:,])/(?=[^\s/])""")
"""The start of a path in the root folder."""


def hide_paths(text: str) -> str:
    """Return a text in which the folders of absolute paths are removed; names of files remain."""
    return _TOP.sub("", _FOLDERS.sub("", text))
