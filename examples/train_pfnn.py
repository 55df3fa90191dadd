"""Train a small phase-functioned network, and let it walk in a circle.

Run `motiondata build-pfnn` and `motiondata export --format pfnn` (docs/pfnn.md), then `python
examples/train_pfnn.py rows_of_locomotion/all --out circle.npy`. The file has the 22 joints of SMPL
at 60 Hz, y up, meters; `motiondata import circle.npy --from joints --fps 60` fits a body.

The network is that of Holden, Komura and Saito (2017), with fewer units: its weights are a cyclic
Catmull-Rom spline of the phase through four control points. A layer is linear in its weights, so
the outputs of the control points are mixed instead.
"""

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import nn

from motiondata.representations.pfnn.layout import (
    HALF_FRAMES,
    SAMPLES,
    STEP_FRAMES,
    X_BLOCKS,
    Y_BLOCKS,
)
from motiondata.representations.pfnn.smpl_joints import pfnn_to_smpl_places

UNITS, DROPPED, BATCH = 128, 0.3, 256
CONTROLS = 4

parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
parser.add_argument("rows", type=Path, help="folder of database.npz, in centimeters")
parser.add_argument("--out", type=Path, required=True, help="file (.npy) of the joints")
parser.add_argument("--steps", type=int, default=3000, help="steps of training")
parser.add_argument("--seconds", type=float, default=12.0, help="length of the walk")
parser.add_argument("--radius", type=float, default=1.5, help="of the circle, meters")
parser.add_argument("--speed", type=float, default=1.0, help="of the walk, meters a second")
given = parser.parse_args()


class PhaseLayer(nn.Module):
    """A linear layer for each control point, mixed by the phase."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.controls = nn.ModuleList(nn.Linear(inputs, outputs) for _ in range(CONTROLS))

    def forward(self, x: torch.Tensor, weights: torch.Tensor) -> torch.Tensor:
        """Return (rows, outputs); `weights` of the control points are shaped (rows, 4)."""
        each = torch.stack([control(x) for control in self.controls], dim=1)
        return (weights[..., None] * each).sum(dim=1)


def spline_weights(phase: torch.Tensor) -> torch.Tensor:
    """Return the weights of the control points of a cyclic Catmull-Rom spline, (rows, 4)."""
    at = CONTROLS * (phase % 1.0)
    first, t = at.long() % CONTROLS, (at % 1.0)[:, None]
    t2, t3 = t * t, t * t * t
    before, here = -0.5 * t + t2 - 0.5 * t3, 1 - 2.5 * t2 + 1.5 * t3
    after, beyond = 0.5 * t + 2 * t2 - 1.5 * t3, -0.5 * t2 + 0.5 * t3
    weights = torch.zeros(len(phase), CONTROLS)
    for offset, value in zip((-1, 0, 1, 2), (before, here, after, beyond), strict=True):
        weights.scatter_(1, (first[:, None] + offset) % CONTROLS, value)
    return weights


class Network(nn.Module):
    """Three layers, of standardized X to standardized Y."""

    def __init__(self) -> None:
        super().__init__()
        inputs, outputs = (max(block.stop for block in of.values()) for of in (X_BLOCKS, Y_BLOCKS))
        sizes = ((inputs, UNITS), (UNITS, UNITS), (UNITS, outputs))
        self.layers = nn.ModuleList(PhaseLayer(*size) for size in sizes)
        self.drop = nn.Dropout(DROPPED)

    def forward(self, x: torch.Tensor, phase: torch.Tensor) -> torch.Tensor:
        """Return Y of rows."""
        weights = spline_weights(phase)
        for layer in self.layers[:-1]:
            x = nn.functional.elu(layer(self.drop(x), weights))
        y: torch.Tensor = self.layers[-1](self.drop(x), weights)
        return y


class Walker:
    """A character whose next frame the network predicts, on a path in a circle, centimeters."""

    def __init__(self, x: np.ndarray, phase: float) -> None:
        self.x, self.phase = x.copy(), phase
        turn = given.speed / given.radius / 60
        self.turns = turn * np.arange(-HALF_FRAMES, HALF_FRAMES, STEP_FRAMES)
        self.place, self.heading = np.zeros(2), 0.0
        self.past = [(self.place, self.heading)] * (HALF_FRAMES + 1)
        radius = 100 * given.radius
        self.ahead = radius * np.stack([1 - np.cos(self.turns), np.sin(self.turns)])
        for name in ("stand", "walk", "jog_run", "crouch_crawl", "jump", "unknown"):
            self.x[X_BLOCKS[name]] = name == "walk"

    def look(self) -> np.ndarray:
        """Return X: the path that was walked, and the circle ahead."""
        places = np.array([place for place, _ in self.past])[::STEP_FRAMES][: SAMPLES // 2]
        path = self.ahead.copy()
        path[:, : SAMPLES // 2] = turned(places.T - self.place[:, None], -self.heading)
        before = np.array([heading for _, heading in self.past])[::STEP_FRAMES][: SAMPLES // 2]
        headings = np.concatenate([before - self.heading, self.turns[SAMPLES // 2 :]])
        for axis, values, ways in zip("xz", path, (np.sin, np.cos), strict=True):
            self.x[X_BLOCKS[f"path_{axis}"]] = values
            self.x[X_BLOCKS[f"direction_{axis}"]] = ways(headings)
        return self.x

    def follow(self, y: np.ndarray) -> np.ndarray:
        """Move by Y and return the joints before it, in the world, shaped (31, 3)."""
        joints = y[Y_BLOCKS["joint_places"]].reshape(-1, 3).copy()
        joints[:, ::2] = (turned(joints[:, ::2].T, self.heading) + self.place[:, None]).T
        self.place = self.place + turned(y[Y_BLOCKS["root_velocity"]], self.heading)
        self.heading -= float(y[Y_BLOCKS["root_turn"]][0])
        self.past = [*self.past[1:], (self.place, self.heading)]
        self.phase = (self.phase + max(0.0, float(y[Y_BLOCKS["phase_change"]][0]))) % 1.0
        for name in ("joint_places", "joint_velocities"):
            self.x[X_BLOCKS[name]] = y[Y_BLOCKS[name]]
        return joints


def turned(vectors: np.ndarray, heading: float) -> np.ndarray:
    """Turn x and z, shaped (2, ...), of a person who faces +z to a heading."""
    (x, z), sine, cosine = vectors, np.sin(heading), np.cos(heading)
    return np.stack([cosine * x + sine * z, cosine * z - sine * x])


torch.manual_seed(0)
database = np.load(given.rows / "database.npz")
statistics = {name: np.fromfile(given.rows / f"{name}.bin", np.float32)
              for name in ("Xmean", "Xstd", "Ymean", "Ystd")}  # fmt: skip
x = torch.from_numpy((database["Xun"] - statistics["Xmean"]) / statistics["Xstd"])
y = torch.from_numpy((database["Yun"] - statistics["Ymean"]) / statistics["Ystd"])
phase = torch.from_numpy(database["Pun"])
network = Network()
optimizer = torch.optim.AdamW(network.parameters(), lr=1e-3, weight_decay=1e-3)
schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 2e-3, total_steps=given.steps)
for step in range(given.steps):
    rows = torch.randint(len(x), (BATCH,))
    loss = (network(x[rows], phase[rows]) - y[rows]).square().mean()
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    schedule.step()
    if step % 500 == 0 or step == given.steps - 1:
        print(f"step {step}: {loss.item():.4f} of the variance is left")

network.eval()
walking = database["Xun"][:, X_BLOCKS["walk"]].min(axis=1) > 0.9
first = int(np.flatnonzero(walking)[0]) if walking.any() else 0
walker = Walker(database["Xun"][first], float(database["Pun"][first]))
joints = []
with torch.no_grad():
    for _ in range(round(60 * given.seconds)):
        seen = (walker.look() - statistics["Xmean"]) / statistics["Xstd"]
        made = network(torch.from_numpy(seen[None]), torch.tensor([walker.phase]))[0].numpy()
        joints.append(walker.follow(made * statistics["Ystd"] + statistics["Ymean"]))
walked = np.array(joints) / 100
np.save(given.out, pfnn_to_smpl_places(walked).astype(np.float32))
way = np.linalg.norm(np.diff(walked[:, 0, ::2], axis=0), axis=1).sum()
print(f"walked {way:.1f} m, and turned by {np.degrees(walker.heading):.0f} degrees")
