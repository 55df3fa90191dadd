"""Pipelines of well-known packages, each used in its fastest measured configuration.

smplx poses in batches, in single precision. fpsample samples with its lowest tree, which is exact.
torch samples all frames of a clip at once, with separate components. `benchmarks.kernels.embree`
has the scanning stage.
"""

import contextlib
import importlib.util
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from motiondata.skeletons import JOINTS

SMPLX_BATCH = 64
"""Frames per batch of `smplx`; smaller and larger batches were slower."""

Array = NDArray[np.float32]
Sample = Callable[[list[Array], int], Array]
"""Takes the points of each frame and the number to sample; returns (frames, points, 3)."""


class Smplx:
    """The SMPL model of the `smplx` package, in single precision, from a body file of 24 joints."""

    def __init__(self, body: Path) -> None:
        from smplx import SMPL
        from smplx.utils import Struct
        from smplx.vertex_ids import vertex_ids

        with np.load(body) as npz:
            arrays = {key: npz[key] for key in npz.files}
        # Pose blend shapes cannot be omitted.
        arrays.setdefault("posedirs", np.zeros((len(arrays["v_template"]), 3, 207), np.float32))
        with contextlib.redirect_stdout(io.StringIO()):
            self._model = SMPL("", data_struct=Struct(**arrays), vertex_ids=vertex_ids["smplh"])
        self.faces = arrays["f"].astype(np.uint32)

    @torch.inference_mode()
    def pose(
        self, betas: NDArray[Any], pose: NDArray[Any], trans: NDArray[Any]
    ) -> tuple[torch.Tensor, NDArray[np.float64]]:
        """Pose a clip: betas (10,), pose (frames, 22, 3), trans (frames, 3), world frame.

        Returns vertices (frames, vertices, 3) and joints (frames, 22, 3).
        """
        hands = np.zeros((len(pose), 2, 3))
        turns = np.concatenate([pose, hands], axis=1).reshape(len(pose), -1)
        rows = torch.from_numpy(np.concatenate([turns, trans], axis=1).astype(np.float32))
        shape = torch.from_numpy(betas.astype(np.float32))
        posed = [
            self._model(
                betas=shape.expand(len(batch), -1),
                global_orient=batch[:, :3],
                body_pose=batch[:, 3:-3],
                transl=batch[:, -3:],
            )
            for batch in torch.split(rows, SMPLX_BATCH)
        ]
        joints = torch.cat([batch.joints[:, :JOINTS] for batch in posed])
        return torch.cat([batch.vertices for batch in posed]), joints.double().numpy()


@torch.inference_mode()
def to_sensor(vertices: torch.Tensor, T_sensor_world: NDArray[np.float64]) -> Array:
    """Transform vertices (frames, vertices, 3) to the sensor frame with a matrix (4, 4)."""
    matrix = torch.from_numpy(T_sensor_world.astype(np.float32))
    moved: Array = (vertices @ matrix[:3, :3].T + matrix[:3, 3]).numpy()
    return moved


def sample_by_fpsample(clouds: list[Array], k: int) -> Array:
    """Sample with `fpsample`; repeat points of frames that have fewer than `k`."""
    import fpsample

    sampled = np.zeros((len(clouds), k, 3), np.float32)
    for cloud, kept in zip(clouds, sampled, strict=True):
        if len(cloud) > k:
            kept[:] = cloud[fpsample.bucket_fps_kdline_sampling(cloud, k, h=3)]
        elif len(cloud):
            kept[:] = np.resize(cloud, (k, 3))
    return sampled


@torch.inference_mode()
def sample_by_torch(clouds: list[Array], k: int) -> Array:
    """Sample with the usual loop in torch, all frames of a clip at once, separate components.

    Clouds are padded with their first point, which is chosen first and never again.
    """
    sampled = np.zeros((len(clouds), k, 3), np.float32)
    longest = max(map(len, clouds))
    for cloud, kept in zip(clouds, sampled, strict=True):
        if 0 < len(cloud) <= k:
            kept[:] = np.resize(cloud, (k, 3))
    long = [frame for frame, cloud in enumerate(clouds) if len(cloud) > k]
    if long:
        padded = np.stack([_padded(clouds[frame], longest) for frame in long])
        order = _orders_by_torch(torch.from_numpy(padded), k).numpy()
        sampled[long] = np.take_along_axis(padded, order[..., None], axis=1)
    return sampled


def _padded(cloud: Array, room: int) -> Array:
    return np.concatenate([cloud, np.broadcast_to(cloud[:1], (room - len(cloud), 3))])


def _orders_by_torch(points: torch.Tensor, k: int) -> torch.Tensor:
    """Return indices of the points to keep, shaped (frames, k); points: (frames, points, 3)."""
    x, y, z = (component.contiguous() for component in points.unbind(-1))
    frames = torch.arange(len(points))
    order = torch.empty((len(points), k), dtype=torch.int64)
    gap = torch.full(x.shape, torch.inf)
    farthest = torch.zeros(len(points), dtype=torch.int64)
    for place in range(k):
        order[:, place] = farthest
        square = torch.square(x - x[frames, farthest, None])
        square += torch.square(y - y[frames, farthest, None])
        square += torch.square(z - z[frames, farthest, None])
        torch.minimum(gap, square, out=gap)
        farthest = gap.argmax(-1)
    return order


@dataclass(frozen=True)
class Peer:
    """A simple pipeline of well-known packages, by their names in `MODULES`."""

    poser: str
    caster: str
    sampler: str

    @property
    def parts(self) -> tuple[str, str, str]:
        """The packages, in the order of the stages."""
        return (self.poser, self.caster, self.sampler)

    @property
    def is_installed(self) -> bool:
        """Whether all packages of the pipeline are installed."""
        return all(map(is_installed, self.parts))


MODULES = {"smplx": "smplx", "Open3D": "open3d", "embreex": "embreex",
           "fpsample": "fpsample", "torch": "torch"}  # fmt: skip
"""The import name of each package."""

SAMPLERS: Mapping[str, Sample] = {"fpsample": sample_by_fpsample, "torch": sample_by_torch}
PEERS = (Peer("smplx", "Open3D", "fpsample"), Peer("smplx", "embreex", "torch"))


def is_installed(part: str) -> bool:
    """Return whether a package is installed."""
    return importlib.util.find_spec(MODULES[part]) is not None
