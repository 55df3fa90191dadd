"""Whole builds whose index, captions, split lists or folders are wrong: a sentence, or a drop.

What a person wrote wrongly in the index is one clear error before anything is written; what is
wrong with one clip's files costs that clip alone.
"""

import os
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from motiondata.errors import DropReason, InputError
from pipelines.engine.execution import Execution
from pipelines.products.lidar.build import build_lidar
from pipelines.products.lidar.options import LidarBuildOptions
from pipelines.products.lidar.product import LidarProduct
from shards.format.members import decode_member
from tests.support.bad_recordings import Write, saved
from tests.support.built_rows import HEADER, Outcome, build, make_rows
from tests.support.lidar_options import with_parameters

GOOD: dict[str, Write] = {key: saved() for key in ("a0", "b1", "c2")}
ROW = "./pose_data/CMU/01/a0_poses.npy,0,9,{}.npy\n"
ROWS = HEADER + "".join(f"./pose_data/CMU/01/{key}_poses.npy,0,9,{key}.npy\n" for key in GOOD)


@pytest.fixture
def options(tmp_path: Path) -> LidarBuildOptions:
    return make_rows(tmp_path, GOOD)


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """Build the good rows with nothing wrong."""
    root = tmp_path_factory.mktemp("alone")
    return build(make_rows(root, GOOD), root / "out")


def refused(options: LidarBuildOptions, out: Path) -> str:
    """Return what a build that must be refused says; it must have written nothing."""
    with pytest.raises(InputError) as caught:
        build_lidar(options, out, Execution())
    assert not out.exists()
    assert len(str(caught.value)) < 2000
    return str(caught.value)


REFUSED_INDICES: dict[str, tuple[str | bytes, str]] = {
    "empty": ("", "no column source_path, start_frame, end_frame, new_name"),
    "without rows": (HEADER, "has no rows"),
    "without names": (ROWS.replace("new_name", "name"), "no column new_name"),
    "without a header": (ROWS.removeprefix(HEADER), "no column"),
    "with a rate of frames": (ROWS.replace(",0,9", ",0.5,9", 1), "start_frame is '0.5'"),
    "with frames of NaN": (ROWS.replace(",0,9", ",nan,9", 1), "start_frame is 'nan'"),
    "with huge frames": (ROWS.replace(",0,9", f",0,{'9' * 400}", 1), "whole number"),
    "with frames backwards": (ROWS.replace(",0,9", ",9,0", 1), "expected 0 <= start_frame"),
    "with a name twice": (ROWS + ROW.format("a0"), "line 5: the name 'a0' is already in line 2"),
    "with a name in capitals too": (ROWS + ROW.format("A0"), "ignoring case"),
    "with a mirrored name": (ROWS + ROW.format("Mb1"), "mirrored clip of line 3"),
    "with a slash in a name": (ROWS + ROW.format("a/b"), "new_name is 'a/b'"),
    "with a name that climbs": (ROWS + ROW.format("../../evil"), "new_name is '../../evil'"),
    "with a dot in a name": (ROWS + ROW.format("a.b"), "new_name is 'a.b'"),
    "with a space in a name": (ROWS + ROW.format("a b"), "new_name is 'a b'"),
    "with a name of no letters": (ROWS + ROW.format(""), "new_name is ''"),
    "with a name that is an option": (ROWS + ROW.format("-rf"), "new_name is '-rf'"),
    "with a name that readers skip": (ROWS + ROW.format("__key__"), "new_name is '__key__'"),
    "with accents in a name": (ROWS + ROW.format("é"), "new_name is 'é'"),
    "with an endless name": (ROWS + ROW.format("x" * 5000), "new_name is"),
    "with a path that climbs": (ROWS.replace("CMU/01/a0", "../etc/a0"), "source_path is"),
    "with a path of the machine": (ROWS.replace("./pose_data/CMU", "/etc"), "source_path is"),
    "with too few fields": (ROWS + "./pose_data/CMU/01/a0_poses.npy,0\n", "line 5: 2 fields"),
    "with an open quote": (ROWS + '"./pose_data', "comma-separated UTF-8 text"),
    "in Latin-1": (ROWS.replace("a0.npy", "é.npy").encode("latin-1"), "UTF-8 text"),
    "in UTF-16": (ROWS.encode("utf-16"), "UTF-8 text"),
    "of bytes": (bytes(range(256)) * 40, "index.csv"),
    "with a line of 10 MB": (ROWS + "x" * 10**7, "comma-separated UTF-8 text"),
}


@pytest.mark.parametrize(("content", "message"), REFUSED_INDICES.values(), ids=REFUSED_INDICES)
def test_a_wrong_index_is_one_sentence(
    options: LidarBuildOptions, tmp_path: Path, content: str | bytes, message: str
) -> None:
    options.clips.index.write_bytes(content.encode() if isinstance(content, str) else content)
    said = refused(options, tmp_path / "out")
    assert said.startswith(str(options.clips.index))
    assert message in said


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to(path)])
def test_an_index_that_is_no_file_is_one_sentence(
    options: LidarBuildOptions, tmp_path: Path, make: Callable[[Path], object]
) -> None:
    options.clips.index.unlink()
    make(options.clips.index)
    assert "expected an index such as index.csv" in refused(options, tmp_path / "out")


ODD_INDICES = {
    "with a BOM": "\ufeff" + ROWS,
    "with lines of Windows": ROWS.replace("\n", "\r\n"),
    "with blank lines": ROWS.replace("\n", "\n\n"),
    "with another column": ROWS.replace("\n", ",note\n"),
    "with spaces": ROWS.replace(",", " , "),
}


@pytest.mark.parametrize("content", ODD_INDICES.values(), ids=ODD_INDICES)
def test_an_odd_index_gives_the_same_samples(
    options: LidarBuildOptions, tmp_path: Path, alone: Outcome, content: str
) -> None:
    options.clips.index.write_bytes(content.encode())
    assert build(options, tmp_path / "out").samples == alone.samples


@pytest.mark.parametrize(
    ("frames", "reason"),
    [
        ("0,999999999", DropReason.INVALID),
        ("999999998,999999999", DropReason.TOO_SHORT),
        ("10,11", DropReason.TOO_SHORT),
    ],
)
def test_frames_that_no_recording_has_cost_their_row_alone(
    options: LidarBuildOptions, tmp_path: Path, alone: Outcome, frames: str, reason: DropReason
) -> None:
    options.clips.index.write_text(ROWS + ROW.format("d3").replace("0,9", frames))
    outcome = build(options, tmp_path / "out")
    assert outcome.samples == alone.samples
    assert outcome.drops["d3"][0] == reason


def test_a_thousand_rows_of_half_an_hour_make_no_more_shards_than_rows(
    options: LidarBuildOptions, tmp_path: Path
) -> None:
    rows = (ROW.format(f"d{n}").replace("0,9", "0,36000") for n in range(1000))
    options.clips.index.write_text(ROWS + "".join(rows))
    product = LidarProduct.of(options)
    tracemalloc.start()
    try:
        assert 1 <= len(product.plan().shards) <= 1003
        assert tracemalloc.get_traced_memory()[1] < 2**24
    finally:
        tracemalloc.stop()


CAPTIONS: dict[str, tuple[bytes, list[str] | None]] = {
    "nothing": (b"", []),
    "stray hashes": (b"#a walk##a/DET walk/NOUN##0.0#0.0#\n", ["a walk"]),
    "no fields": (b"a walk\n", ["a walk"]),
    "no seconds": (b"a walk#a/DET walk/NOUN\n", ["a walk"]),
    "seconds of NaN": (b"a walk#a/DET walk/NOUN#nan#nan\n", ["a walk"]),
    "seconds beyond numbers": (b"a walk#a/DET walk/NOUN#1e999#-1e999\n", ["a walk"]),
    "Latin-1": (b"a na\xefve walk#a/DET#0.0#0.0\n", ["a naïve walk"]),
    "a BOM and lines of Windows": (b"\xef\xbb\xbfone\r\n\r\ntwo\r\n", ["one", "two"]),
    "zeros": (b"a\x00walk\n", ["a\x00walk"]),
    "other ends of lines": ("a\u2028walk\x85on\x1c\n".encode(), ["a walk on"]),
    "all bytes": (bytes(range(256)), None),
    "a thousand lines": (b"a walk\n" * 1000, ["a walk"] * 1000),
}  # fmt: skip


@pytest.mark.parametrize(("content", "said"), CAPTIONS.values(), ids=CAPTIONS)
def test_captions_of_any_bytes_cost_nobody_a_sample(
    options: LidarBuildOptions,
    tmp_path: Path,
    alone: Outcome,
    content: bytes,
    said: list[str] | None,
) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts/b1.txt").write_bytes(content)
    outcome = build(options, tmp_path / "out")
    assert outcome.samples.keys() == alone.samples.keys()
    for key in ("a0", "c2"):
        assert outcome.samples[key] == alone.samples[key]
    details = decode_member("json", outcome.samples["b1"]["json"])
    texts = [caption["text"] for caption in details["captions"]]
    assert said is None or texts == said
    assert outcome.samples["b1"]["txt"].decode() == "".join(f"{text}\n" for text in texts)


def endless_line(path: Path) -> None:
    path.write_bytes(b"a walk " * 1_500_000)


UNREADABLE_CAPTIONS: dict[str, Callable[[Path], object]] = {
    "a folder": Path.mkdir,
    "a pipe": os.mkfifo,
    "a link to itself": lambda path: path.symlink_to(path),
    "a device": lambda path: path.symlink_to("/dev/zero"),
    "350,000 captions": lambda path: path.write_bytes(b"a\n" * 350_000),
    "a line of 10 MB": endless_line,
}


@pytest.mark.parametrize("make", UNREADABLE_CAPTIONS.values(), ids=UNREADABLE_CAPTIONS)
def test_captions_that_cannot_be_read_cost_their_clip_alone(
    options: LidarBuildOptions, tmp_path: Path, alone: Outcome, make: Callable[[Path], object]
) -> None:
    (tmp_path / "texts").mkdir()
    make(tmp_path / "texts/b1.txt")
    outcome = build(options, tmp_path / "out")
    assert outcome.samples == {key: alone.samples[key] for key in ("a0", "c2")}
    reason, message = outcome.drops["b1"]
    assert reason == DropReason.UNREADABLE
    assert "b1.txt: expected a file of captions" in message


def test_a_link_to_no_captions_is_no_captions(
    options: LidarBuildOptions, tmp_path: Path, alone: Outcome
) -> None:
    (tmp_path / "texts").mkdir()
    (tmp_path / "texts/b1.txt").symlink_to("nothing")
    assert build(options, tmp_path / "out").samples == alone.samples


def write_lists(folder: Path, **lists: bytes) -> None:
    for split in ("train", "val", "test"):
        (folder / f"{split}.txt").write_bytes(lists.get(split, b""))


def test_listed_names_that_the_index_lacks_change_nothing(
    options: LidarBuildOptions, tmp_path: Path, alone: Outcome
) -> None:
    names = b"a0\nb1\nc2\n" + b"nobody\n../../evil\n\xc3\xa9 \xe2\x80\xa8\n" + b"x" * 10**6
    write_lists(tmp_path, train=names, val=b"nobody2\n")
    outcome = build(options, tmp_path / "out")
    assert outcome.samples == alone.samples
    assert sorted(path.name for path in outcome.out.iterdir() if path.is_dir()) == [
        "receipts",
        "stats",
        "train",
    ]


REFUSED_LISTS: dict[str, tuple[dict[str, bytes], str]] = {
    "a name in two lists": ({"train": b"a0\n", "test": b"a0\n"}, "a0 is in both"),
    "a leak through the mirror": ({"train": b"a0\n", "test": b"Ma0\n"}, "both in one split"),
    "Latin-1": ({"train": b"\xe9\n"}, "expected names in UTF-8"),
    "no name of the index": ({"train": b"nobody\n"}, "no split list names it"),
}


@pytest.mark.parametrize(("lists", "message"), REFUSED_LISTS.values(), ids=REFUSED_LISTS)
def test_wrong_lists_are_one_sentence(
    options: LidarBuildOptions, tmp_path: Path, lists: dict[str, bytes], message: str
) -> None:
    write_lists(tmp_path, **lists)
    assert message in refused(options, tmp_path / "out")


@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo])
def test_a_list_that_is_no_file_is_one_sentence(
    options: LidarBuildOptions, tmp_path: Path, make: Callable[[Path], object]
) -> None:
    write_lists(tmp_path, train=b"a0\n")
    (tmp_path / "val.txt").unlink()
    make(tmp_path / "val.txt")
    assert "val.txt: expected a list of clips" in refused(options, tmp_path / "out")


ODD_NAMES = {
    "bytes that are no text": b"b1\xff_poses.npz",
    "a line end": b"b1\nb1_poses.npz",
    "255 letters": b"b" * 245 + b"_poses.npz",
}


@pytest.mark.parametrize("name", ODD_NAMES.values(), ids=ODD_NAMES)
def test_odd_names_in_the_archive_cost_no_other_recording(
    options: LidarBuildOptions, tmp_path: Path, alone: Outcome, name: bytes
) -> None:
    folder = os.fsencode(options.clips.amass / "CMU/01")
    path = os.path.join(folder, name)  # noqa: PTH118 (a name in bytes)
    os.makedirs(os.path.dirname(path), exist_ok=True)  # noqa: PTH103, PTH120
    os.rename(os.path.join(folder, b"b1_poses.npz"), path)  # noqa: PTH104, PTH118
    outcome = build(options, tmp_path / "out")
    assert outcome.samples == {key: alone.samples[key] for key in ("a0", "c2")}
    assert outcome.drops["b1"][0] == DropReason.MISSING


def test_an_archive_in_a_folder_of_another_encoding_is_read(
    options: LidarBuildOptions, tmp_path: Path, alone: Outcome
) -> None:
    folder = options.clips.amass / os.fsdecode(b"na\xefve")
    folder.mkdir()
    (options.clips.amass / "CMU").rename(folder / "CMU")
    outcome = build(options, tmp_path / "out")
    assert outcome.samples.keys() == alone.samples.keys()
    details = decode_member("json", outcome.samples["a0"]["json"])
    assert details["source"] == "na\\xefve/CMU/01/a0_poses.npz"


@pytest.mark.parametrize(
    "wrong",
    [
        {"distance": 1e300},
        {"distance": 501.0},
        {"distance": 0.29},
        {"distance": 1e-9},
        {"height": -1e300},
        {"height": 1000.0},
        {"height": -11.0},
        {"noise": 1e300},
        {"noise": 1.1},
    ],
)
def test_a_sensor_where_no_person_would_put_it_is_refused(
    options: LidarBuildOptions, wrong: dict[str, Any]
) -> None:
    with pytest.raises(InputError, match=next(iter(wrong))):
        with_parameters(options, **wrong)


@pytest.mark.parametrize("distance", [0.3, 0.5, 20.0])
def test_a_sensor_within_the_body_or_far_from_it_is_no_error(
    options: LidarBuildOptions, tmp_path: Path, distance: float
) -> None:
    near = with_parameters(options, distance=distance, noise=0.5)
    assert build(near, tmp_path / "out").samples.keys() == GOOD.keys()
