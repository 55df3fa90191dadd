"""These tests need a process of their own, which `test_on_device` starts.

The simulator is chosen by the environment before `numba.cuda` is first imported, and a process that
has used a GPU cannot fork another one that does.
"""

import os

collect_ignore_glob = [] if "NUMBA_ENABLE_CUDASIM" in os.environ else ["test_*.py"]
