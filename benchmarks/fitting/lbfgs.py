"""A fit of the kind of SMPLify3D, written plainly: L-BFGS on all frames, with PyTorch's gradients.

Source of the method and of its settings: Bogo et al. 2016, and `fit_seq.py` and `smplify.py` of
wangsen1312/joints2smpl, which MDM uses: first the root and its path from hips and shoulders, then
all rotations, the path and the shape from all joints, weight 600, up to 150 steps of L-BFGS with
strong Wolfe conditions; a penalty keeps poses near the start. What is left out makes it faster: the
prior, a mixture of Gaussians that is not free, the vertices, and most repetitions of the optimizer,
which the source calls 150 times.
"""

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray

from motiondata.bodies.body import Body
from motiondata.skeletons import JOINT, JOINTS, PARENTS

Floats = NDArray[np.float64]

JOINT_WEIGHT, KEEP_WEIGHT, SHAPE_WEIGHT = 600.0, 5.0, 5.0
STEPS = 150
LEARNING_RATE = 1e-2
TORSO = [JOINT[f"{side}_{joint}"] for joint in ("hip", "shoulder") for side in ("left", "right")]


def fit_by_lbfgs(joints: Floats, body: Body, calls: int) -> Floats:
    """Return the joints of the fitted body, shaped as `joints`, (frames, 22, 3), meters, z up.

    `calls` is how often the optimizer is called in each of the two stages.
    """
    wanted = torch.tensor(joints, dtype=torch.float32)
    template = torch.tensor(body.joints_template[:JOINTS], dtype=torch.float32)
    shapes = torch.tensor(body.joint_shapes[:JOINTS], dtype=torch.float32)
    root = _start(len(joints))
    pose = torch.zeros(len(joints), JOINTS - 1, 3, requires_grad=True)
    betas = torch.zeros(shapes.shape[2], requires_grad=True)
    path = (wanted[:, 0] - template[0]).clone().requires_grad_()

    def posed() -> torch.Tensor:
        rest = template + shapes @ betas
        return _pose(rest, torch.cat([root[:, None], pose], dim=1), path)

    def torso_loss() -> torch.Tensor:
        return ((posed()[:, TORSO] - wanted[:, TORSO]) ** 2).sum()

    _minimize([root, path], torso_loss, calls)
    kept = pose.detach().clone()

    def loss() -> torch.Tensor:
        data = JOINT_WEIGHT**2 * ((posed() - wanted) ** 2).sum()
        return data + KEEP_WEIGHT**2 * ((pose - kept) ** 2).sum() + (
            SHAPE_WEIGHT**2 * (betas**2).sum() * len(wanted)
        )  # fmt: skip

    _minimize([root, pose, path, betas], loss, calls)
    return posed().detach().double().numpy()


def _start(frames: int) -> torch.Tensor:
    """Return root rotations that stand upright, z up."""
    upright = torch.zeros(frames, 3)
    upright[:, 0] = np.pi / 2
    return upright.requires_grad_()


def _minimize(unknowns: list[torch.Tensor], loss: Callable[[], torch.Tensor], calls: int) -> None:
    optimizer = torch.optim.LBFGS(
        unknowns, lr=LEARNING_RATE, max_iter=STEPS, line_search_fn="strong_wolfe"
    )

    def closure() -> torch.Tensor:
        optimizer.zero_grad()
        value = loss()
        value.backward()  # type: ignore[no-untyped-call]
        return value

    for _ in range(calls):
        optimizer.step(closure)  # type: ignore[no-untyped-call]


def _pose(rest: torch.Tensor, pose: torch.Tensor, path: torch.Tensor) -> torch.Tensor:
    local = _rotations(pose)
    world, places = [local[:, 0]], [rest[0] + path]
    for joint in range(1, JOINTS):
        parent = PARENTS[joint]
        world.append(world[parent] @ local[:, joint])
        places.append(places[parent] + world[parent] @ (rest[joint] - rest[parent]))
    return torch.stack(places, dim=1)


def _rotations(rotvecs: torch.Tensor) -> torch.Tensor:
    """Return matrices of axis-angle vectors by Rodrigues' formula, as `smplx` does."""
    angle = torch.linalg.vector_norm(rotvecs + 1e-8, dim=-1, keepdim=True)
    x, y, z = (rotvecs / angle).unbind(-1)
    zero = torch.zeros_like(x)
    cross = torch.stack([zero, -z, y, z, zero, -x, -y, x, zero], dim=-1)
    cross = cross.reshape(*x.shape, 3, 3)
    sine, cosine = torch.sin(angle)[..., None], torch.cos(angle)[..., None]
    matrices: torch.Tensor = torch.eye(3) + sine * cross + (1 - cosine) * (cross @ cross)
    return matrices
