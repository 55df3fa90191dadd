"""Encoders in checkpoints: the same features again, of every frame; no code without its name."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from motiondata.errors import InputError
from pipelines.training.common.checkpoints import write_checkpoint
from pipelines.training.encoders.load_encoder import (
    EveryPhase,
    describe_encoder,
    load_encoder,
    restore_encoder,
)
from pipelines.training.encoders.options import BUILT_IN, ST_GCN
from pipelines.training.encoders.point_encoder import PointEncoder
from pipelines.training.encoders.skeleton_encoder import SkeletonEncoder
from tests.pipelines.training.encoders.test_point_encoder import (
    TINY,
    encode,
    equal,
    make_encoder,
    make_points,
)

OTHERS = "tests.pipelines.training.encoders.test_load_encoder:MeanEncoder"


class MeanEncoder(nn.Module):
    """An encoder of a user's own: a linear map of each frame's centroid."""

    width = 5
    mean: Tensor
    std: Tensor

    def __init__(self, mean: Tensor, std: Tensor) -> None:
        super().__init__()
        self.register_buffer("mean", mean)
        self.register_buffer("std", std)
        self.of_centroid = nn.Linear(3, 5)

    def forward(self, points: Tensor, mask: Tensor) -> Tensor:
        features: Tensor = self.of_centroid((points.mean(2) - self.mean) / self.std)
        return features * mask[..., None]


def no_encoder(mean: Tensor, std: Tensor) -> nn.Module:
    return nn.Linear(3, 5)


def save(path: Path, encoder: nn.Module, name: str = BUILT_IN, stride: int = 1) -> Path:
    """Write a checkpoint as `motiondata align` does, with a weight that is not the encoder's."""
    weights = {f"encoder.{key}": value for key, value in encoder.state_dict().items()}
    contents = describe_encoder(name, TINY, stride)
    state = {"contents": contents, "weights": {**weights, "of_text.bias": torch.ones(3)}}
    write_checkpoint(path, "encoder", state)
    return path


def test_a_loaded_encoder_has_the_features_of_the_saved_one(tmp_path: Path) -> None:
    encoder, points = make_encoder(), make_points(1, 7, 6)
    loaded = load_encoder(save(tmp_path / "encoder.pt", encoder))
    features = loaded.encode(points[0].numpy())
    assert features.dtype == np.float32
    assert features.shape == (7, loaded.width)
    assert equal(torch.from_numpy(features), encode(encoder, points)[0])


def test_a_centered_encoder_is_centered_when_it_is_loaded(tmp_path: Path) -> None:
    options = replace(TINY, centered=True)
    encoder, points = make_encoder(options), make_points(1, 7, 6)
    weights = encoder.state_dict()
    loaded = restore_encoder(describe_encoder(BUILT_IN, options, 1), weights, "here")
    features = torch.from_numpy(loaded.encode(points[0].numpy()))
    assert equal(features, encode(encoder, points)[0])
    usual = restore_encoder(describe_encoder(BUILT_IN, TINY, 1), weights, "here")
    assert usual.id != loaded.id
    assert not equal(torch.from_numpy(usual.encode(points[0].numpy())), features)


def test_the_description_of_an_encoder_has_no_newer_option_that_is_not_used() -> None:
    """The ids of features hash it, so another name would make the features of before foreign."""
    assert [*describe_encoder(BUILT_IN, TINY, 4)["sizes"]] == [
        *("points", "point_width", "width", "layers", "convolutions", "velocities"),
        *("heads", "dropout"),
    ]


def test_encoding_again_gives_the_same_bits_with_any_number_of_threads(tmp_path: Path) -> None:
    loaded = load_encoder(save(tmp_path / "encoder.pt", make_encoder()))
    points, before = make_points(1, 50, 6)[0].numpy(), torch.get_num_threads()
    once = loaded.encode(points)
    try:
        torch.set_num_threads(2)
        assert loaded.encode(points).tobytes() == once.tobytes()
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


@pytest.mark.parametrize("stride", [1, 2, 3, 8])
def test_every_frame_is_encoded_among_every_nth_frame(stride: int) -> None:
    encoder, points = make_encoder(), make_points(2, 7, 6)
    features = encode(EveryPhase(encoder, stride), points)
    for phase in range(min(stride, 7)):
        assert equal(features[:, phase::stride], encode(encoder, points[:, phase::stride]))


def test_the_id_is_that_of_the_values_and_not_of_the_file(tmp_path: Path) -> None:
    encoder = make_encoder()
    ids = [load_encoder(save(tmp_path / name, encoder)).id for name in ("a.pt", "bb.pt")]
    strided = load_encoder(save(tmp_path / "c.pt", encoder, stride=2)).id
    encoder.mean[0] += 1e-6
    moved = load_encoder(save(tmp_path / "d.pt", encoder)).id
    assert len(set(ids)) == 1
    assert len({*ids, strided, moved}) == 3


def test_anothers_encoder_runs_only_when_it_is_named(tmp_path: Path) -> None:
    encoder = MeanEncoder(torch.ones(3), torch.ones(3))
    path = save(tmp_path / "encoder.pt", encoder, OTHERS)
    with pytest.raises(InputError, match=f"runs that code only with --encoder {OTHERS}"):
        load_encoder(path)
    points = make_points(1, 4, 6)
    loaded = load_encoder(path, OTHERS)
    assert loaded.width == 5
    assert np.allclose(loaded.encode(points[0].numpy()), encode(encoder, points)[0], atol=1e-6)


def test_the_encoder_of_joints_is_loaded_without_its_name(tmp_path: Path) -> None:
    torch.manual_seed(0)
    encoder = SkeletonEncoder(TINY, torch.zeros(3), torch.ones(3)).eval()
    joints = make_points(1, 5, 22)
    loaded = load_encoder(save(tmp_path / "encoder.pt", encoder, ST_GCN))
    assert (loaded.field, loaded.reads) == ("joints", "joints.npy")
    assert np.allclose(loaded.encode(joints[0].numpy()), encode(encoder, joints)[0], atol=1e-5)
    assert load_encoder(tmp_path / "encoder.pt", ST_GCN).id == loaded.id
    with pytest.raises(InputError, match="omit --encoder"):
        load_encoder(tmp_path / "encoder.pt", OTHERS)


def test_our_encoder_is_not_run_as_anothers(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="omit --encoder"):
        load_encoder(save(tmp_path / "encoder.pt", make_encoder()), OTHERS)


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("tests.no_such_module:make", "expected module:factory"),
        (f"{OTHERS}s", "expected module:factory"),
        ("words", "expected module:factory"),
        (OTHERS.replace("MeanEncoder", "no_encoder"), "expected an nn.Module with a width"),
    ],
)
def test_what_makes_no_encoder_is_refused(tmp_path: Path, name: str, says: str) -> None:
    path = save(tmp_path / "encoder.pt", make_encoder(), OTHERS)
    with pytest.raises(InputError, match=says):
        load_encoder(path, name)


def test_what_cannot_be_called_is_no_encoder(tmp_path: Path) -> None:
    path = save(tmp_path / "encoder.pt", make_encoder(), OTHERS)
    with pytest.raises(
        InputError, match="--encoder math:pi: expected a function that makes an encoder"
    ):
        load_encoder(path, "math:pi")


def test_weights_of_another_shape_are_refused() -> None:
    weights = make_encoder().state_dict()
    weights.popitem()
    with pytest.raises(InputError, match="here: does not fit the encoder"):
        restore_encoder(describe_encoder(BUILT_IN, TINY, 1), weights, "here")


def test_a_captioners_checkpoint_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "captioner.pt"
    write_checkpoint(path, "captioner", {})
    with pytest.raises(InputError, match="expected a checkpoint of an encoder"):
        load_encoder(path)


@pytest.mark.parametrize("shape", [(4, 6), (4, 6, 2), (0, 6, 3), (4, 0, 3)])
def test_points_of_another_shape_are_refused(tmp_path: Path, shape: tuple[int, ...]) -> None:
    loaded = load_encoder(save(tmp_path / "encoder.pt", make_encoder()))
    with pytest.raises(InputError, match="expected points shaped"):
        loaded.encode(np.ones(shape, np.float32))


def test_the_module_is_ready_to_be_trained_with_a_captioner(tmp_path: Path) -> None:
    encoder = make_encoder()
    loaded = load_encoder(save(tmp_path / "encoder.pt", encoder, stride=2))
    module = loaded.module.requires_grad_(True).train()
    module(make_points(1, 5, 6), torch.ones(1, 5, dtype=torch.bool)).sum().backward()
    assert isinstance(module.encoder, PointEncoder)
    assert all(each.grad is not None for each in module.parameters())
