"""Read in advance: what comes next is read by threads while the current item is used."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

P = TypeVar("P")
T = TypeVar("T")


def read_ahead(read: Callable[[P], T], places: Iterable[P], ahead: int) -> Iterator[T]:
    """Yield `read(place)` of each place, in order, `ahead` of them being read in advance.

    An error is raised when its place is reached. What is being read when the iterator is closed is
    dropped.
    """
    if not ahead:
        yield from map(read, places)
        return
    rest, pool = iter(places), ThreadPoolExecutor(ahead, "ahead")
    try:
        running: deque[Future[T]] = deque(pool.submit(read, each) for each in islice(rest, ahead))
        while running:
            found = running.popleft().result()
            running.extend(pool.submit(read, each) for each in islice(rest, 1))
            yield found
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
