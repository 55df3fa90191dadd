"""Annotations of AMASS in the layouts of BABEL, UniMoCap and KIT-ML become indices and captions."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motiondata.errors import InputError, RecordingError
from motiondata.recording import Recording
from motiondata.sources.amass.writer import write_amass
from motiondata.sources.annotations.annotated import Annotated, Annotation
from motiondata.sources.annotations.babel import read_babel
from motiondata.sources.annotations.times import caption_lines, clip_times
from motiondata.sources.humanml3d.captions import find_captions
from motiondata.sources.humanml3d.index import read_index
from motiondata.sources.humanml3d.trimming import LEAD_IN_SECONDS, cut_clip
from pipelines.sources import import_annotations
from tests.commands.test_cli import run
from tests.support.skeleton import moving_pose

RATES = {"KIT/3/kick_high_left02": 100.0, "Eyes_Japan_Dataset/a/bow": 250.0, "CMU/02/02_01": 120.0}
SECONDS = 6


@pytest.fixture(scope="module")
def amass(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write recordings of six seconds, at three rates; one of them has a lead-in."""
    root = tmp_path_factory.mktemp("amass")
    for name, fps in RATES.items():
        write_amass(root / f"{name}_poses.npz", recording(name, fps))
    return root


def recording(name: str, fps: float) -> Recording:
    pose, trans = moving_pose(int(SECONDS * fps), seed=1)
    betas = trans[0] * 0
    return Recording(pose, trans, fps, "female", betas, name)


def label(text: str, *span: float) -> dict[str, Any]:
    times = dict(zip(("start_t", "end_t"), span, strict=False))
    return {"raw_label": text, "proc_label": text, "seg_id": text, "act_cat": None} | times


def entry(folder: str, name: str, whole: list[Any] | None, spans: list[Any] | None) -> Any:
    """Return an entry as BABEL's files have it."""
    return {
        "babel_sid": 1, "url": "https://", "feat_p": f"{folder}/{name}_poses.npz",
        "dur": float(SECONDS),
        "seq_ann": None if whole is None else {"anntr_id": "a", "mul_act": True, "labels": whole},
        "frame_ann": None if spans is None else {"anntr_id": "b", "labels": spans},
    }  # fmt: skip


def babel(folder: Path) -> Path:
    train = {
        "17": entry("KIT", "KIT/3/kick_high_left02", [label("kick with the left leg")],
                    [label("stand", 0, 2.5), label("kick # high", 2.5, 4), label("stand", 4, 6)]),
        "9": entry("SFU", "SFU/0005/missing", [label("walk")], None),
    }  # fmt: skip
    val = {
        "23": entry("EyesJapanDataset", "Eyes_Japan_Dataset/a/bow", None,
                    [label("prepare", 0, 2), label("bow", 2, 5), label("rise", 5, 6)]),
    }  # fmt: skip
    extra = {
        "17": {"babel_sid": 17, "feat_p": "KIT/KIT/3/kick_high_left02_poses.npz", "dur": 6.0,
               "seq_anns": [{"labels": [label("kickboxing")]}],
               "frame_anns": [{"labels": [label("stand", 0, 2.5)]}]},
    }  # fmt: skip
    test = {
        "40": entry("CMU", "CMU/02/02_01", None, None),
        "41": entry("CMU", "CMU/02/02_01", [label(" ")], None),
    }
    files = {"train": train, "val": val, "test": test, "extra_train": extra}
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content))
    return folder


def lines(out: Path, key: str) -> list[str]:
    return (out / "texts" / f"{key}.txt").read_text().splitlines()


def test_babel_s_spans_become_captions_with_seconds(amass: Path, tmp_path: Path) -> None:
    source, out = tmp_path / "babel", tmp_path / "out"
    source.mkdir()
    report = import_annotations("babel", babel(source), out, amass=amass)
    rows = {row.name: row for row in read_index(out / "index.csv")}
    assert set(rows) == {"babel_00017", "babel_00023"}
    assert (rows["babel_00017"].start_frame, rows["babel_00017"].end_frame) == (0, 120)
    assert lines(out, "babel_00017") == [
        "kick with the left leg",
        "stand##0.0#2.5",
        "kick high##2.5#4.0",
        "stand##4.0#6.0",
        "kickboxing",
    ]
    assert lines(out, "Mbabel_00017")[0] == "kick with the right leg"
    assert (out / "train.txt").read_text().split() == ["babel_00017", "Mbabel_00017"]
    assert (out / "val.txt").read_text().split() == ["babel_00023", "Mbabel_00023"]
    assert (out / "test.txt").read_text() == ""
    said = "\n".join(report.lines())
    assert "1 annotated clip left out: the recording is not below --amass" in said
    assert "2 annotated clips left out: the recording has no sentence" in said
    assert (
        "BABEL (babel.is.tue.mpg.de)"
        in json.loads((out / "annotations.json").read_text())["licence"]
    )


def test_spans_count_from_the_frame_after_the_lead_in(amass: Path, tmp_path: Path) -> None:
    """The clip starts 60 frames of 20.83 fps late, and a sentence before that is left out."""
    source, out = tmp_path / "babel", tmp_path / "out"
    source.mkdir()
    import_annotations("babel", babel(source), out, amass=amass)
    rate = 250 / 12
    (row,) = [row for row in read_index(out / "index.csv") if row.name == "babel_00023"]
    late = LEAD_IN_SECONDS["Eyes_Japan_Dataset"] * 20 / rate
    found = find_captions(out / "texts", "babel_00023")
    assert [caption.text for caption in found] == ["bow", "rise"]
    assert found[0].seconds == pytest.approx((0.0, 5 - late), abs=1e-3)
    assert found[1].seconds == pytest.approx((5 - late, 6 - late), abs=1e-3)
    clip = cut_clip(recording("bow", 250.0), row)
    assert clip.fps == pytest.approx(rate)
    assert clip.last_frame // 12 == (int(SECONDS * 250) - 1) // 12  # all frames are used


def unified(folder: Path) -> Path:
    annotations = [
        {"seg_id": "00017_seq_0", "text": "a person kicks", "start": 0.0, "end": 6.0},
        {"seg_id": "00017_seg_0", "text": "he stands", "start": 4.0, "end": 6.0},
    ]
    content = {"17": {"path": "KIT/3/kick_high_left02_poses", "duration": 6.0,
                      "annotations": annotations}}  # fmt: skip
    (folder / "outputs-json").mkdir()
    (folder / "outputs-json" / "babel.json").write_text(json.dumps(content))
    return folder


def test_annotations_of_unimocap(amass: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    import_annotations("unimocap", unified(tmp_path), out, amass=amass)
    assert lines(out, "babel_17") == ["a person kicks", "he stands##4.0#6.0"]
    assert not (out / "train.txt").exists()


def test_rows_of_unimocap_s_index_count_seconds_with_the_lead_in(
    amass: Path, tmp_path: Path
) -> None:
    """As `babel.py` writes it: no lead-in is subtracted, and the texts lie in another folder."""
    source, out = tmp_path / "unimocap", tmp_path / "out"
    (source / "babel_new_text").mkdir(parents=True)
    for number, text in enumerate(("a person bows", "a person kicks")):
        (source / "babel_new_text" / f"{number:06d}.txt").write_text(text)
    (source / "babel_h3dformat.csv").write_text(
        ",source_path,start_frame,end_frame,new_name\n"
        "0,.datasets/HumanML3D/pose_data/Eyes_Japan_Dataset/a/bow_poses.npy,80.0,100.0,000000.npy\n"
        "1,.datasets/HumanML3D/pose_data/KIT/3/kick_high_left02_poses.npy,20.0,60.0,000001.npy\n"
    )
    import_annotations("unimocap", source, out, amass=amass)
    bow, kick = read_index(out / "index.csv")
    rate = 250 / 12
    assert (bow.start_frame, bow.end_frame) == (round(4 * rate) - 60, round(5 * rate) - 60)
    assert (kick.start_frame, kick.end_frame) == (20, 60)
    assert lines(out, "babel_000001") == ["a person kicks"]


@pytest.mark.parametrize("name", ["../000000", "/000000", "a\0"])
def test_texts_are_read_from_their_folder_only(name: str, amass: Path, tmp_path: Path) -> None:
    (tmp_path / "babel_new_text").mkdir()
    (tmp_path / "babel_h3dformat.csv").write_text(
        ",source_path,start_frame,end_frame,new_name\n"
        f"0,pose_data/KIT/3/kick_high_left02_poses.npy,20.0,60.0,{name}.npy\n"
    )
    with pytest.raises(InputError, match="expected a file name as new_name"):
        import_annotations("unimocap", tmp_path, tmp_path / "out", amass=amass)


def kit_ml(folder: Path) -> Path:
    table = {"00042": "CMU/02/02_01_poses.npz", "00043": "KIT/3/kick_high_left02_poses.npz"}
    (folder / "amass-path2kitml.json").write_text(json.dumps(table))
    texts: dict[str, list[str]] = {"00042": ["A human walks.", "Somebody walks to the left."],
                                      "00043": [], "00099": ["no recording of AMASS"]}  # fmt: skip
    for name, said in texts.items():
        (folder / f"{name}_annotations.json").write_text(json.dumps(said))
        (folder / f"{name}_mmm.xml").write_text("<MMM/>")
    return folder


def test_sentences_of_kit_ml(amass: Path, tmp_path: Path) -> None:
    source, out = tmp_path / "kit", tmp_path / "out"
    source.mkdir()
    report = import_annotations("kit-ml", kit_ml(source), out, amass=amass)
    assert lines(out, "kitml_00042") == ["A human walks.", "Somebody walks to the left."]
    assert lines(out, "Mkitml_00042")[1] == "Somebody walks to the right."
    assert [row.name for row in read_index(out / "index.csv")] == ["kitml_00042"]
    assert report.captions == 2


def test_a_recording_of_another_length_is_a_failure(amass: Path, tmp_path: Path) -> None:
    source, out = tmp_path / "babel", tmp_path / "out"
    source.mkdir()
    content = json.loads((babel(source) / "train.json").read_text())
    content["17"]["dur"] = 9.0
    (source / "train.json").write_text(json.dumps({"17": content["17"]}))
    (source / "extra_train.json").unlink()
    report = import_annotations("babel", source, out, amass=amass)
    assert report.exit_code == 3
    assert "of 9.00 s, and the recording lasts 6.00 s" in report.failures[0].message


@pytest.mark.parametrize(
    ("kind", "name", "content", "message"),
    [
        ("babel", "other.json", "{}", "expected BABEL's train.json"),
        ("babel", "train.json", "[]", "an object for each sequence"),
        ("babel", "train.json", "{", "expected JSON"),
        ("babel", "train.json", '{"a": {}}', "the number of a sequence"),
        ("babel", "train.json", '{"1": {"feat_p": 3}}', "a text as 'feat_p'"),
        ("unimocap", "a.json", '{"1": {"path": "a/b", "duration": "x"}}', "seconds as 'duration'"),
        ("kit-ml", "1_annotations.json", "[]", "no table"),
    ],
)
def test_other_files_are_refused(
    kind: str, name: str, content: str, message: str, amass: Path, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=message):
        import_annotations(kind, tmp_path, tmp_path / "out", amass=amass)
    assert not (tmp_path / "out").exists()


values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(st.sampled_from(["labels", "raw_label", "start_t", "end_t"]), inner)
    ),
    max_leaves=8,
)


@given(values, values, values, st.sampled_from(["17", "x"]))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_json_is_read_or_refused(
    tmp_path: Path, whole: object, spans: object, seconds: object, number: str
) -> None:
    entry = {"feat_p": "KIT/KIT/3/a.npz", "dur": seconds, "seq_ann": whole, "frame_ann": spans,
             "seq_anns": spans}  # fmt: skip
    path = tmp_path / "train.json"
    path.write_text(json.dumps({number: entry}))
    with suppress(InputError):
        for found in read_babel([path]):
            assert found.key == "babel_00017"


def test_a_name_that_no_index_can_have_is_refused(amass: Path, tmp_path: Path) -> None:
    content = {"1": {"path": "KIT/3/kick_high_left02_poses", "duration": 6.0,
                     "annotations": [{"text": "kicks", "start": 0, "end": 6}]}}  # fmt: skip
    source = tmp_path / f"{'long' * 20}.json"
    source.write_text(json.dumps(content))
    with pytest.raises(InputError, match="new_name is"):
        import_annotations("unimocap", source, tmp_path / "out", amass=amass)
    assert not (tmp_path / "out").exists()


def test_an_index_of_others_is_kept(amass: Path, tmp_path: Path) -> None:
    source, out = tmp_path / "kit", tmp_path / "out"
    for folder in (source, out):
        folder.mkdir()
    (out / "index.csv").write_text("mine")
    with pytest.raises(InputError, match="not of annotations"):
        import_annotations("kit-ml", kit_ml(source), out, amass=amass)
    assert (out / "index.csv").read_text() == "mine"


def test_all_frames_of_a_recording_are_a_clip_and_no_more() -> None:
    for frames, fps in ((601, 100.0), (600, 59.999989), (1201, 250.0), (121, 20.0)):
        annotated = Annotated("a", "KIT/3/a.npz", (Annotation("walks"),))
        times = clip_times(annotated, frames, fps, is_smplx=False)
        assert times.end == len(range(0, frames, int(fps / 20)))
        by_time = clip_times(annotated, frames, fps, is_smplx=True)
        assert (by_time.end - 1) / by_time.fps <= (frames - 1) / fps + 1e-6


def test_a_sentence_about_all_of_the_clip_has_no_seconds() -> None:
    annotated = Annotated(
        "a", "KIT/3/a.npz",
        (Annotation("walks", 0, 9), Annotation("stops", 4.97, 5), Annotation(" "),
         Annotation("turns", -1, 2)),
    )  # fmt: skip
    times = clip_times(annotated, 100, 20.0, is_smplx=False)
    assert caption_lines(annotated, times) == ("walks", "turns##0.0#2.0")


def test_a_part_beyond_the_recording_is_refused() -> None:
    annotated = Annotated("a", "KIT/3/a.npz", (), part=(5.0, 6.0))
    with pytest.raises(RecordingError, match="no frame"):
        clip_times(annotated, 100, 20.0, is_smplx=False)


def test_the_command_asks_for_the_archive(amass: Path, tmp_path: Path) -> None:
    source, out = tmp_path / "kit", tmp_path / "out"
    source.mkdir()
    words = ["import", kit_ml(source), "--from", "kit-ml", "--out", out]
    code, printed = run(*words)
    assert code == 2
    assert "--amass" in printed
    code, printed = run(*words, "--amass", amass)
    assert code == 0, printed
    assert "index.csv: 1 clip, 2 captions" in printed
