"""Clips for captioning: the frames that are read of them, their captions, and their field."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from motiondata.errors import InputError
from pipelines.training.common.clip_fields import (
    PaddedClips,
    batch_to_clips,
    captions_by_key,
    check_field,
    choose_field,
    expect_z_up,
)
from shards.errors import DatasetError, ShardError
from shards.format.array_spec import ArraySpec
from shards.format.dataset import Dataset
from shards.format.schema import Schema
from shards.stream.streamed_dataset import StreamedDataset
from tests.support.captioned_features import captions_of
from tests.support.dataset import make_dataset


def made_clips() -> PaddedClips:
    mask = torch.arange(5) < torch.tensor([5, 2, 3])[:, None]
    return PaddedClips(torch.arange(1.0, 31.0).view(3, 5, 2) * mask[..., None], mask)


@pytest.mark.parametrize("stride", [1, 2, 3, 7])
@pytest.mark.parametrize("phases", [None, [0, 0, 0], [1, 0, 2], [2, 1, 0]])
def test_every_nth_frame_is_that_of_slices(stride: int, phases: list[int] | None) -> None:
    clips = made_clips()
    found = clips.every(stride, None if phases is None else torch.tensor(phases))
    for clip, phase in enumerate(phases or [0, 0, 0]):
        frames = clips.values[clip][clips.mask[clip]][phase::stride]
        assert torch.equal(found.values[clip][found.mask[clip]], frames)


def test_random_phases_leave_every_clip_a_frame() -> None:
    clips = made_clips()
    phases = torch.stack([clips.random_phases(4) for _ in range(100)])
    assert [sorted(set(column)) for column in phases.T.tolist()] == [
        [0, 1, 2, 3],
        [0, 1],
        [0, 1, 2],
    ]
    assert all(clips.every(4, each).mask.any(1).all() for each in phases)


def numbered_clips(lengths: list[int]) -> PaddedClips:
    """Return clips of these lengths whose values are the numbers of their frames."""
    numbers = torch.arange(max(lengths)).expand(len(lengths), -1)
    return PaddedClips(numbers, numbers < torch.tensor(lengths)[:, None])


def sampled(clips: PaddedClips, stride: int, longest: int) -> list[list[int]]:
    """Return the frames of each clip: every n-th of a random window, from a random phase on."""
    windows = clips.random_windows(longest)
    found = windows.every(stride, windows.random_phases(stride))
    return [values[mask].tolist() for values, mask in zip(found.values, found.mask, strict=True)]


@settings(max_examples=60, deadline=None)
@given(
    lengths=st.lists(st.integers(1, 30), min_size=1, max_size=5),
    stride=st.integers(1, 6),
    longest=st.integers(1, 40),
    seed=st.integers(0, 999),
)
def test_sampled_frames_are_every_nth_of_a_window(
    lengths: list[int], stride: int, longest: int, seed: int
) -> None:
    torch.manual_seed(seed)
    clips = sampled(numbered_clips(lengths), stride, longest)
    for taken, length in zip(clips, lengths, strict=True):
        assert taken == list(range(taken[0], length, stride))[: len(taken)]
        window = min(length, longest)
        assert (window - 1) // stride <= len(taken) <= -(-window // stride)
        assert taken[-1] - taken[0] < window


def test_every_frame_is_sampled_some_time() -> None:
    torch.manual_seed(0)
    draws = [sampled(numbered_clips([10]), 3, 7) for _ in range(200)]
    assert {frame for ((*frames,),) in draws for frame in frames} == set(range(10))


def test_captions_are_found_by_key_in_the_manifests_order(captioned: Dataset) -> None:
    found = captions_by_key(StreamedDataset(captioned), "val")
    assert found == {f"val{clip:04d}": captions_of(clip) for clip in range(25)}


def test_captions_without_text_are_refused(tmp_path: Path) -> None:
    data = StreamedDataset(make_dataset(tmp_path))
    with pytest.raises(DatasetError, match=r"train0_0.json: expected captions with text"):
        captions_by_key(data, "train")


def test_a_dataset_of_neither_features_nor_points_is_refused(captioned: Dataset) -> None:
    schema = Schema({"joints.npy": ArraySpec("float32", ("frames", 3)), "json": "json"})
    other = replace(captioned, description=replace(captioned.description, schema=schema))
    with pytest.raises(InputError, match=r"expected a field features .* found joints, json"):
        choose_field(other)


@pytest.mark.parametrize(
    ("field", "shape", "expected"),
    [
        ("joints", ("frames", 22, 3), r"joints shaped \(frames, width\), found \(frames, 22, 3\)"),
        ("phases", ("frames",), r"phases shaped \(frames, width\), found \(frames\)"),
        ("trace", (7, 3), r"trace shaped \(frames, width\), found \(7, 3\)"),
        ("points", ("frames", 3), r"points shaped \(frames, points, 3\), found \(frames, 3\)"),
    ],
)
def test_a_field_of_another_shape_is_refused(
    captioned: Dataset, field: str, shape: tuple[int | str, ...], expected: str
) -> None:
    arrays = {"features.npy": ("frames", 32), f"{field}.npy": shape}
    schema = Schema({suffix: ArraySpec("float32", axes) for suffix, axes in arrays.items()})
    other = replace(captioned, description=replace(captioned.description, schema=schema))
    assert choose_field(other) == "features"
    with pytest.raises(InputError, match=expected):
        choose_field(other, field)


def with_joints(dataset: Dataset, joints: int, product: str, **parameters: str) -> Dataset:
    """Return a dataset of a product that says that it has joints."""
    schema = Schema({"joints.npy": ArraySpec("float32", ("frames", joints, 3))})
    provenance = {**dataset.description.provenance, "product": product}
    return replace(
        dataset,
        description=replace(
            dataset.description, schema=schema, provenance=provenance, parameters=parameters
        ),
    )


def test_an_encoder_of_joints_reads_22_or_more_joints_that_are_z_up(captioned: Dataset) -> None:
    check_field(with_joints(captioned, 24, "lidar"), "joints", ["joints"])
    with pytest.raises(
        InputError, match=r"shaped \(frames, 22 or more, 3\), found \(frames, 21, 3\)"
    ):
        check_field(with_joints(captioned, 21, "lidar"), "joints", ["joints"])
    expect_z_up(with_joints(captioned, 22, "lidar"), "joints")
    expect_z_up(with_joints(captioned, 22, "joints", joint_frame="world"), "joints")
    for product in ("joints", "humanml3d-263"):
        with pytest.raises(InputError, match="expected joints, z up, found them y up"):
            expect_z_up(with_joints(captioned, 22, product), "joints")


def test_a_field_that_is_not_there_is_refused(captioned: Dataset) -> None:
    with pytest.raises(
        ShardError, match="there is no floating-point field 'json'; choose one of features"
    ):
        choose_field(captioned, "json")
    with pytest.raises(
        InputError,
        match=rf"{captioned.path}: expected a field points, which motiondata build-lidar makes",
    ):
        choose_field(captioned, "points")


def test_clips_are_of_the_precision_of_weights() -> None:
    batch = {"features": torch.ones(2, 3, 4, dtype=torch.float64), "mask": torch.ones(2, 3) > 0}
    assert batch_to_clips(batch, "features").values.dtype == torch.float32
