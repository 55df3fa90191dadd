"""Report the nearest hits of a frame in order, and clear the buffers.

Each loop writes unconditionally and increments its count conditionally, so that there are no
branches to mispredict.
"""

import math

import numpy as np

from motiondata.jit import step
from motiondata.lidar.cpu.buffers import BLOCK, WORD, Buffers, Whole
from motiondata.lidar.cpu.ray_grid import RayGrid
from motiondata.lidar.scans import Scan


@step
def report_hits(
    grid: RayGrid, buffers: Buffers, limits: tuple[float, float], hits: Scan, hit: int
) -> Whole:
    """Write the hits by beam and column, starting at index `hit`, and clear the buffers.

    Returns the index after the last hit. If `hits` is too small, no hit is written.
    """
    blocks = _list_blocks(buffers)
    found = _list_hits(buffers, limits, blocks)
    if hit + found <= len(hits.faces):
        _report(grid, buffers, hits, hit, found)
    for block in buffers.hit_blocks[:blocks]:
        buffers.nearest[block * BLOCK : block * BLOCK + BLOCK] = math.inf
    return hit + found


@step
def _list_blocks(buffers: Buffers) -> Whole:
    """List the blocks of rays that have hits, clear their marks, and return their number."""
    words, touched, blocks = buffers.touched_words, buffers.touched, buffers.hit_blocks
    count = np.uint64(0)
    for word in range(len(words)):
        if words[word] != 0:
            for block in range(word * WORD, word * WORD + WORD):
                blocks[count] = block
                count += np.uint64(touched[block])
            words[word] = 0
    return np.int64(count)


@step
def _list_hits(buffers: Buffers, limits: tuple[float, float], blocks: Whole) -> Whole:
    """List the rays of the listed blocks with hits within the limits, and return their number."""
    nearest, hit_rays, hit_blocks = buffers.nearest, buffers.hit_rays, buffers.hit_blocks
    least, most = limits
    count = np.uint64(0)
    for place in range(blocks):
        first = BLOCK * hit_blocks[place]
        for ray in range(first, first + BLOCK):
            hit_rays[count] = ray
            distance = nearest[ray]
            count += np.uint64((distance < math.inf) & (least <= distance) & (distance <= most))
    return np.int64(count)


@step
def _report(grid: RayGrid, buffers: Buffers, hits: Scan, hit: int, found: Whole) -> None:
    """Write the hits of the listed rays, starting at index `hit`."""
    hit_rays, nearest, nearest_face = buffers.hit_rays, buffers.nearest, buffers.nearest_face
    points, faces, beams, columns, ranges = hits
    for place in range(found):
        ray, at = np.uint32(hit_rays[place]), hit + place
        distance = nearest[ray]
        beam = int((ray + 0.5) / grid.columns)
        for axis in range(3):
            points[at, axis] = distance * grid.directions[ray, axis]
        faces[at] = nearest_face[ray]
        beams[at] = beam
        columns[at] = ray - beam * grid.columns
        ranges[at] = distance
