"""The corpus: every reader of the project reads it, and it is the same every time."""

import json
import time
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from motiondata.bodies.bundled import bundled_body
from motiondata.errors import InputError
from motiondata.sources.amass.reader import read_smplh
from motiondata.sources.humanml3d.archive import Archive
from motiondata.sources.humanml3d.captions import find_captions
from motiondata.sources.humanml3d.index import Row, read_index
from motiondata.sources.humanml3d.splits import SPLITS, read_splits
from motiondata.sources.humanml3d.trimming import cut_clip
from motiondata.synthesis.acts import Act
from motiondata.synthesis.corpus.corpus import SynthesisReport, synthesize
from motiondata.synthesis.corpus.recordings import make_recording
from motiondata.synthesis.corpus.splitting import (
    KINDS,
    PAIRS,
    is_held_out,
    split_by_pairs,
    split_by_recording,
)
from tests.support.leaks import leaks

CLIPS, SEED = 60, 3

FEWEST_CLIPS_PER_SECOND = 10.0
"""A loose bound, of processor time; a usual core makes some eighty."""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> SynthesisReport:
    return synthesize(tmp_path_factory.mktemp("made") / "corpus", CLIPS, SEED)


def rows_of(report: SynthesisReport) -> tuple[Row, ...]:
    return read_index(report.out / "index.csv")


def files_of(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def labels_of(report: SynthesisReport) -> list[dict[str, Any]]:
    lines = (report.out / "labels.jsonl").read_text().splitlines()
    return [json.loads(line) for line in lines]


def names_in(report: SynthesisReport, name: str) -> list[str]:
    return (report.out / f"{name}.txt").read_text().split()


def test_every_row_gives_a_clip_of_its_frames(made: SynthesisReport) -> None:
    archive, rows = Archive.scan(made.out / "amass"), rows_of(made)
    assert [row.name for row in rows] == [f"{k:06d}" for k in range(CLIPS)]
    for row in rows:
        clip = cut_clip(read_smplh(archive.find(row), row.source_path), row)
        assert clip.frames == row.end_frame - row.start_frame


def test_a_recording_is_what_was_made_to_single_precision(made: SynthesisReport) -> None:
    recording = make_recording(SEED, 0)
    read = read_smplh(made.out / "amass" / recording.slot.source, recording.slot.source)
    np.testing.assert_allclose(read.pose, recording.motion.pose, atol=1e-6)
    np.testing.assert_allclose(read.trans, recording.motion.trans, atol=1e-6)
    assert read.fps == recording.slot.fps
    assert (read.gender, read.betas.shape) == (recording.subject.gender, (16,))
    assert read.shape_space == bundled_body().shape_space
    assert read.licence
    assert read.synthetic


def test_recordings_have_the_arrays_of_smplh(made: SynthesisReport) -> None:
    path = next((made.out / "amass").rglob("*.npz"))
    with np.load(path, allow_pickle=False) as npz:
        frames = len(npz["trans"])
        assert npz["poses"].shape == (frames, 156)
        assert npz["trans"].shape == (frames, 3)
        assert not npz["poses"][:, 66:].any()


def test_the_same_seed_gives_the_same_bytes(made: SynthesisReport, tmp_path: Path) -> None:
    again = synthesize(tmp_path / "again", CLIPS, SEED)
    assert files_of(again.out) == files_of(made.out)


def test_a_corpus_says_that_it_is_synthetic(made: SynthesisReport) -> None:
    assert (made.out / "README.txt").read_text().startswith("Synthetic motion")


def test_another_seed_gives_other_motion(made: SynthesisReport, tmp_path: Path) -> None:
    other = synthesize(tmp_path / "other", 3, SEED + 1)
    assert not files_of(other.out / "texts").items() & files_of(made.out / "texts").items()


def test_a_smaller_corpus_is_the_beginning_of_a_larger_one(
    made: SynthesisReport, tmp_path: Path
) -> None:
    small, large = files_of(synthesize(tmp_path / "small", 7, SEED).out), files_of(made.out)
    for path, content in small.items():
        if path.startswith(("texts/", "amass/")):
            assert large[path] == content
        else:
            assert set(content.splitlines()) <= set(large[path].splitlines())


def test_splits_are_by_recording_and_name_mirrored_clips(made: SynthesisReport) -> None:
    rows = rows_of(made)
    splits = read_splits(made.out, [row.name for row in rows])
    assert leaks(rows, splits) == ()
    assert set(splits.of_clip) == {row.name for row in rows}
    assert {f"M{name}": split for name, split in splits.of_clip.items()} == splits.of_mirrored_clip
    assert splits.unknown == {}


def test_unions_of_lists_are_unions(made: SynthesisReport) -> None:
    train, val, test = (set(names_in(made, split)) for split in SPLITS)
    assert set(names_in(made, "train_val")) == train | val
    assert set(names_in(made, "all")) == train | val | test
    assert len(names_in(made, "all")) == 2 * CLIPS


def test_80_5_and_15_of_a_hundred_recordings_are_for_train_val_and_test() -> None:
    splits = [split_by_recording(number) for number in range(100)]
    assert [splits.count(split) for split in SPLITS] == [80, 5, 15]
    assert set(splits[:12]) == set(SPLITS)


def kinds_of(made: SynthesisReport, split: str) -> list[set[str]]:
    """Return the kinds of acts of each clip of a split, gestures included."""
    names = set(names_in(made, split))
    labels = [json.loads(line) for line in (made.out / "labels.jsonl").read_text().splitlines()]
    return [
        {each["kind"] for act in label["acts"] for each in (act, act["gesture"]) if each}
        for label in labels
        if label["name"] in names
    ]


def test_pairs_of_acts_of_test_clips_are_together_nowhere_else(tmp_path: Path) -> None:
    made = synthesize(tmp_path / "pairs", 150, SEED, split=PAIRS)
    train, val, test = (kinds_of(made, split) for split in SPLITS)
    pairs = [[{*map(frozenset, combinations(kinds, 2))} for kinds in of] for of in (train, test)]
    for clip in pairs[1]:
        new = {pair for pair in clip if is_held_out(*pair)}
        assert new
        assert not any(new & known for known in pairs[0])
    assert val
    assert set.union(*test) <= set.union(*(kinds for kinds in train if len(kinds) == 1))
    lists = files_of(made.out)
    by_recording = files_of(synthesize(tmp_path / "recordings", 150, SEED).out)
    changed = {path for path in lists if lists[path] != by_recording[path]}
    assert changed == {"train.txt", "val.txt", "test.txt", "train_val.txt"}


def test_every_kind_is_in_some_held_out_pair_and_in_some_other() -> None:
    for kind in KINDS:
        assert {is_held_out(kind, other) for other in KINDS} == {True, False}
    assert split_by_pairs(4, [Act("walk"), Act("march")]) == "test"
    assert split_by_pairs(4, [Act("walk", gesture=Act("wave"))]) == "val"
    assert split_by_pairs(5, [Act("turn", gesture=Act("wave"))]) == "test"


def test_an_unknown_split_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="split: expected one of recordings, pairs, found 'x'"):
        synthesize(tmp_path / "none", 1, SEED, split="x")


def test_clips_and_their_mirror_images_have_captions(made: SynthesisReport) -> None:
    for row in rows_of(made):
        captions = find_captions(made.out / "texts", row.name)
        mirrored = find_captions(made.out / "texts", f"M{row.name}")
        assert len(captions) == len(mirrored) >= 2
        assert captions[0].is_whole_clip
        for caption in captions:
            assert 0 <= caption.start_seconds <= caption.end_seconds
            assert caption.end_seconds * 20 <= row.end_frame - row.start_frame


def test_sequences_have_captions_of_their_parts(made: SynthesisReport) -> None:
    parts = {
        label["name"]: [(act["start_seconds"], act["end_seconds"]) for act in label["acts"]]
        for label in labels_of(made)
    }
    assert any(len(times) > 1 for times in parts.values())
    for name, times in parts.items():
        captions = find_captions(made.out / "texts", name)
        given = [(caption.start_seconds, caption.end_seconds) for caption in captions
                if not caption.is_whole_clip]  # fmt: skip
        assert given == (times if len(times) > 1 else [])


def test_labels_agree_with_the_index_and_mirror_sides(made: SynthesisReport) -> None:
    labels = {label["name"]: label for label in labels_of(made)}
    for row in rows_of(made):
        label, mirrored = labels[row.name], labels[f"M{row.name}"]
        assert label["frames"] == row.end_frame - row.start_frame
        assert label["subset"] == row.subset
        for act, image in zip(label["acts"], mirrored["acts"], strict=True):
            assert image["turn_deg"] == -act["turn_deg"]
            assert {act["side"], image["side"]} in ({"left", "right"}, {act["side"]})
            assert act["kind"] == image["kind"]
            assert (act["side"] in ("left", "right")) == (act["side"] != image["side"])


def test_the_report_counts_what_lies_there(made: SynthesisReport) -> None:
    recordings = list((made.out / "amass").rglob("*.npz"))
    assert made.recordings == len(recordings)
    assert made.bytes == sum(path.stat().st_size for path in recordings)
    assert made.clips == CLIPS == sum(made.clips_of_split.values())
    assert made.clips == sum(made.clips_of_subset.values())
    assert made.frames == sum(row.end_frame - row.start_frame for row in rows_of(made))
    plain = [path for path in (made.out / "texts").iterdir() if not path.name.startswith("M")]
    assert made.captions == sum(len(path.read_text().splitlines()) for path in plain)


def test_a_folder_with_anything_in_it_is_refused(made: SynthesisReport) -> None:
    before = files_of(made.out)
    with pytest.raises(InputError, match="exists; expected the name of a new or an empty folder"):
        synthesize(made.out, 1, SEED)
    assert files_of(made.out) == before


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    assert synthesize(tmp_path / "empty", 1, SEED).clips == 1
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]


@pytest.mark.parametrize(("clips", "seed"), [(0, 0), (-3, 0), (1, -1)])
def test_no_clips_and_negative_seeds_are_refused(tmp_path: Path, clips: int, seed: int) -> None:
    with pytest.raises(InputError, match="expected at least one"):
        synthesize(tmp_path / "none", clips, seed)
    assert not any(tmp_path.iterdir())


def test_clips_are_made_quickly(tmp_path: Path) -> None:
    synthesize(tmp_path / "first", 1, SEED)
    start = time.process_time()
    synthesize(tmp_path / "more", 40, SEED)
    assert 40 / (time.process_time() - start) > FEWEST_CLIPS_PER_SECOND
