"""Import this program's other top-level modules only from the folder that contains this package.

Their names are common: a user's folder may also have a `cli.py` or a `pipelines/`, and
`PYTHONPATH`, `python -m` and Ray's workers search the current folder before installed packages.
"""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

OURS = frozenset({"cli", "commands", "pipelines", "shards"})
HOUSE = str(Path(__file__).resolve().parents[1])


class _Beside(MetaPathFinder):
    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> ModuleSpec | None:
        """Find this program's modules next to this package; leave others to the usual search."""
        if path is None and fullname in OURS:
            return PathFinder.find_spec(fullname, [HOUSE], target)
        return None


def isolate() -> None:
    """Make this process and its forks import this program's modules from this location only."""
    if not any(isinstance(finder, _Beside) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Beside())
