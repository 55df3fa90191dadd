"""Drop the faces of a closed mesh that are seen from behind: no ray hits them first.

The test is in single precision. Differences of neighboring corners are nearly exact, so that only
faces that are seen edge-on, to within 1e-5 radians, are in doubt.
"""

import numpy as np

from motiondata.jit import step
from motiondata.lidar.cpu.buffers import Buffers, Faces, Plane, Whole


@step
def keep_front_faces(vertices: Plane, faces: Faces, buffers: Buffers, listed: Whole) -> Whole:
    """Keep the listed faces whose normals point to the sensor, in order; return their number.

    The loop writes unconditionally and counts conditionally, so that there are no branches to
    mispredict.
    """
    shortlist, windows = buffers.shortlist, buffers.windows
    xs, ys, zs = vertices[0], vertices[1], vertices[2]
    count = np.uint64(0)
    for place in range(np.uint64(listed)):
        face = np.uint32(shortlist[place])
        i, j, k = np.uint32(faces[face, 0]), np.uint32(faces[face, 1]), np.uint32(faces[face, 2])
        x, y, z = xs[i], ys[i], zs[i]
        ax, ay, az = xs[j] - x, ys[j] - y, zs[j] - z
        bx, by, bz = xs[k] - x, ys[k] - y, zs[k] - z
        away = x * (ay * bz - az * by) + y * (az * bx - ax * bz) + z * (ax * by - ay * bx)
        shortlist[count], windows[count] = face, windows[place]
        count += np.uint64(away <= 0)
    return np.int64(count)
