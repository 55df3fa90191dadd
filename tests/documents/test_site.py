"""The documentation site is built without a warning: every link and reference leads somewhere."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.documents.blocks import ROOT

NOTEBOOK = "notebooks/look_at_a_scan"
SHOWN = ("index", "installing", "guides/own_model", "reference/python", "benchmarks", NOTEBOOK)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    sphinx = (sys.executable, "-m", "sphinx", "-W", "-q", "-b", "html", "-d", tmp_path / "trees")
    unrun = ("-D", "nb_execution_mode=off")  # `test_notebooks.py` runs them
    run = subprocess.run(
        [*map(str, sphinx), *unrun, "docs", str(tmp_path / "site")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    pages = {name: (tmp_path / "site" / f"{name}.html").read_text() for name in SHOWN}
    assert "open_dataset" in pages["reference/python"]
    assert "ArrayLike" in pages["reference/python"]
    assert "_SupportsArray" not in pages["reference/python"], "types are named as in the code"
    assert "farthest_points" in pages[NOTEBOOK]
    assert 'href="guides/own_model.html"' in pages["index"]
    assert 'href="benchmarks.html"' in pages["index"], "links to documents become links to pages"
