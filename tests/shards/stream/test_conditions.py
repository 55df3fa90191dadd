"""Conditions choose the samples that a loop over the manifest would choose."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shards import open_dataset
from shards.errors import ShardError
from shards.format.dataset import Dataset
from shards.stream.conditions import meets
from shards.stream.streamed_dataset import StreamedDataset
from tests.support.clip_dataset import clip_values

COMPARISONS = {"<": np.less, ">=": np.greater_equal, "==": np.equal, "!=": np.not_equal}

limits = st.tuples(st.sampled_from([*COMPARISONS]), st.integers(0, 12))


@given(first=limits, second=limits, split=st.sampled_from(["train", "val", "none"]))
def test_a_condition_is_what_numpy_computes(
    streamed: StreamedDataset, first: Any, second: Any, split: str
) -> None:
    table = streamed.dataset.manifest
    frames = table["frames"].to_numpy()
    in_split = np.array([name == split for name in table["split"].to_pylist()])
    one, other = (COMPARISONS[sign](frames, limit) for sign, limit in (first, second))
    text = "(frames {} {} or not frames {} {}) and split == '{}'".format(*first, *second, split)
    np.testing.assert_array_equal(meets(streamed.dataset, text), (one | ~other) & in_split)


def test_flags_are_names(built: Dataset) -> None:
    raised = [set(flags) for flags in built.manifest["flags"].to_pylist()]
    for flag in ("lying", "off_floor"):
        expected = [flag in flags for flags in raised]
        assert meets(built, f"flags.{flag}").tolist() == expected
        assert meets(built, f"not flags.{flag}").tolist() == [not each for each in expected]


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("frmes > 3", r"no column 'frmes'; did you mean frames\?"),
        ("frames >", "invalid syntax"),
        ("frames", "not true or false for each sample"),
        ("1 == 1", "not true or false for each sample"),
        ("frames > 'a'", "Invalid comparison"),
        ("flags.lyin", r"no flag 'lyin'; did you mean lying\?"),
        ("@frames > 3", "invalid syntax"),
        ("`frames` > 3", "invalid syntax|backtick"),
        ("key == '`'", "expected no backtick"),
        ("key == '\\x60'", "expected no backtick"),
        ("(frames >\n3)", "expected one line"),
        ("key == 'a\x0b'", "expected one line"),
        ("key == 'a\u2028'", "expected one line"),
        ("frames > 9**9**9", "Pow is not implemented"),
        ("frames @frames", "MatMult is not implemented"),
        ("(frames := 3) > 2", "NamedExpr is not implemented"),
        ("key == f'{key}'", "JoinedStr is not implemented"),
        ("key == b'c1'", "expected numbers and texts"),
        ("frames.between(**{'left': 1, 'right': 2})", "Dict is not|found \\*\\*"),
        ("__pd_eval_local_frames > 3", "expected no variable"),
        ("key.dt.year > 3", "no method '(dt|year)'"),
        ("(frames > 3", "never closed|EOF"),
        ("flags", "not true or false for each sample"),
        ("frames > 3; frames < 9", "invalid syntax"),
        ("frames = 3", "invalid syntax"),
        ("lambda: 1", "not implemented"),
        ("sum(frames) > 3", "not a supported function"),
        (f"{'(' * 900}frames > 3{')' * 900}", "nested|deep|parser"),
        (" and ".join(["frames > 3"] * 900), "at most 4000 characters"),
        ("", "cannot evaluate ''"),
    ],
)
def test_what_is_no_condition_is_refused(built: Dataset, condition: str, message: str) -> None:
    with pytest.raises(ShardError, match=message):
        meets(built, condition)


@pytest.mark.parametrize(
    "condition",
    [
        "__import__('os').system('touch written')",
        "@__import__('os').system('touch written')",
        "frames.to_csv('written') is None",
        "frames.values.tofile('written')",
        "(frames > 0).where(frames.to_pickle('written'))",
        "key.map(eval)",
        "frames.__class__.__mro__",
        "flags.lying.to_csv('written')",
        "flags.to_csv('written') is None",
        "flags .to_csv('written') is None",
        "(flags).to_csv('written') is None",
        "flags.lying and (flags).to_csv('written') is None",
        """key == '''a'`''' or key == "`''' or frames.to_csv('written') is None #\"""",
        """key == '''a'\\x60''' or key == "\\x60''' or frames.to_csv('written') is None #\"""",
        "frames > 3 or key == '\\\\' or key == '` or frames.to_csv(`written`) is None #'",
        "frames > (0 +\n`#` * frames.to_csv('written') +\n 1)",
    ],
)
def test_a_condition_computes_values_and_does_nothing_else(
    built: Dataset, condition: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ShardError, match=r"cannot evaluate|no flag 'to_csv'"):
        meets(built, condition)
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize(
    ("condition", "same"),
    [
        ("frames > 3 & frames < 9", "frames > 3 and frames < 9"),
        ("(frames > 3 | frames < 2) == False", "frames <= 3 and frames >= 2"),
        ("frames > 3 # and not 4", "frames > 3"),
        ("key == '\\\\' or key == '#' or frames > 3", "frames > 3"),
        ("key.str.contains('&') | frames > 3", "frames > 3"),
        ("-frames < -3 and not frames in [5, 6]", "frames > 3 and frames != 5 and frames != 6"),
        ("2 < frames <= 4", "frames in [3, 4]"),
        ("split.str[0] == 't' and split.str.get(1) == 'r'", "split == 'train'"),
        (" frames*2 // 2 % 3 == 1 ", "frames % 3 == 1"),
    ],
)
def test_a_condition_is_read_as_pandas_reads_it(
    streamed: StreamedDataset, condition: str, same: str
) -> None:
    expected = np.asarray(streamed.manifest.eval(same), np.bool_)
    assert expected.any() != expected.all()
    np.testing.assert_array_equal(streamed.manifest.eval(condition.strip()), expected)
    np.testing.assert_array_equal(meets(streamed.dataset, condition), expected)


def test_a_dataset_where_a_condition_is_met_has_only_those_clips(
    streamed: StreamedDataset,
) -> None:
    long = streamed.where("frames >= 6")
    both = long.where("split == 'train'")
    expected = streamed.manifest.query("frames >= 6")
    assert [*long] == expected["key"].tolist() == long.manifest["key"].tolist()
    assert len(long) == len(expected)
    assert [*both] == expected["key"][expected["split"] == "train"].tolist()
    read = {key for batch in both.clips("train", ["points"], 3) for key in batch["keys"]}
    assert read == {*both}
    same = streamed.clips("train", ["points"], 3, where=["frames >= 6", "split == 'train'"])
    assert same.state_dict() == both.clips("train", ["points"], 3).state_dict()


def test_a_view_without_clips_names_the_condition(streamed: StreamedDataset) -> None:
    with pytest.raises(ShardError, match="where frames > 99"):
        streamed.where("frames > 99").frames("train", "points", 2)
    with pytest.raises(ShardError, match="no sample 'c0'"):
        streamed.where("frames > 99")["c0"]


INDICES = st.one_of(
    st.integers(-12, 12),
    st.slices(12),
    st.tuples(st.slices(12), st.integers(0, 1)),
    st.just((Ellipsis, 0)),
    st.lists(st.integers(0, 1), min_size=1),
)


@given(number=st.integers(0, 33), index=INDICES)
def test_an_index_gives_what_numpy_gives(
    streamed: StreamedDataset, number: int, index: Any
) -> None:
    clip = streamed[f"c{number}"]
    whole = clip_values(number, clip.frames, 2)["points.npy"]
    try:
        expected = whole[index]
    except IndexError:
        with pytest.raises(IndexError):
            clip["points"][index]
        return
    found = clip["points"][index]
    np.testing.assert_array_equal(found, expected)
    assert (clip["points"].shape, clip["points"].dtype) == (whole.shape, whole.dtype)


def test_operators_and_functions_of_numpy_read_the_array(streamed: StreamedDataset) -> None:
    clip, made = streamed["c3"], clip_values(3, streamed["c3"].frames, 2)
    points, whole = clip["points"], made["points.npy"]
    np.testing.assert_array_equal(points == whole, np.ones(whole.shape, bool))
    np.testing.assert_array_equal(2 * points - whole, whole)
    np.testing.assert_array_equal(np.abs(points), np.abs(whole))
    assert np.add.reduce(points, axis=None) == np.add.reduce(whole, axis=None)


def test_a_clip_is_a_mapping_of_its_fields(streamed: StreamedDataset) -> None:
    clip, made = streamed["c3"], clip_values(3, streamed["c3"].frames, 2)
    assert [*clip] == ["points", "hits", "json", "txt"]
    assert (clip["json"], clip["txt"]) == (made["json"], made["txt"])
    np.testing.assert_array_equal(np.asarray(clip["hits"]), made["hits.npy"])
    with pytest.raises(ShardError, match="no field 'point'"):
        clip["point"]


def test_a_mistyped_key_names_the_nearest(streamed: StreamedDataset) -> None:
    assert ("c12" in streamed, "c99" in streamed) == (True, False)
    with pytest.raises(ShardError, match="no sample 'c012'; did you mean 'c12'"):
        streamed["c012"]


def test_a_slice_reads_only_its_frames(built: Dataset) -> None:
    data = open_dataset(built.path)
    key = next(iter(data))
    points = data[key]["points"]
    assert points[2:4].nbytes * 2 < np.asarray(points).nbytes  # the headers are checked once
    before = _bytes_read()
    points[2:4]
    assert _bytes_read() - before < points[2:4].nbytes + 1024


def _bytes_read() -> int:
    """Return the bytes that this process has read so far, as Linux counts them."""
    counts = dict(line.split(": ") for line in Path("/proc/self/io").read_text().splitlines())
    return int(counts["rchar"])
