"""Batches of frames for a GPU, which needs hundreds of frames at once for full load.

A clip has at most two hundred frames, so requests are collected into one batch per body. A batch is
launched when it is full, or when one of its results is requested. Meanwhile the CPU reads the next
clips and writes the finished ones.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Generic, Protocol, TypeVar

from motiondata.bodies.body import Body
from motiondata.lidar.cuda.device import Gpu, gpu_errors_as_device_errors, open_gpu
from motiondata.lidar.observer import Request

LAUNCH_FRAMES = 2048
"""The maximum number of frames per batch: four per active block on the largest GPUs.

This is enough that the CPU, which queues two hundred steps per batch, is not the bottleneck.
"""

Result = TypeVar("Result", covariant=True)


class Launched(Protocol[Result]):
    """A batch that is running or finished."""

    def take(self, frames: slice) -> Result:
        """Wait for the batch, and return the results of some frames."""
        ...


class Station(Protocol[Result]):
    """Observes batches of frames on an opened GPU."""

    def observe(self, body: Body, requests: list[Request]) -> Launched[Result]:
        """Queue all steps for the frames of requests with the same body."""
        ...


@dataclass
class _Batch(Generic[Result]):
    """Frames of one body to observe in one launch."""

    body: Body
    requests: list[Request] = field(default_factory=list)
    frames: int = 0
    launched: Launched[Result] | None = None


class Batches(Generic[Result]):
    """Collects requests into batches, and opens the GPU with the first one; not thread-safe."""

    def __init__(
        self, make_station: Callable[[Gpu], Station[Result]], launch_frames: int = LAUNCH_FRAMES
    ) -> None:
        self.launch_frames = launch_frames
        self._make_station = make_station
        self._station: Station[Result] | None = None
        self._open: dict[str, _Batch[Result]] = {}

    def add(self, request: Request) -> Callable[[], Result]:
        """Add a request of at most `launch_frames` frames; return a function that awaits it."""
        frames = request.frames
        batch = self._open.get(request.shaped.body.id)
        if batch is not None and batch.frames + frames > self.launch_frames:
            self._launch(batch)
            batch = None
        if batch is None:
            batch = self._open[request.shaped.body.id] = _Batch(request.shaped.body)
        batch.requests.append(request)
        batch.frames += frames
        return partial(self._finish, batch, slice(batch.frames - frames, batch.frames))

    def _finish(self, batch: _Batch[Result], frames: slice) -> Result:
        return (batch.launched or self._launch(batch)).take(frames)

    def _launch(self, batch: _Batch[Result]) -> Launched[Result]:
        del self._open[batch.body.id]
        with gpu_errors_as_device_errors():
            if self._station is None:
                self._station = self._make_station(open_gpu())
            batch.launched = self._station.observe(batch.body, batch.requests)
        batch.requests.clear()
        return batch.launched
