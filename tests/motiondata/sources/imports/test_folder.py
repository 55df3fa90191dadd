"""A folder of files becomes an archive with an index, which resumes and survives bad files."""

import json
from pathlib import Path

import numpy as np
import pytest

from motiondata.errors import InputError
from motiondata.sources.amass.reader import read_smplh
from motiondata.sources.amass.writer import write_amass
from motiondata.sources.humanml3d.archive import Archive
from motiondata.sources.humanml3d.index import read_index
from motiondata.sources.humanml3d.trimming import cut_clip
from pipelines.engine.errors import AbortedError
from pipelines.engine.import_lock import only_import
from pipelines.sources import import_bvh, import_smpl
from shards.errors import ShardError
from tests.support.body_motions import made_motion
from tests.support.bvh_files import walking, write_bvh
from tests.support.compare_builds import files_of
from tests.support.faults import KILLED, Fault
from tests.support.faults import run as run_with_fault

WALK, BOW = "dataset-1_walk-left_old_001", "dataset-1_bow_sad_002"


@pytest.fixture
def source(tmp_path: Path) -> Path:
    folder = tmp_path / "captures"
    (folder / "more").mkdir(parents=True)
    write_bvh(folder / f"{WALK}.bvh", *walking())
    write_bvh(folder / "more" / f"{BOW}.BVH", *walking(30), fps=120)
    return folder


def test_the_archive_has_what_builds_read(source: Path, tmp_path: Path) -> None:
    report = import_bvh(source, tmp_path / "out", licence="ours")
    assert (report.recordings, report.frames, report.failures) == (2, 70, ())
    assert (report.clips, report.captions) == (2, 4)
    out = tmp_path / "out"
    rows = {row.name: row for row in read_index(out / "index.csv")}
    assert {name: row.end_frame for name, row in rows.items()} == {WALK: 40, BOW: 5}
    for row in rows.values():
        recording = read_smplh(Archive.scan(out).find(row), row.source_path)
        assert recording.licence == "ours"
        assert cut_clip(recording, row).frames == row.end_frame
    texts = out / "texts"
    assert (texts / f"{BOW}.txt").read_text().startswith("a person bows sadly\n")
    assert "walks to the right" in (texts / f"M{WALK}.txt").read_text()


def test_the_provenance_says_where_a_recording_is_from(source: Path, tmp_path: Path) -> None:
    import_bvh(source, tmp_path / "out")
    lines = (tmp_path / "out/imports.jsonl").read_text().splitlines()
    first = json.loads(lines[0])
    assert first["source"] == f"{WALK}.bvh"
    assert (tmp_path / "out" / first["recording"]).is_file()
    assert len(first["sha256"]) == 64
    assert any("unit cm" in found for found in first["found"])


def test_an_import_continues_where_it_was(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert import_bvh(source / f"{WALK}.bvh", out).reused == 0
    first = next(out.rglob("*.npz"))
    stamp = first.stat().st_mtime_ns
    report = import_bvh(source, out)
    assert (report.recordings, report.reused) == (2, 1)
    assert first.stat().st_mtime_ns == stamp
    assert import_bvh(source, out, unit="m").reused == 0
    write_bvh(source / f"{WALK}.bvh", *walking(60))
    report = import_bvh(source, out, unit="m")
    assert (report.reused, report.replaced) == (1, 1)
    assert "Is it another motion?" in " ".join(report.lines())


def test_the_same_files_give_the_same_bytes(source: Path, tmp_path: Path) -> None:
    def content(out: Path) -> dict[str, bytes]:
        import_bvh(source, out)
        files = [path for path in out.rglob("*") if path.is_file()]
        return {path.relative_to(out).as_posix(): path.read_bytes() for path in files}

    assert content(tmp_path / "one") == content(tmp_path / "two")


def test_a_bad_file_is_a_failure_with_its_reason(source: Path, tmp_path: Path) -> None:
    (source / "cut.bvh").write_text((source / f"{WALK}.bvh").read_text()[:-40])
    write_bvh(source / "slow.bvh", *walking(), fps=5)
    report = import_bvh(source, tmp_path / "out")
    assert {failure.source for failure in report.failures} == {"cut.bvh", "slow.bvh"}
    assert "line" in report.failures[0].message
    assert (report.recordings, report.clips, report.exit_code) == (2, 2, 3)


def test_two_files_of_one_name_are_not_mixed(source: Path, tmp_path: Path) -> None:
    write_bvh(source / f"{WALK}.BVH", *walking())
    failures = import_bvh(source, tmp_path / "out").failures
    assert [failure.source for failure in failures] == [f"{WALK}.BVH", f"{WALK}.bvh"]
    assert all("expected one file of this name, found 2" in each.message for each in failures)


def test_a_slow_file_gets_frames_between_its_own(source: Path, tmp_path: Path) -> None:
    write_bvh(source / "slow.bvh", *walking(), fps=12.5)
    out = tmp_path / "out"
    report = import_bvh(source, out)
    assert any("12.5 frames a second were interpolated to 25" in line for line in report.lines())
    slow = read_smplh(out / "captures/slow_poses.npz", "slow")
    plain = read_smplh(out / f"captures/{WALK}_poses.npz", "walk")
    assert (slow.fps, slow.frames) == (25.0, 79)
    np.testing.assert_allclose(slow.pose[::2], plain.pose, atol=1e-6)


def test_captions_beside_the_files_are_taken_as_they_are(source: Path, tmp_path: Path) -> None:
    (tmp_path / "texts").mkdir()
    caption = "a man walks.#a/DET man/NOUN walk/VERB#0.0#0.0\n"
    (tmp_path / "texts" / f"{WALK}.txt").write_text(caption)
    (tmp_path / "texts" / f"M{WALK}.txt").write_text("mirrored")
    import_bvh(source, tmp_path / "out")
    texts = tmp_path / "out/texts"
    assert (texts / f"{WALK}.txt").read_text() == caption
    assert (texts / f"M{WALK}.txt").read_text() == "mirrored\n"


def test_an_import_that_was_killed_continues(source: Path, tmp_path: Path) -> None:
    """Killed before a recording was written, and while a line was written."""
    out = tmp_path / "out"
    import_bvh(source, out)
    (out / f"captures/{WALK}_poses.npz").unlink()
    lines = (out / "imports.jsonl").read_text()
    (out / "imports.jsonl").write_text(lines[:-20])
    (out / "index.csv").unlink()
    (out / "captures/more" / f"{BOW}_poses.npz").unlink()
    report = import_bvh(source, out)
    assert (report.recordings, report.reused, report.failures) == (2, 0, ())
    assert (out / "imports.jsonl").read_text() == lines


def test_files_of_others_are_kept(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    (out / "index.csv").write_text("HumanML3D's own")
    with pytest.raises(InputError, match="not written by an import"):
        import_bvh(source, out)
    assert [path.name for path in out.iterdir()] == ["index.csv"]


def test_nothing_to_import_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "bad.bvh").write_text("no motion")
    with pytest.raises(InputError, match="MOTION"):
        import_bvh(tmp_path, tmp_path / "out")


def test_the_report_names_what_was_found(source: Path, tmp_path: Path) -> None:
    report = import_bvh(source, tmp_path / "out")
    text = "\n".join(report.lines())
    assert "2 files: unit cm" in text
    assert text.endswith(f"2 recordings, 70 frames in {tmp_path / 'out'}")


def test_the_report_says_that_an_edited_list_was_kept(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert import_bvh(source, out).kept_splits == ()
    (out / "train.txt").write_text("mine\n")
    report = import_bvh(source, out)
    assert (report.kept_splits, report.splits) == (("train.txt",), {})
    assert any("train.txt was edited" in line for line in report.lines())
    assert (out / "train.txt").read_text() == "mine\n"


def test_a_second_import_into_the_folder_is_refused(source: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    import_bvh(source / f"{WALK}.bvh", out)
    before = files_of(out)
    with only_import(out), pytest.raises(AbortedError, match="another import is writing there"):
        import_bvh(source, out)
    assert files_of(out) == before
    assert import_bvh(source, out).reused == 1


MOMENTS = {
    "before the first recording": Fault("SIGKILL", "rename", file=WALK),
    "after a recording": Fault("SIGKILL", "rename", file=WALK, after=True),
    "before the second recording": Fault("SIGKILL", "rename", file=BOW),
    "before the index": Fault("SIGKILL", "rename", file="index.csv"),
    "before the captions": Fault("SIGKILL", "rename", file="texts"),
    "between the lists": Fault("SIGKILL", "rename", file="val.txt"),
}
"""When an import is killed."""


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_import_resumes_with_the_same_bytes(
    source: Path, tmp_path: Path, moment: str
) -> None:
    import_bvh(source, tmp_path / "whole")
    out, log = tmp_path / "out", tmp_path / "log"
    words = ["import", str(source), "--from", "bvh", "--out", str(out)]
    assert run_with_fault(words, log, MOMENTS[moment]) == KILLED
    assert run_with_fault(words, log) == 0, log.read_text()
    assert files_of(out) == files_of(tmp_path / "whole")


def test_the_folder_may_be_inside_its_source_but_not_be_it(tmp_path: Path) -> None:
    """The recordings are files of poses, and are not imported again."""
    write_amass(tmp_path / "walk.npz", made_motion(20).recording)
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="among the files that they are made of"):
        import_smpl(tmp_path, tmp_path)
    for _ in range(2):
        assert import_smpl(tmp_path, tmp_path / "archive").clips == 1
    with pytest.raises(InputError, match="found no"):
        import_smpl(tmp_path / "empty", tmp_path / "other" / "archive")
    assert {path.name for path in tmp_path.iterdir()} == {"walk.npz", "empty", "archive"}


def test_links_to_files_are_imported_and_links_to_nothing_are_failures(
    source: Path, tmp_path: Path
) -> None:
    links = tmp_path / "links"
    links.mkdir()
    (links / f"{WALK}.bvh").symlink_to(source / f"{WALK}.bvh")
    assert import_bvh(links, tmp_path / "out").recordings == 1
    (links / "gone.bvh").symlink_to("nothing")
    (links / "loop.bvh").symlink_to("loop.bvh")
    report = import_bvh(links, tmp_path / "out")
    assert report.recordings == 1
    assert [failure.message for failure in report.failures] == [
        "gone.bvh: expected a file, found a link to nothing (nothing)",
        "loop.bvh: expected a file, found a link to nothing (loop.bvh)",
    ]


def test_links_to_folders_are_named_and_not_followed(source: Path, tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    (tmp_path / "links" / "data").symlink_to(source)
    with pytest.raises(InputError, match=r"found no \.bvh file; .*data is a link to a folder"):
        import_bvh(tmp_path / "links", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_file_in_place_of_the_folder_is_refused(source: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    for out in (tmp_path / "out", tmp_path / "out" / "below"):
        with pytest.raises((InputError, ShardError), match="out"):
            import_bvh(source, out)
    assert (tmp_path / "out").read_text() == "mine"
