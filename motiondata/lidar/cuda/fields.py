"""What a GPU's kernels are given, and what they work in: arrays by name.

Named tuples, because kernels take these apart and put them together, but know no dataclasses. An
`Array` is a tensor of PyTorch's, or the same memory as Numba's kernels see it.
"""

from typing import Any, NamedTuple, TypeAlias

Array: TypeAlias = Any

EXACT = -1
"""In place of a frame's draws: none."""

DOES_NOT_FIT = -1
"""In place of a frame's hits: the memory that a kernel was given does not suffice for them."""

NOT_FINITE = -2
"""Likewise: a vertex is NaN or infinite."""


class Rays(NamedTuple):
    """A sensor's rays; `sorted` means by rising elevation."""

    directions: Array
    """Unit vectors, shaped (beams, columns, 3), float64, in the sensor's own order of beams."""
    tangents: Array
    """Tangent of the elevation of each sorted beam, shaped (beams,), float32."""
    beams: Array
    """The sensor's own number of each sorted beam, shaped (beams,), int32."""
    offsets: Array
    """Azimuth offset of each beam in the sensor's own order, shaped (beams,), float32, radians."""
    limits: Array
    """The least and the greatest range that is reported, shaped (2,), float64, metres."""


class Mesh(NamedTuple):
    """A moving body."""

    vertices: Array
    """Shaped (frames, vertices, 3), float32, metres, sensor frame."""
    faces: Array
    """Shaped (faces, 3), int32."""
    parts: Array
    """The body part of each face, shaped (faces,), uint8."""


class Noise(NamedTuple):
    """The error of every hit's range, frame by frame."""

    draws: Array
    """Shaped (hits of all frames,), float64, metres; of any length where all frames are exact."""
    firsts: Array
    """Where the draws of each frame begin, shaped (frames,), int64, or `EXACT`."""


class SampleArrays(NamedTuple):
    """What comes of it, as in a `SampledClip`."""

    points: Array
    """Shaped (frames, K, 3), float32."""
    hits: Array
    """Shaped (frames,), int32."""
    parts: Array
    """Shaped (frames, K), uint8."""


class SharedScratch(NamedTuple):
    """Where the threads of a block tell each other what they have found; whoever used it waits.

    Made by the kernels themselves: of shared memory that a step makes, the linker finds several.
    """

    reals: Array
    """Shaped (4, `THREADS`), float32."""
    wholes: Array
    """Shaped (2, `THREADS`), int64."""


class Memory(NamedTuple):
    """What a block works in."""

    board: SharedScratch
    window: Array
    """The nearest hit of each ray that the body can be on, as a key, shaped (cells,), int64."""
    x: Array
    y: Array
    z: Array
    """The hits by component, each shaped (room,), float32."""
    gap: Array
    """Squared distance from each hit to the nearest chosen one, or `CHOSEN`, (room,), float32."""
    face: Array
    """The face of each hit, shaped (room,), int32."""


class LargeMemory(NamedTuple):
    """What the blocks work in whose frames do not fit into shared memory."""

    windows: Array
    """Shaped (blocks, rays), int64."""
    clouds: Array
    """The hits by component, and their gaps, shaped (blocks, 4, rays), float32."""
    faces: Array
    """Shaped (blocks, rays), int32."""


class Window(NamedTuple):
    """The rays that a body can be on: some columns from an azimuth on, of a range of beams."""

    start: Any
    """The azimuth, radians."""
    columns: int
    first_beam: Any
    """In the sensor's own order."""
    beams: int
