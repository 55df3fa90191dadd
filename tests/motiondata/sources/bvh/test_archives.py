"""LAFAN1, 100STYLE and MotionHub: units, frames, captions, lists and licenses of made files."""

import json
from pathlib import Path

import numpy as np
import pytest

from motiondata.recording import SMPL_SHAPES, SMPLX_SHAPES, Recording
from motiondata.sources.amass.read_amass import read_amass
from motiondata.sources.bvh import lafan1, style100
from motiondata.sources.imports.file_names import read_template
from motiondata.sources.imports.split_lists import read_split_template
from pipelines.publishing.terms import terms_of
from pipelines.sources import import_lafan1, import_motionhub, import_style100
from tests.support.bvh_files import BvhStyle, names_of, walking, write_bvh
from tests.support.skeleton import moving_pose

LAFAN1 = BvhStyle(
    names=names_of(
        ("Hips", "Spine", "Spine1", "Spine2", "Neck", "Head"),
        ("@UpLeg", "@Leg", "@Foot", "@Toe", "@Shoulder", "@Arm", "@ForeArm", "@Hand"),
    ),
    order="ZYX",
)
STYLE100 = BvhStyle(
    names=names_of(
        ("Hips", "Chest", "Chest2", "Chest3", "Neck", "Head"),
        ("@Hip", "@Knee", "@Ankle", "@Toe", "@Collar", "@Shoulder", "@Elbow", "@Wrist"),
    ),
)
FRAMES = 60


def recording(out: Path, name: str) -> Recording:
    (path,) = out.rglob(f"{name}_poses.npz")
    return read_amass(path)


def captions(out: Path, key: str) -> list[str]:
    return (out / "texts" / f"{key}.txt").read_text().splitlines()


@pytest.fixture(scope="module")
def lafan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Import takes of two subjects."""
    root = tmp_path_factory.mktemp("lafan")
    (root / "lafan1").mkdir()
    for name in ("walk1_subject1", "fallAndGetUp12_subject2", "obstacles3_subject2"):
        write_bvh(root / "lafan1" / f"{name}.bvh", *walking(FRAMES), LAFAN1, fps=30)
    report = import_lafan1(root / "lafan1", root / "out")
    assert (report.recordings, report.captions) == (3, 6)
    return root / "out"


def test_lafan1_is_in_centimeters_at_30_frames_a_second(lafan: Path) -> None:
    found = recording(lafan, "walk1_subject1")
    assert found.frames == FRAMES
    assert found.fps == pytest.approx(30, abs=1e-4)
    moved = found.trans[-1] - found.trans[0]
    assert np.linalg.norm(moved[:2]) == pytest.approx(0.03 * (FRAMES - 1), rel=0.05)  # meters
    assert abs(moved[2]) < 0.05  # z is up


def test_lafan1_s_captions_are_of_the_theme_without_the_take(lafan: Path) -> None:
    assert captions(lafan, "walk1_subject1")[0] == "a person walks"
    assert captions(lafan, "fallAndGetUp12_subject2")[0] == (
        "a person falls to the ground and gets up again"
    )
    assert captions(lafan, "Mobstacles3_subject2")[0] == "a person walks over obstacles"


def test_lafan1_s_takes_of_a_subject_are_in_one_list(lafan: Path) -> None:
    lists = {name: (lafan / f"{name}.txt").read_text().split() for name in ("train", "val", "test")}
    homes = [name for name, keys in lists.items() if {"fallAndGetUp12_subject2"} & {*keys}]
    assert homes == [name for name, keys in lists.items() if {"obstacles3_subject2"} & {*keys}]


def test_lafan1_s_license_forbids_to_publish_motion(lafan: Path) -> None:
    terms = terms_of(recording(lafan, "walk1_subject1").licence, "recordings")
    assert terms.name == "CC BY-NC-ND 4.0"
    assert terms.forbids(["points.npy", "txt"]) == ("points.npy",)


def test_every_theme_of_lafan1_has_a_sentence() -> None:
    """The themes of the table in its README, as its file names spell them."""
    themes = ("obstacles walk dance fallAndGetUp aiming ground multipleActions run fight jumps "
              "fightAndSports pushAndStumble pushAndFall sprint push")  # fmt: skip
    of_name = read_template(lafan1.CAPTIONS).of_name
    for theme in themes.split():
        for sentence in of_name(f"{theme}2_subject4"):
            assert theme not in sentence or theme.islower()
            assert "2" not in sentence


def style_files(root: Path, tables: bool = True) -> Path:
    source = root / "100STYLE"
    for name in ("DragLeftLeg_FW", "DragLeftLeg_ID", "Cat_FW"):
        (source / name.split("_")[0]).mkdir(parents=True, exist_ok=True)
        path = source / name.split("_")[0] / f"{name}.bvh"
        write_bvh(path, *walking(FRAMES), STYLE100, fps=60)
    if tables:
        (source / "Frame_Cuts.csv").write_text(
            "STYLE_NAME,BR_START,BR_STOP,FW_START,FW_STOP,ID_START,ID_STOP,TR2_START,TR2_STOP\n"
            "DragLeftLeg,1,2,10,40,N/A,N/A,N/A,N/A\nCat,1,2,5,500,0,30,N/A,N/A\n"
        )
        (source / "Dataset_List.csv").write_text(
            "Style Name,Stochastic,Symmetric,Description\n"
            "DragLeftLeg,No,No,Dragging the left leg.\nCat,No,Yes,\n"
        )
    return source


def test_100style_is_cut_by_its_table(tmp_path: Path) -> None:
    out = tmp_path / "out"
    report = import_style100(style_files(tmp_path), out)
    assert report.recordings == 3
    assert recording(out, "DragLeftLeg_FW").frames == 30
    assert recording(out, "DragLeftLeg_ID").frames == FRAMES  # the table has none
    assert recording(out, "Cat_FW").frames == FRAMES - 5  # the file ends before the table does
    assert recording(out, "Cat_FW").fps == pytest.approx(60, abs=1e-3)
    assert terms_of(recording(out, "Cat_FW").licence, "recordings").name == "CC BY 4.0"
    whole = import_style100(style_files(tmp_path / "b", tables=False), tmp_path / "b" / "out")
    assert "all frames are used: no Frame_Cuts.csv" in "\n".join(whole.lines())
    cut = recording(out, "DragLeftLeg_FW")
    uncut = recording(tmp_path / "b" / "out", "DragLeftLeg_FW")
    np.testing.assert_array_equal(cut.pose, uncut.pose[10:40])


def test_100style_s_captions_say_content_and_style(tmp_path: Path) -> None:
    out = tmp_path / "out"
    import_style100(style_files(tmp_path), out)
    assert captions(out, "DragLeftLeg_FW") == [
        "a person walks forward in the style drag left leg",
        "a person walks forward: dragging the left leg",
    ]
    assert captions(out, "MDragLeftLeg_ID")[0] == (
        "a person stands in place in the style drag right leg"
    )
    assert captions(out, "Cat_FW") == ["a person walks forward in the style cat"]


def test_a_table_that_changes_is_imported_again(tmp_path: Path) -> None:
    source, out = style_files(tmp_path), tmp_path / "out"
    import_style100(source, out)
    assert import_style100(source, out).reused == 3
    table = source / "Frame_Cuts.csv"
    table.write_text(table.read_text().replace("10,40", "10,50"))
    assert import_style100(source, out).reused == 0
    assert recording(out, "DragLeftLeg_FW").frames == 40


def test_files_with_other_names_are_failures(tmp_path: Path) -> None:
    source = style_files(tmp_path)
    (source / "Cat" / "walk.bvh").write_bytes((source / "Cat" / "Cat_FW.bvh").read_bytes())
    report = import_style100(source, tmp_path / "out")
    assert [failure.source for failure in report.failures] == ["Cat/walk.bvh"]


def test_contents_of_a_style_are_in_one_list() -> None:
    names = [f"{style}_{content}" for style in ("Cat", "Old", "Zombie") for content in ("FW", "BR")]
    splits = read_split_template(style100.SPLITS).divide(names)
    assert splits is not None
    assert splits[::2] == splits[1::2]


def test_motionhub_s_files_are_smpl_x_poses(tmp_path: Path) -> None:
    """55 joints of SMPL-X, as Blender's add-on reads them: hands and face are zeros."""
    pose, trans = moving_pose(FRAMES, seed=2)
    poses = np.zeros((FRAMES, 55 * 3), np.float32)
    poses[:, :66] = pose.reshape(FRAMES, 66)
    source, out = tmp_path / "hub", tmp_path / "out"
    source.mkdir()
    np.savez(source / "dance.npz", poses=poses, trans=trans.astype(np.float32), gender="neutral",
             betas=np.zeros(16), mocap_frame_rate=30.0, surface_model_type="smplx")  # fmt: skip
    import_motionhub(source, out)
    found = recording(out, "dance")
    assert (found.fps, found.shape_space, found.frames) == (30.0, SMPLX_SHAPES, FRAMES)
    assert found.licence == "MotionHub: the license of each subset's source"
    import_motionhub(source, out, licence="CC BY 4.0")
    assert recording(out, "dance").licence == "CC BY 4.0"


def write_smplh(path: Path, seed: int) -> None:
    """Write a file as in `smplh_52/`: y is up."""
    pose, trans = moving_pose(FRAMES, seed=seed)
    poses = np.zeros((FRAMES, 52 * 3), np.float32)
    poses[:, :66] = pose.reshape(FRAMES, 66)
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, poses=poses, trans=trans.astype(np.float32), transl=trans.astype(np.float32),
             betas=np.zeros(16), gender="neutral", num_frames=FRAMES,
             mocap_framerate=30.0)  # fmt: skip


def write_levels(path: Path, **levels: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(levels))


@pytest.mark.parametrize("given", ["", "smplh_52"])
def test_captions_of_motionhub_are_those_of_all_levels(tmp_path: Path, given: str) -> None:
    subset, out = tmp_path / "grab", tmp_path / "out"
    write_smplh(subset / "smplh_52/s1/cup.npz", 2)
    write_smplh(subset / "smplh_52/s1/bowl.npz", 3)
    write_smplh(subset / "smplh_52/s1/pan.npz", 4)
    texts = subset / "hierarchical_caption/s1"
    write_levels(texts / "cup.json", category="objects", micro=["The arm bends.", "It rises. #2"],
                 macro=["A person drinks."], meso="A person lifts a cup.")  # fmt: skip
    write_levels(texts / "bowl.json", category="objects", action="pass a bowl")
    import_motionhub(subset / given, out)
    texts_of_clips = [*(out / "texts").glob("[!M]*.txt")]
    (cup,) = (path for path in texts_of_clips if "drinks" in path.read_text())
    expected = ["A person drinks.", "A person lifts a cup.", "The arm bends.", "It rises. 2"]
    assert cup.read_text().splitlines() == expected
    assert len(texts_of_clips) == 2
    assert recording(out, "cup").shape_space == SMPL_SHAPES


@pytest.mark.parametrize("given", ["grab", "grab/smplh_52", "."])
def test_captions_of_motionhub_are_found_from_any_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: str
) -> None:
    subset, out = tmp_path / "smplx_files/grab", tmp_path / "out"
    write_smplh(subset / "smplh_52/cup.npz", 2)
    write_levels(subset / "hierarchical_caption/cup.json", macro=["a person drinks"])
    monkeypatch.chdir(subset / "smplh_52" if given == "." else tmp_path / "smplx_files")
    import_motionhub(Path(given), out)
    (file,) = (out / "texts").glob("[!M]*.txt")
    assert file.read_text() == "a person drinks\n"
    assert recording(out, "cup").shape_space == SMPL_SHAPES


def test_the_folder_next_to_a_file_of_motionhub_says_its_shapes(tmp_path: Path) -> None:
    subset, out = tmp_path / "smplh_and_smplx/grab", tmp_path / "out"
    write_smplh(subset / "smplx_52/cup.npz", 2)
    import_motionhub(subset, out)
    assert recording(out, "cup").shape_space == SMPLX_SHAPES


def test_changed_captions_of_motionhub_are_imported_again(tmp_path: Path) -> None:
    subset, out = tmp_path / "grab", tmp_path / "out"
    write_smplh(subset / "smplh_52/cup.npz", 2)
    for text in ("a person drinks", "a person pours"):
        write_levels(subset / "hierarchical_caption/cup.json", macro=[text])
        import_motionhub(subset, out)
        (file,) = (out / "texts").glob("[!M]*.txt")
        assert file.read_text() == f"{text}\n"


@pytest.mark.parametrize("content", ["[]", "{", '{"macro": [1]}'])
def test_a_caption_file_of_motionhub_without_captions_is_a_failure(
    tmp_path: Path, content: str
) -> None:
    subset = tmp_path / "grab"
    for name in ("cup", "pan"):
        write_smplh(subset / f"smplh_52/{name}.npz", 2)
    write_levels(subset / "hierarchical_caption/cup.json")
    (subset / "hierarchical_caption/cup.json").write_text(content)
    report = import_motionhub(subset, tmp_path / "out")
    (failure,) = report.failures
    assert "hierarchical_caption/cup.json: expected captions in macro, meso, micro" in str(failure)
