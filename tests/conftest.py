"""For all tests: Ctrl-C works in what they start, also where the tests run in the background.

A shell lets its background jobs ignore SIGINT, and every process that they start does as well; then
tests that interrupt a build would wait for ever.
"""

import signal

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
