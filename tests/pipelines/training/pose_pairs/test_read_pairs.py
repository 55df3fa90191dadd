"""What trainings read of pose pairs: that it is what the dataset has."""

import numpy as np
import pytest
import torch

from motiondata.errors import InputError
from motiondata.rotations import rotvec_to_rotmat
from pipelines.training.pose_pairs.pair_features import pair_statistics
from pipelines.training.pose_pairs.read_pairs import (
    FIELD,
    A,
    B,
    batch_to_rotations,
    differences,
    expect_pose_pairs,
    is_pose_pairs,
    mean_and_std,
    read_pose_pairs,
)
from pipelines.training.pose_pairs.six_numbers import SIX, rotmat_to_six, six_to_rotmat
from shards import open_dataset
from shards.errors import ShardError
from shards.format.dataset import Dataset
from shards.stream.streamed_dataset import StreamedDataset
from tests.support.pose_pairs import make_pose_pairs


@pytest.fixture(scope="module", name="data")
def build_once(tmp_path_factory: pytest.TempPathFactory) -> StreamedDataset:
    return open_dataset(make_pose_pairs(tmp_path_factory.mktemp("read")).path)


def random_rotations(*shape: int) -> torch.Tensor:
    vectors = np.random.default_rng(0).normal(0, 1, (*shape, 3))
    return torch.from_numpy(rotvec_to_rotmat(vectors)).float()


def test_pairs_are_those_of_the_manifest_in_its_order(data: StreamedDataset) -> None:
    pairs = read_pose_pairs(data, "train")
    rows = data.manifest[data.manifest["split"] == "train"]
    assert pairs.keys == tuple(rows["key"])
    assert pairs.texts == tuple(map(tuple, rows["captions"]))
    for number in (0, len(pairs) - 1):
        stored = np.asarray(data[pairs.keys[number]][FIELD], np.float64)
        assert pairs.rotations[number].numpy() == pytest.approx(rotvec_to_rotmat(stored), abs=1e-6)


def test_a_limit_keeps_the_first_pairs(data: StreamedDataset) -> None:
    few, all_pairs = read_pose_pairs(data, "train", limit=5), read_pose_pairs(data, "train")
    assert few.keys == all_pairs.keys[:5]
    assert torch.equal(few.rotations, all_pairs.rotations[:5])


def test_a_shuffled_batch_has_the_same_rotations(data: StreamedDataset) -> None:
    pairs = read_pose_pairs(data, "train")
    batch = next(iter(data.clips("train", [FIELD], 8, shuffle=True, captions=True)))
    numbers = [pairs.keys.index(key) for key in batch["keys"]]
    assert torch.equal(batch_to_rotations(batch), pairs.rotations[numbers])
    assert all(text in pairs.texts[at] for at, text in zip(numbers, batch["captions"], strict=True))


def test_pose_b_is_pose_a_times_the_difference(data: StreamedDataset) -> None:
    rotations = read_pose_pairs(data, "test").rotations
    found = rotations[:, A] @ differences(rotations)
    assert torch.allclose(found, rotations[:, B], atol=1e-5)


class ElsewhereTensor(torch.Tensor):
    """A tensor as one of a GPU is: NumPy cannot read it before it is on the CPU."""

    def __array__(self, *_: object, **__: object) -> np.ndarray:
        raise TypeError("can't convert cuda:0 device type tensor to numpy")

    def cpu(self, *_: object, **__: object) -> torch.Tensor:
        return self.as_subclass(torch.Tensor)


def test_a_batch_on_a_gpu_has_the_same_rotations() -> None:
    poses = torch.randn(3, 2, 22, 3, generator=torch.Generator().manual_seed(0))
    elsewhere = poses.as_subclass(ElsewhereTensor)
    with pytest.raises(TypeError, match="cuda:0"):
        np.asarray(elsewhere)
    assert batch_to_rotations({FIELD: elsewhere}).equal(batch_to_rotations({FIELD: poses}))


def test_differences_are_those_of_float32_whatever_the_precision_of_layers() -> None:
    rotations = random_rotations(4, 2, 22)
    with torch.autocast("cpu", torch.bfloat16):
        found = differences(rotations)
    assert found.equal(differences(rotations))


def test_six_numbers_are_the_rotation() -> None:
    rotations = random_rotations(50, 22)
    assert torch.allclose(six_to_rotmat(rotmat_to_six(rotations)), rotations, atol=1e-5)


def test_any_six_numbers_are_made_a_rotation() -> None:
    six = torch.randn(50, 6, generator=torch.Generator().manual_seed(0)).double()
    rotations = six_to_rotmat(six)
    unit = torch.eye(3, dtype=torch.double).expand(50, 3, 3)
    assert torch.allclose(rotations @ rotations.mT, unit, atol=1e-9)
    assert torch.allclose(torch.linalg.det(rotations), torch.ones(50, dtype=torch.double))


def test_statistics_are_those_of_both_poses_of_training_pairs(data: StreamedDataset) -> None:
    six = rotmat_to_six(read_pose_pairs(data, "train").rotations).transpose(1, 2)
    mean, std = (each[:, : 2 * SIX].view(22, 2, SIX) for each in pair_statistics(data))
    assert mean.numpy() == pytest.approx(six.double().mean(0).numpy(), abs=1e-5)
    expected = np.maximum(six.double().std(0, correction=0).numpy(), 0.02)
    assert std.numpy() == pytest.approx(expected, abs=1e-4)


def test_a_value_that_never_changes_has_a_small_deviation() -> None:
    mean, std = mean_and_std(torch.full((4, 2), 3.0))
    assert mean.tolist() == [3.0, 3.0]
    assert std.tolist() == pytest.approx([0.02, 0.02])


def test_another_dataset_is_refused(captioned: Dataset, data: StreamedDataset) -> None:
    assert is_pose_pairs(data.dataset)
    assert not is_pose_pairs(captioned)
    with pytest.raises(InputError, match=r"expected pose pairs, which motiondata build-pose-pairs"):
        expect_pose_pairs(captioned)


def test_an_unknown_split_is_refused(data: StreamedDataset) -> None:
    with pytest.raises(ShardError, match="other"):
        read_pose_pairs(data, "other")
