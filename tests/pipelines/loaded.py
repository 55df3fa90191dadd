"""Everything that a build needs, loaded once: the fork server imports this for its forks."""

import tempfile
from pathlib import Path

from pipelines.build import build_lidar
from pipelines.options import Execution
from tests.pipelines.made_archive import make_archive

with tempfile.TemporaryDirectory() as folder:
    options = make_archive(Path(folder)).options(limit=1)
    build_lidar(options, Path(folder) / "lidar", Execution())
