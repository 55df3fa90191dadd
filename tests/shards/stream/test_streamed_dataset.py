"""Batches hold the frames of the clips that they name: padded, cut and chosen as requested."""

import os
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shards import open_dataset
from shards.errors import DatasetError, ShardError
from shards.format.dataset import Dataset
from shards.stats.measure import measure_field
from shards.stats.statistics_files import StatisticsKey
from shards.stream.open_files import ShardFiles
from shards.stream.streamed_dataset import StreamedDataset
from tests.support.clip_dataset import clip_captions, clip_values, make_clips
from tests.support.dataset import make_dataset, write_statistics

POINTS = 2


def frames_of(streamed: StreamedDataset, key: str) -> int:
    return streamed.dataset.row(key).frames


def made(streamed: StreamedDataset, key: str, field: str) -> Any:
    return clip_values(int(key[1:]), frames_of(streamed, key), POINTS)[f"{field}.npy"]


def with_limits(path: Path, **limits: int) -> StreamedDataset:
    """Open a dataset whose files have other limits than the default."""
    dataset = Dataset.open(path)
    return StreamedDataset(dataset, files=ShardFiles(dataset, **limits))


def assert_padded(streamed: StreamedDataset, batch: dict[str, Any], field: str) -> None:
    """Compare each item of a batch with its clip as it was made."""
    length = batch["mask"].shape[1]
    for at, key in enumerate(batch["keys"]):
        start, count = int(batch["starts"][at]), int(batch["lengths"][at])
        np.testing.assert_array_equal(
            batch[field][at, :count], made(streamed, key, field)[start : start + count]
        )
        assert not batch[field][at, count:].any()
        assert batch["mask"][at].tolist() == [frame < count for frame in range(length)]


@pytest.mark.parametrize("shuffle", [False, True])
def test_clips_are_padded_to_the_longest_with_lengths_and_mask(
    streamed: StreamedDataset, shuffle: bool
) -> None:
    for batch in streamed.clips("train", ["points", "hits"], 4, shuffle):
        assert batch["lengths"].tolist() == [frames_of(streamed, key) for key in batch["keys"]]
        assert batch["points"].shape == (*batch["mask"].shape, POINTS, 3)
        assert batch["lengths"].max() == batch["mask"].shape[1]
        assert batch["points"].dtype == np.float32
        for field in ("points", "hits"):
            assert_padded(streamed, batch, field)


@pytest.mark.parametrize("shuffle", [False, True])
def test_frames_are_those_that_they_are_said_to_be(
    streamed: StreamedDataset, shuffle: bool
) -> None:
    for batch in streamed.frames("val", "points", 7, shuffle):
        assert batch["points"].shape == (len(batch["keys"]), POINTS, 3)
        for key, frame, points in zip(
            *(batch[n] for n in ("keys", "frames", "points")), strict=True
        ):
            np.testing.assert_array_equal(points, made(streamed, key, "points")[frame])


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize("length", [1, 4, 11, 50])
def test_windows_have_one_length_and_zeros_after_short_clips(
    streamed: StreamedDataset, length: int, shuffle: bool
) -> None:
    for batch in streamed.windows("train", "points", length, 5, shuffle):
        assert batch["points"].shape == (len(batch["keys"]), length, POINTS, 3)
        assert_padded(streamed, batch, "points")


def test_a_window_as_long_as_the_longest_clip_holds_whole_clips(streamed: StreamedDataset) -> None:
    for batch in streamed.windows("val", "hits", 11, 4):
        assert batch["lengths"].tolist() == [frames_of(streamed, key) for key in batch["keys"]]
        assert not batch["starts"].any()


def test_random_windows_lie_anywhere_in_their_clip(streamed: StreamedDataset) -> None:
    view = streamed.windows("train", "hits", 3, 1000, shuffle=True, min_frames=6, max_frames=6)
    starts: dict[str, Counter[int]] = {}
    for _ in range(400):
        for batch in view:
            for key, start in zip(batch["keys"], batch["starts"].tolist(), strict=True):
                starts.setdefault(key, Counter())[start] += 1
    for counts in starts.values():
        assert set(counts) == {0, 1, 2, 3}
        assert min(counts.values()) > 60


def test_sampling_by_frame_has_more_windows_of_longer_clips(streamed: StreamedDataset) -> None:
    by_frame = streamed.windows("train", "hits", 3, 1000, shuffle=True, sampling="frame")
    (batch,) = by_frame
    counts: Counter[str] = Counter(batch["keys"])
    assert counts == {key: -(-frames_of(streamed, key) // 3) for key in counts}
    assert len(counts) == 23


def test_sampling_by_clip_has_one_frame_of_each(streamed: StreamedDataset) -> None:
    view = streamed.frames("train", "hits", 1000, shuffle=True, sampling="clip")
    (first,), (second,) = view, view
    assert sorted(first["keys"]) == sorted(second["keys"]) == sorted(set(first["keys"]))
    assert dict(zip(first["keys"], first["frames"].tolist(), strict=True)) != dict(
        zip(second["keys"], second["frames"].tolist(), strict=True)
    )


def test_in_evaluation_every_caption_comes_with_its_part_of_the_clip(
    streamed: StreamedDataset,
) -> None:
    seen = []
    for batch in streamed.clips("train", ["hits"], 4, captions=True):
        assert_padded(streamed, batch, "hits")
        for key, text, start in zip(
            *(batch[name] for name in ("keys", "captions", "starts")), strict=True
        ):
            assert start == (frames_of(streamed, key) // 2 if text.endswith("half") else 0)
            seen.append(text)
    expected = [caption["text"] for number in range(23) for caption in clip_captions(number, 9)]
    assert seen == expected


def test_in_training_every_captioned_clip_comes_with_any_of_its_captions(
    streamed: StreamedDataset,
) -> None:
    view = streamed.clips("train", ["hits"], 1000, shuffle=True, captions=True)
    chosen: dict[str, Counter[str]] = {}
    for _ in range(200):
        (batch,) = view
        assert len(set(batch["keys"])) == len(batch["keys"]) == 18
        for key, text in zip(batch["keys"], batch["captions"], strict=True):
            chosen.setdefault(key, Counter())[text] += 1
    for key, counts in chosen.items():
        captions = clip_captions(int(key[1:]), 9)
        assert set(counts) == {caption["text"] for caption in captions}
        assert min(counts.values()) > 200 / len(captions) / 3


def test_captions_of_parts_too_short_are_left_out(streamed: StreamedDataset) -> None:
    view = streamed.clips("train", ["hits"], 5, captions=True, min_frames=4, max_frames=7)
    lengths = np.concatenate([batch["lengths"] for batch in view])
    assert lengths.min() >= 4
    assert lengths.max() <= 7


def test_texts_and_objects_come_as_lists(streamed: StreamedDataset) -> None:
    batch = next(iter(streamed.clips("val", ["txt", "json", "hits"], 3)))
    for key, text, details in zip(*(batch[name] for name in ("keys", "txt", "json")), strict=True):
        values = clip_values(int(key[1:]), frames_of(streamed, key), POINTS)
        assert (text, details) == (values["txt"], values["json"])


def test_clips_are_filtered_by_length_key_and_number(streamed: StreamedDataset) -> None:
    def keys(**options: Any) -> list[str]:
        batches = streamed.clips("train", ["hits"], 4, **options)
        return [key for batch in batches for key in batch["keys"]]

    every = keys()
    assert keys(min_frames=3, max_frames=6) == [
        key for key in every if 3 <= frames_of(streamed, key) <= 6
    ]
    assert keys(keys=["c7", "c2"]) == ["c2", "c7"]
    assert keys(limit=5) == every[:5]
    assert len(keys(min_frames=3, limit=2)) == 2


WRONG: dict[str, tuple[dict[str, Any], str]] = {
    "another split": ({"split": "dev"}, "no split 'dev'; choose one of train, val"),
    "no clip so long": ({"min_frames": 99}, "no clip matches"),
    "fewer than none": ({"min_frames": 0}, "the min_frames is 0"),
    "a range upside down": (
        {"min_frames": 5, "max_frames": 4},
        "the max_frames is 4; expected",
    ),
    "no clips at all": ({"limit": 0}, "the limit is 0"),
    "an unknown key": ({"keys": ["c0", "x"]}, "no sample 'x' in the split 'train'"),
    "a mistyped key": ({"keys": ["c_1"]}, "in the split 'train'; did you mean 'c1'"),
    "a key of another split": (
        {"keys": ["c23"]},
        "no sample 'c23' in the split 'train'; it is in the split 'val'$",
    ),
    "an unknown field": ({"fields": ["faces"]}, "there is no field 'faces'; choose one of points"),
    "no fields": ({"fields": []}, "a list of names"),
    "one name": ({"fields": "points"}, "a list of names"),
}


@pytest.mark.parametrize(("options", "message"), WRONG.values(), ids=WRONG)
def test_wrong_requests_say_what_there_is(
    streamed: StreamedDataset, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(ShardError, match=message):
        streamed.clips(**{"split": "train", "fields": ["hits"], "batch": 2, **options})


def test_an_unknown_option_is_an_error(streamed: StreamedDataset) -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'least_frames'"):
        streamed.frames("train", "hits", 2, least_frames=3)  # type: ignore[call-arg]


def test_frames_are_of_arrays_only(streamed: StreamedDataset) -> None:
    with pytest.raises(ShardError, match="not an array with one row of fixed shape"):
        streamed.frames("train", "json", 2)
    with pytest.raises(ShardError, match="the length of a window is 0"):
        streamed.windows("train", "hits", 0, 2)
    with pytest.raises(ShardError, match="the sampling is 'points'"):
        streamed.frames("train", "hits", 2, sampling="points")  # type: ignore[arg-type]


def test_captions_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    data = open_dataset(make_dataset(tmp_path).path)
    with pytest.raises(DatasetError, match=r"train0_0\.json: expected captions with text and sec"):
        data.clips("train", ["points"], 2, captions=True)


def test_a_dataset_has_the_captions_that_the_given_reader_finds(streamed: StreamedDataset) -> None:
    def read_runs(details: Any, frames: int) -> list[tuple[range, str]]:
        return [(range(1, frames), f"{details['fps_out']} fps")] if frames > 1 else []

    view = StreamedDataset(streamed.dataset, read_runs).clips("val", ["hits"], 100, captions=True)
    (batch,) = view
    assert set(batch["captions"]) == {"20.0 fps"}
    assert set(batch["starts"].tolist()) == {1}


def test_captions_need_a_reader(streamed: StreamedDataset) -> None:
    with pytest.raises(ShardError, match=r"open it with shards\.open_dataset"):
        StreamedDataset(streamed.dataset).clips("train", ["hits"], 2, captions=True)


def test_an_unfinished_dataset_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="not a finished dataset"):
        open_dataset(tmp_path)


def damaged(tmp_path: Path) -> tuple[StreamedDataset, Path]:
    return StreamedDataset(make_clips(tmp_path / "data", {"train": [[3, 4]]})), (
        tmp_path / "data/train/000000.tar"
    )


def open_count() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_a_shard_of_another_size_is_refused(tmp_path: Path) -> None:
    data, path = damaged(tmp_path)
    path.write_bytes(path.read_bytes()[:-512])
    before = open_count()
    for _ in range(3):
        with pytest.raises(DatasetError, match=r"train/000000\.tar: has"):
            list(data.frames("train", "points", 2))
    assert open_count() == before


def test_members_that_are_elsewhere_are_refused(tmp_path: Path) -> None:
    data, path = damaged(tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[512:] + content[:512])
    with pytest.raises(DatasetError, match=r"headers of c0\.points\.npy are not at byte 0"):
        list(data.frames("train", "points", 2))


def test_a_shard_that_is_cut_while_it_is_read_is_an_error(tmp_path: Path) -> None:
    data, path = damaged(tmp_path)
    batches = iter(data.frames("train", "points", 1))
    next(batches)
    os.truncate(path, 1024)
    with pytest.raises(DatasetError, match="truncated while it was read"):
        list(batches)


def same_sized(tmp_path: Path) -> tuple[Path, Path]:
    """Make two datasets whose files have the same names and sizes, and other frames."""
    return (
        make_clips(tmp_path / "data", {"train": [[9], [9], [9]]}).path,
        make_clips(tmp_path / "other", {"val": [[9]], "train": [[9], [9], [9]]}).path,
    )


@pytest.mark.parametrize("workers", [None, 0, 1])
def test_a_dataset_that_is_replaced_while_it_is_read_is_not_mixed_with_the_new_one(
    tmp_path: Path, workers: int | None
) -> None:
    from shards.stream.loader import Loader

    path, other = same_sized(tmp_path)
    view = StreamedDataset.open(path).frames("train", "points", 1)
    batches = iter(view if workers is None else Loader(view, workers))
    first = next(batches)
    assert first["points"][0, 0, 0] == 0
    shutil.rmtree(path)
    shutil.copytree(other, path)
    seen: list[float] = []
    # A worker process may look between the removal and the copy.
    with pytest.raises(DatasetError, match=r"another dataset has replaced|was removed since"):
        seen.extend(batch["points"][0, 0, 0] for batch in batches)
    assert set(map(float, seen)) <= {0.0}


def test_a_dataset_that_is_removed_while_it_is_read_is_an_error(tmp_path: Path) -> None:
    path, _ = same_sized(tmp_path)
    batches = iter(StreamedDataset.open(path).frames("train", "points", 1))
    next(batches)
    shutil.rmtree(path)
    with pytest.raises(DatasetError, match="was removed since the dataset was opened"):
        next(batches)


def test_a_dataset_that_is_copied_over_by_itself_is_read_on(tmp_path: Path) -> None:
    path, _ = same_sized(tmp_path)
    shutil.copytree(path, tmp_path / "copy")
    batches = iter(StreamedDataset.open(path).frames("train", "points", 1))
    next(batches)
    shutil.rmtree(path)
    shutil.copytree(tmp_path / "copy", path)
    assert len(list(batches)) == 26


def test_a_shard_that_is_replaced_alone_is_refused_when_it_is_opened_again(
    tmp_path: Path,
) -> None:
    path, other = same_sized(tmp_path)
    view = with_limits(path, open_shards=1).frames("train", "points", 1)
    assert len(list(view)) == 27
    (path / "train/000001.tar").unlink()
    shutil.copy(other / "train/000001.tar", path / "train/000001.tar")
    with pytest.raises(DatasetError, match=r"train/000001\.tar: was replaced by another file"):
        list(view)


def test_few_shards_are_open_at_once(tmp_path: Path) -> None:
    make_clips(tmp_path / "data", {"train": [[2]] * 60})
    data = with_limits(tmp_path / "data", open_shards=10)
    before = open_count()
    seen = []
    for batch in data.frames("train", "points", 16, shuffle=True):
        assert open_count() <= before + 10
        seen += list(zip(batch["keys"], batch["frames"].tolist(), strict=True))
    assert sorted(seen) == sorted((f"c{clip}", frame) for clip in range(60) for frame in (0, 1))


def test_a_process_that_may_open_few_files_keeps_few_shards_open() -> None:
    program = (
        "import resource\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (100, 100))\n"
        "from shards.stream.open_files import OPEN_SHARDS\n"
        "print(OPEN_SHARDS)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["25"]


@pytest.mark.parametrize(("cache_bytes", "ahead"), [(10**9, 2), (1000, 0)])
def test_a_dataset_that_fits_into_memory_is_read_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache_bytes: int, ahead: int
) -> None:
    advised: list[int] = []
    monkeypatch.setattr(os, "posix_fadvise", lambda *advice: advised.append(advice[-1]))
    make_clips(tmp_path / "data", {"train": [[2], [2]]})
    # One shard is open at once: a shard that is opened again must not be prefetched again.
    data = with_limits(tmp_path / "data", open_shards=1, cached_bytes=cache_bytes)
    for _ in range(2):
        list(data.frames("train", "points", 8, shuffle=True))
    assert advised == [os.POSIX_FADV_WILLNEED] * ahead


def test_the_standardizer_is_what_the_statistics_say(tmp_path: Path) -> None:
    import torch

    data = StreamedDataset(make_dataset(tmp_path))
    found = data.standardizer("points")
    points = next(iter(data.frames("train", "points", 8)))["points"]
    moments = measure_field(data.dataset, "train", "points").moments
    np.testing.assert_allclose(
        found.standardize(points), (points - moments.mean) / moments.std(), rtol=1e-4, atol=1e-5
    )
    np.testing.assert_allclose(found.restore(found.standardize(points)), points, rtol=1e-5)
    tensors = found.standardize(torch.from_numpy(points))
    np.testing.assert_array_equal(tensors.numpy(), found.standardize(points))
    assert [tensor.dtype for tensor in found.tensors()] == [torch.float32] * 2


def test_absent_statistics_name_the_command(tmp_path: Path) -> None:
    data = StreamedDataset(make_dataset(tmp_path))
    with pytest.raises(ShardError, match=r"run motiondata stats .* --split val --field points"):
        data.standardizer("points", "val")
    with pytest.raises(ShardError, match=f"--split train --field points --out {tmp_path / 'x'}"):
        data.standardizer("points", folder=tmp_path / "x")
    with pytest.raises(ShardError, match="choose one of points, trans"):
        data.standardizer("hits")


def test_statistics_of_another_dataset_are_refused(tmp_path: Path) -> None:
    data = StreamedDataset(make_dataset(tmp_path))
    moments = measure_field(data.dataset, "train", "points").moments
    write_statistics(tmp_path, StatisticsKey("0" * 32, "train", "points"), moments)
    with pytest.raises(DatasetError, match="not of this dataset"):
        data.standardizer("points")


def test_streaming_arrays_never_imports_torch(streamed: StreamedDataset) -> None:
    program = (
        "import sys; from shards import open_dataset\n"
        f"data = open_dataset({str(streamed.dataset.path)!r})\n"
        "next(iter(data.frames('train', 'points', 4, shuffle=True)))\n"
        "print('torch' in sys.modules, 'shards.stream.views' in sys.modules)"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert run.stdout.split() == ["False", "True"]
