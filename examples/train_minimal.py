"""Train a small network to find a body's joints in LiDAR points, on the shards of the demo.

Run `motiondata demo`, then `python examples/train_minimal.py demo/lidar`. If it is stopped, the
same command resumes at the next batch after the last that was saved.
"""

import argparse
from pathlib import Path

import torch
from torch import nn

from shards import open_dataset
from shards.stream.loader import Loader

EPOCHS, JOINTS, POINTS = 5, 22, 96
SAVED, PART = Path("train_minimal.pt"), Path("train_minimal.part")

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("dataset", type=Path, help="folder of a dataset with splits train and val")
data = open_dataset(parser.parse_args().dataset)
scale = data.standardizer("points")
training = Loader(data.clips("train", ["points", "joints"], batch=4, shuffle=True, seed=0))
evaluation = Loader(data.clips("val", ["points", "joints"], batch=4))

of_point = nn.Sequential(nn.Linear(3, 64), nn.ReLU(), nn.Linear(64, 128), nn.ReLU())
of_frame = nn.Sequential(nn.Linear(128, 128), nn.ReLU(), nn.Linear(128, 3 * JOINTS))
model = nn.ModuleList([of_point, of_frame])
optimizer = torch.optim.Adam(model.parameters(), lr=2e-3)


def mean_error(batch: dict[str, torch.Tensor]) -> torch.Tensor:
    """Return how far found joints lie from true ones, in meters, over the frames of a batch."""
    points, joints = batch["points"][batch["mask"]][:, :POINTS], batch["joints"][batch["mask"]]
    found = of_frame(of_point(scale.standardize(points)).amax(1)).unflatten(1, (JOINTS, 3))
    return (scale.restore(found) - joints).norm(dim=-1).mean()


if SAVED.exists():
    saved = torch.load(SAVED, weights_only=True)
    model.load_state_dict(saved["model"])
    optimizer.load_state_dict(saved["optimizer"])
    training.load_state_dict(saved["training"])

while training.state_dict()["epoch"] < EPOCHS:
    for batch in training:
        optimizer.zero_grad()
        mean_error(batch).backward()
        optimizer.step()
        states = {"model": model, "optimizer": optimizer, "training": training}
        torch.save({name: each.state_dict() for name, each in states.items()}, PART)
        PART.replace(SAVED)
    with torch.no_grad():
        error = torch.stack([mean_error(batch) for batch in evaluation]).mean()
    print(f"epoch {training.state_dict()['epoch']}: joints within {error:.3f} m on average")
