"""The documentation site: the Markdown of this folder and the docstrings, by Sphinx and MyST.

`make docs` builds it into `build/docs`, and ends at the first warning, such as a broken link.
"""

import os
import re
import sys
from pathlib import Path

from numpy.typing import ArrayLike
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.typing import stringify_annotation

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from motiondata import __version__  # noqa: E402

project = "motiondata"
author = "the authors of motiondata"
release = version = __version__
extensions = ["myst_nb", "sphinx.ext.autodoc"]
html_theme = "furo"
html_title = f"motiondata {release}"
html_show_copyright = False
html_use_index = False  # the reference is one page
exclude_patterns = ["build"]

nb_execution_mode = "force"  # notebooks are kept without outputs, and depend on all of the code
nb_execution_timeout = 600
nb_execution_in_temp = True
nb_execution_raise_on_error = True
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4
suppress_warnings = [
    "myst.header",  # the README begins with its own title
]

default_role = "code"  # docstrings are written with single backquotes
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True

INCLUDED = {
    "index": "README.md",
    "benchmarks": "benchmarks/README.md",
    "contributing": "CONTRIBUTING.md",
    "changelog": "CHANGELOG.md",
    "credits": "motiondata/bodies/data/CREDITS.md",
}
"""The pages that show a document outside this folder, in the place of `HERE`."""
HERE = "<!-- here -->"
LINK = re.compile(r"(?<=\]\()(?![a-z]+:|#)([^)#\s]+)")
"""The path of a link of Markdown to a file."""

ARRAY_LIKE = stringify_annotation(ArrayLike, "smart")
"""NumPy's `ArrayLike`, spelled out: a union of a dozen types."""
ARRAY = re.compile(r"~numpy\.ndarray\[tuple\[~typing\.Any, \.\.\.\], ~numpy\.dtype\[([~\w.]+)\]\]")
"""NumPy's `NDArray[...]`, spelled out."""


def show_documents(_: Sphinx, page: str, source: list[str]) -> None:
    """Put the included document into its page, and let links lead to pages where there are any."""
    folder = (ROOT / "docs" / page).parent
    source[0] = relinked(source[0], folder, folder)
    if page in INCLUDED:
        document = ROOT / INCLUDED[page]
        source[0] = source[0].replace(HERE, relinked(document.read_text(), document.parent, folder))


def relinked(text: str, origin: Path, folder: Path) -> str:
    """Return a text of the folder `origin` with links as a page in `folder` needs them."""
    pages = {ROOT / file: ROOT / "docs" / f"{page}.md" for page, file in INCLUDED.items()}

    def target(link: re.Match[str]) -> str:
        path = (origin / link[1]).resolve()
        return os.path.relpath(pages.get(path, path), folder)

    return LINK.sub(target, text)


def with_short_types(
    _: Sphinx, _what: str, _name: str, _object: object, _options: object, *signature: str | None
) -> tuple[str | None, ...]:
    """Return arguments and result of a function with the types as the code names them."""
    return tuple(
        part and ARRAY.sub(r"NDArray[\1]", part.replace(ARRAY_LIKE, "ArrayLike"))
        for part in signature
    )


def notebooks(_app: Sphinx, environment: BuildEnvironment, *_: set[str]) -> list[str]:
    """Return the pages that are run again although their own text is the same."""
    return [page for page in environment.found_docs if page.startswith("notebooks/")]


def setup(app: Sphinx) -> None:
    """Connect what this file adds to Sphinx."""
    app.connect("env-get-outdated", notebooks)
    app.connect("source-read", show_documents)
    app.connect("autodoc-process-signature", with_short_types)
