"""These tests need a separate process, which `test_on_device` starts.

The simulator is chosen by the environment before `numba.cuda` is first imported, and a process that
has used a GPU cannot fork another one that does.
"""

import os

collect_ignore_glob = [] if "NUMBA_ENABLE_CUDASIM" in os.environ else ["test_*.py"]

if os.environ.get("NUMBA_ENABLE_CUDASIM") == "1" and hasattr(os, "sched_setaffinity"):
    # The simulator's threads take turns, and those on other cores would fight for the turn.
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
