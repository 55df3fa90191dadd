"""These tests need a process of their own, which `test_in_simulator` starts.

The simulator is chosen by the environment before `numba.cuda` is first imported.
"""

import os

collect_ignore_glob = [] if os.environ.get("NUMBA_ENABLE_CUDASIM") == "1" else ["test_*.py"]
