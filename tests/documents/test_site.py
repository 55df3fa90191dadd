"""The documentation site is built without a warning: every link and reference leads somewhere."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.documents.blocks import ROOT

SHOWN = ("index", "installing", "guides/own_model", "reference/python", "benchmarks", "changelog")


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    sphinx = (sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", "-d", tmp_path / "trees")
    run = subprocess.run(
        [*map(str, sphinx), "docs", str(tmp_path / "site")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    pages = {name: (tmp_path / "site" / f"{name}.html").read_text() for name in SHOWN}
    assert "open_dataset" in pages["reference/python"]
    assert 'href="guides/own_model.html"' in pages["index"]
    assert 'href="benchmarks.html"' in pages["index"], "links to documents become links to pages"
