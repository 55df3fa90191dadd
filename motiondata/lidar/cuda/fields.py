"""The arguments and the working memory of the GPU kernels, as named tuples of arrays.

Kernels support named tuples, but not dataclasses. An `Array` is a PyTorch tensor, or a Numba view
of the same memory.
"""

from typing import Any, NamedTuple, TypeAlias

Array: TypeAlias = Any

EXACT = -1
"""Replaces the index of a frame's first noise draw: the frame has no noise."""

DOES_NOT_FIT = -1
"""Replaces a frame's number of hits: the memory of the kernel is too small for the frame."""

NOT_FINITE = -2
"""Replaces a frame's number of hits: a vertex is NaN or infinite."""


class Rays(NamedTuple):
    """A sensor's rays; `sorted` means by increasing elevation."""

    directions: Array
    """Unit vectors, shaped (beams, columns, 3), float64, in the sensor's order of beams."""
    tangents: Array
    """Tangent of the elevation of each sorted beam, shaped (beams,), float32."""
    beams: Array
    """The sensor's number of each sorted beam, shaped (beams,), int32."""
    offsets: Array
    """Azimuth offset of each beam in the sensor's order, shaped (beams,), float32, radians."""
    limits: Array
    """The minimum and maximum reported range, shaped (2,), float64, meters."""


class Mesh(NamedTuple):
    """A moving body: vertices of all frames, faces and body parts."""

    vertices: Array
    """Shaped (frames, vertices, 3), float32, meters, sensor frame."""
    faces: Array
    """Shaped (faces, 3), int32."""
    parts: Array
    """The body part of each face, shaped (faces,), uint8."""


class Noise(NamedTuple):
    """The range error of every hit, frame by frame."""

    draws: Array
    """Shaped (hits of all frames,), float64, meters; of any length if no frame has noise."""
    firsts: Array
    """The index of each frame's first draw, or `EXACT`, shaped (frames,), int64."""


class SampleArrays(NamedTuple):
    """The result: the arrays of a `SampledClip`."""

    points: Array
    """Shaped (frames, K, 3), float32."""
    hits: Array
    """Shaped (frames,), int32."""
    parts: Array
    """Shaped (frames, K), uint8."""


class Motion(NamedTuple):
    """A person at both ends of their sector of each turn, and as the sensor sees them."""

    starts: Array
    """Vertices, shaped (frames, vertices, 3), float32, meters, sensor frame."""
    ends: Array
    seen: Array
    times: Array
    """The times of both ends, shaped (frames, 2), float64, seconds from mid-turn; equal for a
    person who stands still."""


class HitArrays(NamedTuple):
    """The hits of a batch; those of a frame are in order, the frames are not."""

    points: Array
    """Shaped (room, 3), float32, meters, sensor frame."""
    faces: Array
    beams: Array
    columns: Array
    """Each shaped (room,), int32."""
    ranges: Array
    """Shaped (room,), float32, meters."""
    shading: Array
    """The cosine of incidence, the slope and the drift of each hit (see `realism.reflection`),
    shaped (room, 3), float64."""
    firsts: Array
    """The first hit of each frame, shaped (frames,), int64."""
    counts: Array
    """The number of hits of each frame, or `NOT_FINITE`, shaped (frames,), int32."""
    total: Array
    """The number of hits of all frames, shaped (1,), int64; 0 at first. If it exceeds the room,
    some frames are not written."""


class SharedScratch(NamedTuple):
    """Shared memory for reductions over the threads of a block; each use ends with a barrier.

    Each kernel allocates it: shared memory allocated in a device function would be duplicated by
    the linker.
    """

    reals: Array
    """Shaped (4, `THREADS`), float32."""
    wholes: Array
    """Shaped (2, `THREADS`), int64."""


class Memory(NamedTuple):
    """The working memory of a block."""

    board: SharedScratch
    window: Array
    """The key of the nearest hit of each ray of the window, shaped (cells,), int64."""
    x: Array
    y: Array
    z: Array
    """The hits by component (x, y, z), each shaped (room,), float32."""
    gap: Array
    """Squared distance from each hit to the nearest chosen hit, or `CHOSEN`, (room,), float32."""
    face: Array
    """The face of each hit, shaped (room,), int32."""


class LargeMemory(NamedTuple):
    """The working memory of blocks whose frames do not fit in shared memory."""

    windows: Array
    """Shaped (blocks, rays), int64."""
    clouds: Array
    """The hits by component and their gaps, shaped (blocks, 4, rays), float32."""
    faces: Array
    """The face of each hit, shaped (blocks, rays), int32."""


class Window(NamedTuple):
    """The rays that can hit a body: `columns` columns from an azimuth on, in consecutive beams."""

    start: Any
    """The azimuth at which the columns start, radians."""
    columns: int
    first_beam: Any
    """The first beam, in the sensor's order."""
    beams: int
