"""Bodies from files: the same body whatever the file, and one clear sentence for a wrong one."""

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import scipy.sparse

from motiondata.bodies.loading import load_bodies, read_body
from motiondata.errors import InputError
from motiondata.skeletons import PARENTS
from tests.support.pickles import Ch, Select, write_as_python_2
from tests.support.small_body import Arrays, made_body

MADE = made_body(vertices=40)


def write_npz(path: Path, arrays: dict[str, Any]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **arrays)
    return path


def write_official_pickle(path: Path) -> Path:
    """Write the made body as SMPL's own files are: chumpy, a sparse regressor, Python 2."""
    components = np.concatenate([MADE["shapedirs"], np.ones((40, 3, 3))], axis=2)
    numbers = np.arange(components.size).reshape(components.shape)[..., :10].ravel()
    official = MADE | {
        "J_regressor": scipy.sparse.csc_matrix(MADE["J_regressor"]),
        "shapedirs": Select(Ch(components), numbers, MADE["shapedirs"].shape),
        "posedirs": Ch(MADE["posedirs"]),
        "kintree_table": MADE["kintree_table"].astype(np.uint32),
        "bs_type": "lrotmin",
        "J": np.zeros((24, 3)),
    }
    return write_as_python_2(path, official, 2)


def write_plain_pickle(path: Path) -> Path:
    path.write_bytes(pickle.dumps(MADE))
    return path


def write_root_of_minus_one(path: Path) -> Path:
    table = MADE["kintree_table"].astype(np.int32)
    table[0, 0] = -1
    return write_npz(path, MADE | {"kintree_table": table})


def write_other_layouts(path: Path) -> Path:
    extra = {"posedirs": np.asfortranarray(MADE["posedirs"]), "f": MADE["f"].astype(">i8")}
    return write_npz(path, MADE | extra | {"gender": "male", "dirty": np.zeros(0)})


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("body.pkl", write_official_pickle),
        ("body.pkl", write_plain_pickle),
        ("body.npz", write_root_of_minus_one),
        ("body.npz", write_other_layouts),
    ],
)
def test_a_body_is_the_same_from_every_kind_of_file(
    name: str, write: Callable[[Path], Path], tmp_path: Path
) -> None:
    expected = read_body(write_npz(tmp_path / "expected.npz", MADE))
    body = read_body(write(tmp_path / name))
    assert body.id == expected.id
    for field in ("vertices", "faces", "weights", "joints_template", "joint_shapes", "parents"):
        np.testing.assert_array_equal(getattr(body, field), getattr(expected, field), strict=True)
    np.testing.assert_array_equal(body.shape_dirs, MADE["shapedirs"])
    np.testing.assert_array_equal(body.pose_dirs, MADE["posedirs"])
    assert (body.name, body.shape_space) == ("body", "smpl")


def test_joints_are_the_regressor_times_the_surface(tmp_path: Path) -> None:
    body = read_body(write_npz(tmp_path / "body.npz", MADE))
    regressor = MADE["J_regressor"]
    np.testing.assert_allclose(body.joints_template, regressor @ MADE["v_template"], atol=1e-15)
    shapes = np.einsum("jv,vcs->jcs", regressor, MADE["shapedirs"])
    np.testing.assert_allclose(body.joint_shapes, shapes, rtol=0, atol=1e-15)
    assert tuple(body.parents) == (*PARENTS, 20, 21)


@pytest.mark.parametrize("key", ["v_template", "weights", "J_regressor", "shapedirs", "posedirs"])
def test_the_id_changes_with_any_array(key: str, tmp_path: Path) -> None:
    other = MADE[key].copy()
    other.flat[1] += 1e-9
    body = read_body(write_npz(tmp_path / "body.npz", MADE))
    changed = read_body(write_npz(tmp_path / "changed.npz", MADE | {key: other}))
    assert len(body.id) == 32
    assert changed.id != body.id


@pytest.mark.parametrize("absent", [{}, {"posedirs": np.zeros((40, 3, 207))}])
def test_no_pose_blend_shapes_and_zero_ones_are_the_same(absent: Arrays, tmp_path: Path) -> None:
    without = {key: array for key, array in MADE.items() if key != "posedirs"}
    expected = read_body(write_npz(tmp_path / "expected.npz", without))
    body = read_body(write_npz(tmp_path / "body.npz", without | absent))
    assert body.pose_dirs is None
    assert body.id == expected.id


@pytest.mark.parametrize(
    ("joints", "components", "kept"),
    [(24, 1, 1), (24, 10, 10), (24, 300, 16), (52, 16, 16), (55, 20, 10), (55, 400, 16)],
)
def test_leading_shapes_are_kept_and_expressions_are_not(
    joints: int, components: int, kept: int, tmp_path: Path
) -> None:
    arrays = made_body(vertices=30, joints=joints, betas=components)
    body = read_body(write_npz(tmp_path / "body.npz", arrays))
    np.testing.assert_array_equal(body.shape_dirs, arrays["shapedirs"][..., :kept])


@pytest.mark.parametrize(("joints", "space"), [(24, "smpl"), (52, "smpl"), (55, "smplx")])
def test_a_body_of_smplx_has_a_shape_space_of_its_own(
    joints: int, space: str, tmp_path: Path
) -> None:
    path = write_npz(tmp_path / "body.npz", made_body(vertices=30, joints=joints))
    assert read_body(path).shape_space == space


def test_a_file_can_name_its_shape_space(tmp_path: Path) -> None:
    for path in (tmp_path / "body.npz", tmp_path / "body.pkl"):
        arrays = MADE | {"shape_space": np.array("anny")}
        if path.suffix == ".npz":
            write_npz(path, arrays)
        else:
            path.write_bytes(pickle.dumps(arrays | {"shape_space": "anny"}))
        assert read_body(path).shape_space == "anny"


def changed(key: str, place: Any, value: object) -> Arrays:
    array = MADE[key].copy()
    array[place] = value
    return MADE | {key: array}


def without(key: str) -> Arrays:
    return {name: array for name, array in MADE.items() if name != key}


FAULTS = {
    "no weights": (without("weights"), "no weights; expected v_template, f, weights"),
    "flat vertices": (
        MADE | {"v_template": np.zeros((40, 2))},
        r"v_template is shaped \(40, 2\); expected \(vertices, 3\) with vertices = 40",
    ),
    "fewer weights": (
        MADE | {"weights": np.ones((39, 24))},
        r"weights is shaped \(39, 24\); expected \(vertices, joints\) with vertices = 40",
    ),
    "too few axes": (MADE | {"shapedirs": np.zeros((40, 3))}, r"shapedirs is shaped \(40, 3\)"),
    "a number": (MADE | {"f": np.array(3)}, r"f is shaped \(\)"),
    "pose blend shapes of other joints": (
        MADE | {"posedirs": np.zeros((40, 3, 459))},
        r"posedirs is shaped \(40, 3, 459\); .* features = 207",
    ),
    "text": (MADE | {"weights": np.array(["a"])}, "weights holds values of type <U1; .* real"),
    "fractional faces": (MADE | {"f": np.zeros((5, 3))}, "f holds values of type float64; .* int"),
    "NaN": (changed("shapedirs", (3, 1, 2), np.nan), "shapedirs holds NaN or infinite values"),
    "infinity": (changed("J_regressor", (0, 0), np.inf), "J_regressor holds NaN or infinite"),
    "centimeters": (
        MADE | {"v_template": 100 * MADE["v_template"]},
        "v_template holds values from .*; expected meters or shares, at most 10",
    ),
    "nonsense": (changed("posedirs", (0, 0, 0), 1e300), "posedirs holds values from .* to 1e.300"),
    "no faces": (MADE | {"f": np.zeros((0, 3), int)}, "f is empty; expected a body that has"),
    "no vertices": (
        {
            **MADE,
            "v_template": np.zeros((0, 3)),
            "weights": np.zeros((0, 24)),
            "J_regressor": np.zeros((24, 0)),
            "shapedirs": np.zeros((0, 3, 10)),
            "posedirs": np.zeros((0, 3, 207)),
        },
        "v_template is empty",
    ),
    "faces out of range": (
        changed("f", (0, 0), 40),
        "f names vertices from 0 to 40; expected 0 to 39",
    ),
    "another tree": (changed("kintree_table", (0, 4), 2), "kintree_table has the parents"),
    "no root": (changed("kintree_table", (0, 0), 0), "kintree_table has the parents"),
    "a parent after its child": (
        changed("kintree_table", (0, 22), 23),
        "kintree_table .* each parent before",
    ),
    "two roots": (changed("kintree_table", (0, 23), -1), "kintree_table .* a single root"),
    "weights that sum to two": (
        changed("weights", 0, 2 / 24),
        "a vertex's weights sum to one with",
    ),
    "half a character for a space": (
        MADE | {"shape_space": np.frombuffer(b"\x00\xd8\x00\x00", "<U1")},
        "shape_space is not a text",
    ),
    "no character for a space": (
        MADE | {"shape_space": np.frombuffer(b"\xff\xff\xff\x7f", "<U1")},
        "shape_space is not a text",
    ),
    "a number for a space": (MADE | {"shape_space": np.array(3)}, "shape_space is not a text"),
    "a pickled regressor": (
        MADE | {"J_regressor": np.array(scipy.sparse.csc_matrix(np.eye(3)), dtype=object)},
        "J_regressor holds Python objects, and nothing is ever unpickled",
    ),
}


@pytest.mark.parametrize(("arrays", "message"), FAULTS.values(), ids=FAULTS)
def test_a_faulty_body_is_refused_with_its_file_and_fault(
    arrays: Arrays, message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=rf"body\.npz: {message}"):
        read_body(write_npz(tmp_path / "body.npz", arrays))


def test_lists_that_grow_without_end_are_no_arrays(tmp_path: Path) -> None:
    endless: list[Any] = [1.0]
    for _ in range(60):
        endless = [endless, endless]
    path = tmp_path / "body.pkl"
    for key, message in (
        ("weights", "holds values of type object"),
        ("shape_space", "is not a text"),
    ):
        path.write_bytes(pickle.dumps(MADE | {key: endless}))
        with pytest.raises(InputError, match=f"{key} {message}"):
            read_body(path)


def test_too_few_joints_are_refused(tmp_path: Path) -> None:
    fewer = {
        "weights": MADE["weights"][:, :21],
        "J_regressor": MADE["J_regressor"][:21],
        "kintree_table": MADE["kintree_table"][:, :21],
    }
    with pytest.raises(InputError, match="SMPL's, which begin with"):
        read_body(write_npz(tmp_path / "body.npz", without("posedirs") | fewer))


def test_a_pickled_body_is_checked_as_others_are(tmp_path: Path) -> None:
    path = tmp_path / "body.pkl"
    path.write_bytes(pickle.dumps(MADE | {"weights": np.array([None])}))
    with pytest.raises(InputError, match=r"body\.pkl: weights holds values of type object"):
        read_body(path)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("absent.npz", None, "no such file"),
        ("body.obj", b"v 0 0 0", "expected a body file that ends with .npz or .pkl"),
        ("body.npz", b"junk", "expected a whole .npz file"),
        ("body.npz", b"", "expected a whole .npz file"),
    ],
)
def test_what_is_no_body_file_is_refused(
    name: str, content: bytes | None, message: str, tmp_path: Path
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=f"{name}: .*{message}"):
        read_body(path)


def test_a_damaged_archive_is_refused_wherever_it_is_damaged(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "body.npz", MADE)
    whole = path.read_bytes()
    for cut in range(0, len(whole), len(whole) // 40):
        path.write_bytes(whole[:cut] + whole[cut + 50 :])
        with pytest.raises(InputError, match=r"body\.npz"):
            read_body(path)


@pytest.mark.parametrize("layout", ["{}/model.npz", "SMPL_{}.npz", "SMPLH_{}.npz", "SMPLX_{}.npz"])
def test_a_folder_has_a_body_for_each_gender(layout: str, tmp_path: Path) -> None:
    genders = ("male", "female", "neutral")
    for seed, gender in enumerate(genders):
        name = gender if layout.startswith("{}") else gender.upper()
        write_npz(tmp_path / layout.format(name), made_body(seed, vertices=20))
    bodies = load_bodies(tmp_path)
    assert tuple(bodies) == genders
    assert len({body.id for body in bodies.values()}) == 3
    assert bodies["male"].name == ("male/model" if "model" in layout else layout[:-6] + "MALE")


def test_the_female_body_serves_neutral_recordings_where_there_is_no_neutral_one(
    tmp_path: Path,
) -> None:
    for seed, gender in enumerate(("male", "female")):
        write_npz(tmp_path / gender / "model.npz", made_body(seed, vertices=20))
    bodies = load_bodies(tmp_path)
    assert bodies["neutral"] is bodies["female"]
    assert bodies["male"].id != bodies["female"].id


def test_a_file_serves_every_gender(tmp_path: Path) -> None:
    bodies = load_bodies(write_npz(tmp_path / "body.npz", MADE))
    assert bodies["male"] is bodies["female"] is bodies["neutral"]


@pytest.mark.parametrize(
    ("genders", "found"),
    [
        ((), "none"),
        (("male",), "male/model.npz"),
        (("female", "neutral"), "female/model.npz and neutral/model.npz"),
    ],
)
def test_a_folder_without_male_and_female_is_refused(
    genders: tuple[str, ...], found: str, tmp_path: Path
) -> None:
    for gender in genders:
        write_npz(tmp_path / gender / "model.npz", MADE)
    with pytest.raises(InputError, match=f"a male and a female body, found {found}; ") as caught:
        load_bodies(tmp_path)
    assert "{" not in str(caught.value)
    assert "poses everybody with one body" in str(caught.value)


OFFICIAL = {
    "mano_v1_2/models": ("SMPLH_{}.pkl", ("male", "female")),
    "SMPL_python_v.1.1.0/smpl/models": (
        "basicmodel_{}_lbs_10_207_0_v1.1.0.pkl",
        ("m", "f", "neutral"),
    ),
    "SMPL_python_v.1.0.0/smpl/models": ("basicModel_{}_lbs_10_207_0_v1.0.0.pkl", ("m", "f")),
    "models/smplh": ("SMPLH_{}.pkl", ("MALE", "FEMALE")),
    "models/smplx": ("SMPLX_{}.npz", ("MALE", "FEMALE", "NEUTRAL")),
    "smplh": ("{}/model.npz", ("male", "female", "neutral")),
}
"""Folders of the official archives, and of the `smplx` package, with their files."""


@pytest.mark.parametrize("up", [0, 1])
@pytest.mark.parametrize("folder", OFFICIAL)
def test_an_official_folder_is_found_by_its_names_and_from_the_folder_above(
    folder: str, up: int, tmp_path: Path
) -> None:
    name, genders = OFFICIAL[folder]
    files = [tmp_path / folder / name.format(gender) for gender in genders]
    for number, file in enumerate(files):
        file.parent.mkdir(parents=True, exist_ok=True)
        arrays = made_body(number, vertices=20)
        write_npz(file, arrays) if file.suffix == ".npz" else file.write_bytes(pickle.dumps(arrays))
    named = tmp_path / folder if up == 0 else (tmp_path / folder).parent
    expected = dict(zip(("male", "female", "neutral"), [*files, files[1]], strict=False))
    bodies = load_bodies(named)
    assert {gender: body.id for gender, body in bodies.items()} == {
        gender: read_body(path).id for gender, path in expected.items()
    }


def test_smpl_with_hands_comes_before_others_in_a_folder_of_all(tmp_path: Path) -> None:
    for number, kind in enumerate(("smplh", "smpl", "smplx")):
        for gender in ("MALE", "FEMALE"):
            path = tmp_path / kind / f"{kind.upper()}_{gender}.npz"
            write_npz(path, made_body(number, vertices=20))
    assert load_bodies(tmp_path)["male"].name == "SMPLH_MALE"


def test_two_files_for_one_gender_are_refused(tmp_path: Path) -> None:
    for name in ("SMPLH_male.npz", "SMPLH_MALE.npz", "SMPLH_FEMALE.npz"):
        write_npz(tmp_path / name, MADE)
    with pytest.raises(InputError, match="expected one male body, found two"):
        load_bodies(tmp_path)
