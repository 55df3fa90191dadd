"""The other top-level modules of this program are found beside this package, and nowhere else.

Their names are common: a folder of the user may have a `cli.py` or a `pipelines/` too, and
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
        """Find a module of ours beside this package; leave all others to the usual search."""
        if path is None and fullname in OURS:
            return PathFinder.find_spec(fullname, [HOUSE], target)
        return None


def isolate() -> None:
    """Let this process, and those that are forked from it, import our modules from here only."""
    if not any(isinstance(finder, _Beside) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Beside())
