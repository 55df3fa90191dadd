"""Uploads to the Hugging Face Hub without the progress bars of its library.

The library turns them off for the whole process, so they are turned on again after the last of the
uploads that run at the same time.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class _Uploads:
    """The uploads that run, and whether there were bars before the first of them."""

    def __init__(self) -> None:
        self.lock, self.running, self.had_bars = threading.Lock(), 0, False


_UPLOADS = _Uploads()


@contextmanager
def quietly() -> Iterator[None]:
    """Show no progress bars of `huggingface_hub` during the block, in all threads.

    `HF_HUB_DISABLE_PROGRESS_BARS=0` has priority, as in the library: bars are shown then.
    """
    from huggingface_hub import constants
    from huggingface_hub.utils.tqdm import (
        are_progress_bars_disabled,
        disable_progress_bars,
        enable_progress_bars,
    )

    if constants.HF_HUB_DISABLE_PROGRESS_BARS is not None:
        yield
        return
    with _UPLOADS.lock:
        if not _UPLOADS.running:
            _UPLOADS.had_bars = not are_progress_bars_disabled()
            disable_progress_bars()
        _UPLOADS.running += 1
    try:
        yield
    finally:
        with _UPLOADS.lock:
            _UPLOADS.running -= 1
            if not _UPLOADS.running and _UPLOADS.had_bars:
                enable_progress_bars()
