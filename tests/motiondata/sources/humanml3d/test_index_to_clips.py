"""The whole way from an index to clips, through real files."""

from pathlib import Path

import numpy as np
from numpy.testing import assert_array_equal

from motiondata.clip import Clip
from motiondata.errors import DropReason, RecordingError
from motiondata.sources.amass.reader import read_smplh
from motiondata.sources.humanml3d.archive import Archive
from motiondata.sources.humanml3d.index import read_index
from motiondata.sources.humanml3d.trimming import cut_clip
from tests.support.amass_files import save_npz, smplh_arrays, smplx_arrays
from tests.support.reference_data import reference_data

HEADER = "source_path,start_frame,end_frame,new_name\n"


def clips_and_drops(index: Path, root: Path) -> dict[str, Clip | DropReason]:
    archive = Archive.scan(root)
    results: dict[str, Clip | DropReason] = {}
    for row in read_index(index):
        try:
            path = archive.find(row)
            recording = read_smplh(path, path.relative_to(archive.root).as_posix())
            results[row.name] = cut_clip(recording, row)
        except RecordingError as error:
            results[row.name] = error.reason
    return results


def test_every_row_is_a_clip_or_a_drop_with_its_reason(tmp_path: Path) -> None:
    root = tmp_path / "amass"
    save_npz(root / "KIT/KIT/3/good_poses.npz", smplh_arrays(mocap_framerate=np.array(40.0)))
    save_npz(root / "KIT/KIT/3/nan_poses.npz", smplh_arrays(trans=np.full((7, 3), np.nan)))
    save_npz(root / "KIT/KIT/3/keys_poses.npz", smplh_arrays(poses=None))
    save_npz(root / "KIT/KIT/3/new_stageii.npz", smplx_arrays())
    save_npz(root / "KIT/KIT/3/two-a_poses.npz", smplh_arrays())
    save_npz(root / "KIT/KIT/3/two a_poses.npz", smplh_arrays())
    (root / "KIT/KIT/3/torn_poses.npz").write_bytes(b"PK")
    names = ("good", "nan", "keys", "new", "two_a", "torn", "none")
    rows = [f"./pose_data/KIT/3/{name}_poses.npy,0,2,{name}.npy" for name in names]
    rows += ["./pose_data/KIT/3/good_poses.npy,0,9,short.npy"]
    rows += ["./pose_data/humanact12/humanact12/P01.npy,0,-1,act.npy"]
    index = tmp_path / "index.csv"
    index.write_text(HEADER + "\n".join(rows))

    results = clips_and_drops(index, root)
    clip = results.pop("good")
    assert isinstance(clip, Clip)
    assert (clip.frames, clip.fps, clip.first_frame, clip.last_frame) == (2, 20.0, 0, 2)
    assert clip.recording.source == "KIT/KIT/3/good_poses.npz"
    assert results == {
        "nan": DropReason.NOT_FINITE,
        "keys": DropReason.INVALID,
        "new": DropReason.WRONG_RELEASE,
        "two_a": DropReason.AMBIGUOUS,
        "torn": DropReason.UNREADABLE,
        "none": DropReason.MISSING,
        "short": DropReason.TOO_SHORT,
        "act": DropReason.HUMANACT12,
    }


def test_a_real_recording_gives_the_clip_of_its_row(tmp_path: Path) -> None:
    sample = reference_data("amass", "amass_sample.npz")
    link = tmp_path / "amass" / "Eyes_Japan_Dataset" / "a" / "one two_poses.npz"
    link.parent.mkdir(parents=True)
    link.symlink_to(sample.resolve())
    index = tmp_path / "index.csv"
    index.write_text(f"{HEADER}./pose_data/Eyes_Japan_Dataset/a/one_two_poses.npy,5,40,000000.npy")

    clip = clips_and_drops(index, tmp_path / "amass")["000000"]
    assert isinstance(clip, Clip)
    with np.load(sample) as arrays:
        assert_array_equal(clip.trans, arrays["trans"][::6][60:][5:40])
        assert_array_equal(clip.pose.reshape(-1, 66), arrays["poses"][::6][60:][5:40, :66])
    assert (clip.frames, clip.fps) == (35, 20.0)
    assert (clip.first_frame, clip.last_frame) == (65 * 6, 99 * 6)
