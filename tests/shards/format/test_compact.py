"""Points in half of their bytes: bounded errors, exact repetition, one value for all readers."""

import io
import tarfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from shards import open_dataset
from shards.errors import SampleError, ShardError
from shards.format.array_spec import ArraySpec
from shards.format.compact import STEP, pack, unpack
from shards.format.members import decode_member, encode_member
from shards.format.schema import Schema
from shards.format.stored_types import FLOAT16, INT16, STORED
from shards.format.writing import encode_sample
from shards.verify import verify
from tests.support.clip_dataset import make_clips

shapes = st.tuples(st.integers(1, 3), st.integers(1, 6), st.just(3))


def clouds(most: float) -> st.SearchStrategy[NDArray[np.float32]]:
    numbers = st.floats(-most, most, width=32)
    return shapes.flatmap(lambda shape: arrays(np.float32, shape, elements=numbers))


def steps_of(points: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return the step of each frame, as documented: the least power of two that reaches it all."""
    steps = []
    for frame in points.astype(np.float64):
        step, extent = STEP, (frame.max(0) - frame.min(0)).max()
        while extent / 2 / step > 32766 or np.abs(frame).max() / step > 2**23:
            step *= 2
        steps.append(step)
    return np.array(steps)[:, None, None]


@settings(deadline=None)
@given(clouds(8e6))
def test_int16_is_at_most_half_a_step_away(points: NDArray[np.float32]) -> None:
    error = np.abs(unpack(pack(points, INT16), INT16) - points.astype(np.float64))
    assert (error <= steps_of(points) / 2).all()


@settings(deadline=None)
@given(clouds(4.0), arrays(np.float32, 3, elements=st.floats(-500, 500, width=32)))
def test_people_anywhere_have_errors_of_an_eighth_of_a_millimeter(
    person: NDArray[np.float32], place: NDArray[np.float32]
) -> None:
    points = person + place
    error = np.abs(unpack(pack(points, INT16), INT16) - points.astype(np.float64))
    assert error.max() <= 0.000125


@settings(deadline=None)
@given(clouds(65_000.0))
def test_float16_keeps_eleven_binary_digits(points: NDArray[np.float32]) -> None:
    error = np.abs(unpack(pack(points, FLOAT16), FLOAT16) - points)
    assert (error <= np.maximum(np.abs(points) * 2.0**-11, 2.0**-25)).all()


@settings(deadline=None)
@given(clouds(100.0), st.sampled_from(STORED))
def test_equal_points_stay_equal_and_stored_values_are_stored_exactly(
    points: NDArray[np.float32], stored: str
) -> None:
    twice = np.concatenate([points, points], axis=1)
    once = unpack(pack(twice, stored), stored)
    first, second = np.split(once, 2, axis=1)
    np.testing.assert_array_equal(first, second)
    np.testing.assert_array_equal(unpack(pack(once, stored), stored), once)


def test_a_frame_without_hits_stays_at_the_origin() -> None:
    empty = np.zeros((2, 4, 3), np.float32)
    for stored in STORED:
        np.testing.assert_array_equal(unpack(pack(empty, stored), stored), empty)


def test_the_documented_formula_reads_the_stored_array() -> None:
    points = np.random.default_rng(0).normal(0, 3, (5, 7, 3)).astype(np.float32)
    rows = decode_member("points.npy", encode_member("points.npy", pack(points, INT16)))
    grid = rows[:, :3].reshape(len(rows), 9)[:, :8].copy().view("<f4")
    found = grid[:, None, :3] + grid[:, None, 3:] * rows[:, 3:]
    np.testing.assert_array_equal(found, unpack(pack(points, INT16), INT16))


@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")  # of webdataset's
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("stored", STORED)
def test_all_readers_of_a_dataset_return_the_same_float32_values(
    tmp_path: Path, stored: str
) -> None:
    plain = open_dataset(make_clips(tmp_path / "plain", {"train": [[5, 9], [7]]}, 6).path)
    data = open_dataset(make_clips(tmp_path / stored, {"train": [[5, 9], [7]]}, 6, stored).path)
    assert [*verify(data.dataset.path)] == []
    for key in plain:  # whole numbers up to 9, which both types hold exactly
        np.testing.assert_array_equal(data[key]["points"], plain[key]["points"])
        np.testing.assert_array_equal(data[key]["points"][1:4, 2], plain[key]["points"][1:4, 2])
        assert data[key]["points"].dtype == np.float32
    views = [each.clips("train", ["points", "hits"], 2, shuffle=True) for each in (data, plain)]
    for ours, theirs in zip(*views, strict=True):
        np.testing.assert_array_equal(ours["points"], theirs["points"])
    for ours, theirs in zip(*([*each.webdataset()] for each in (data, plain)), strict=True):
        np.testing.assert_array_equal(ours["points.npy"], theirs["points.npy"])
    with tarfile.open(next((tmp_path / stored / "train").glob("*.tar"))) as shard:
        member = next(each for each in shard if each.name.endswith(".points.npy"))
        file = shard.extractfile(member)
        assert file is not None
        assert np.load(io.BytesIO(file.read())).dtype == stored


@pytest.mark.parametrize(
    ("stored", "value"),
    [*((stored, value) for stored in STORED for value in (np.nan, np.inf)), (FLOAT16, 70_000.0)],
)
def test_values_that_cannot_be_stored_are_refused(stored: str, value: float) -> None:
    spec = ArraySpec("float32", ("frames", 2, 3), stored=stored)
    points = np.full((1, 2, 3), value, np.float32)
    with pytest.raises(SampleError, match="NaN or infinite"):
        encode_sample(Schema({"points.npy": spec}), "a", {"points.npy": points})


def test_only_points_can_be_stored_in_fewer_bytes() -> None:
    with pytest.raises(ShardError, match="expected float32"):
        ArraySpec("float32", ("frames", 22), stored=INT16)
