"""Places that do not depend on where the sensor is: from the middle of a clip, as it is seen."""

import torch
from torch import Tensor


def seen_frames(points: Tensor) -> Tensor:
    """Return which frames have hits, shaped (clips, frames), of (clips, frames, points, 3).

    A frame without hits has all points at the origin.
    """
    return points.ne(0).flatten(2).any(-1)


def middles(points: Tensor, seen: Tensor) -> Tensor:
    """Return the mean of the centroids of the frames that are `seen`, shaped (clips, 3).

    `points` is shaped (clips, frames, points, 3), `seen` (clips, frames). A clip without such
    frames has the origin.
    """
    centroids = points.mean(2) * seen[..., None]
    return centroids.sum(1) / seen.sum(1, keepdim=True).clamp(min=1)


def centered(points: Tensor, seen: Tensor) -> Tensor:
    """Return points from the middle of their clip, turned about z so that the sensor is at -x.

    `points` is shaped (clips, frames, points, 3), sensor frame, z up; `seen`, shaped (clips,
    frames), are the frames that count for the middle. A clip whose middle is above or below the
    sensor is not turned.
    """
    middle = middles(points, seen)
    distances = torch.linalg.vector_norm(middle[:, :2], dim=-1, keepdim=True)
    above = distances == 0
    ahead = torch.where(above, middle.new_tensor([1.0, 0.0]), middle[:, :2] / (distances + above))
    cosine, sine = (ahead[:, axis, None, None] for axis in range(2))
    x, y, z = (points - middle[:, None, None]).unbind(-1)
    return torch.stack([x * cosine + y * sine, y * cosine - x * sine, z], -1)
