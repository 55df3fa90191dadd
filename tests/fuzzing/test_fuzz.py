"""Hundreds of damaged files of every kind that is read: a result, or an error of ours.

The seed is fixed, so that a failure names the mutant that shows it again.
"""

import io
import json
import pickle
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random

import numpy as np
import pytest

from motiondata.bodies.loading import read_body
from motiondata.bodies.posing import pose_body, shape_body
from motiondata.errors import MotionDataError
from motiondata.guards import check_plausible, check_pose_is_rotations
from motiondata.lidar.cpu.scanner import Scanner
from motiondata.lidar.presets import load_sensor
from motiondata.lidar.sensor import Sensor
from motiondata.sources.amass.reader import read_recording
from motiondata.sources.cmu.convert import read_motion, read_subject
from motiondata.sources.humanml3d.captions import find_captions
from motiondata.sources.humanml3d.index import read_index
from motiondata.sources.humanml3d.splits import read_splits
from motiondata.sources.humanml3d.trimming import cut_clip
from tests.motiondata.lidar.test_sensor import METADATA, MINE
from tests.support.acclaim_files import amc_text, asf_text
from tests.support.amass_files import smplh_arrays, smplx_arrays
from tests.support.index_rows import made_row
from tests.support.mutants import mutant, mutant_within
from tests.support.pickles import write_as_python_2
from tests.support.skeleton import standing_pose
from tests.support.small_body import made_body, small_arrays

MUTANTS = 60
"""Of each kind, in every run of the tests."""
SLOW_MUTANTS = 2000
SECONDS = 5.0
"""Maximum time per file, also on a busy machine."""
ROOM = 2**31
"""Bytes of address space that the reading of a small file may add."""

Mutate = Callable[[bytes, Random], bytes]
SKELETON = "01.asf"


@dataclass(frozen=True)
class Kind:
    """One kind of file: its name, what a good one holds, and how it is read and used."""

    name: str
    content: Callable[[Path], bytes]
    read: Callable[[Path], object]
    mutate: Mutate = mutant


def read_clip(path: Path) -> None:
    recording = read_recording(path, path.name)
    check_pose_is_rotations(recording)
    check_plausible(cut_clip(recording, made_row(end=1)))


def pose_file(path: Path) -> None:
    body = read_body(path)
    pose, trans = standing_pose(1)
    posed = pose_body(shape_body(body, np.ones(2)), pose, trans)
    scanner().scan_clip(posed.vertices, body.faces)


def scanner() -> Scanner:
    return Scanner(Sensor("few", np.radians([-10.0, 0.0, 10.0]), np.zeros(3), 90, "made"))


def read_sensor(path: Path) -> None:
    vertices = np.array([[3, -1, -1], [3, 1, -1], [3, 0, 1]], np.float32)
    Scanner(load_sensor(path)).scan(vertices, np.array([[0, 1, 2]], np.int32))


def read_asf_amc(path: Path) -> None:
    folder = path.parent
    for name, text in ((SKELETON, asf_text()), ("01_01.amc", MOTION)):
        if name != path.name:
            (folder / name).write_text(text)
    read_motion(folder / "01_01.amc", read_subject(folder / SKELETON))


def read_lists(path: Path) -> None:
    for split in ("train", "val", "test"):
        (path.parent / f"{split}.txt").touch()
    read_splits(path.parent, ["000000", "000001"])


MOTION = amc_text([{}, {"lfemur": (10, 20, 30)}], [(0, 0, 0, 0, 0, 0), (1, 2, 3, 4, 5, 6)])
INDEX = "source_path,start_frame,end_frame,new_name\n" + "".join(
    f"./pose_data/KIT/3/walk{row}_poses.npy,{row},{row + 90},{row:06d}.npy\n" for row in range(9)
)
CAPTIONS = "a man walks.#a/DET man/NOUN walk/VERB#0.0#0.0\nhe turns#he/PRON turn/VERB#1.5#4.0\n"


def npz_of(arrays: dict[str, np.ndarray]) -> Callable[[Path], bytes]:
    def content(_: Path) -> bytes:
        stream = io.BytesIO()
        np.savez(stream, **arrays)  # type: ignore[arg-type]
        return stream.getvalue()

    return content


def text_of(text: str) -> Callable[[Path], bytes]:
    return lambda _: text.encode()


def old_pickle(folder: Path) -> bytes:
    return write_as_python_2(folder / "old.pkl", small_arrays(), 2).read_bytes()


BODY = npz_of(made_body(vertices=30))
KINDS = {
    "SMPL+H recording": Kind("a_poses.npz", npz_of(smplh_arrays()), read_clip),
    "SMPL+H arrays": Kind("a_poses.npz", npz_of(smplh_arrays()), read_clip, mutant_within),
    "SMPL-X arrays": Kind("a_stageii.npz", npz_of(smplx_arrays()), read_clip, mutant_within),
    "index": Kind("index.csv", text_of(INDEX), read_index),
    "captions": Kind("000000.txt", text_of(CAPTIONS), lambda p: find_captions(p.parent, p.stem)),
    "split lists": Kind("train.txt", text_of("000000\nM000000\n000001\n"), read_lists),
    "body": Kind("body.npz", BODY, pose_file),
    "body's arrays": Kind("body.npz", BODY, pose_file, mutant_within),
    "pickled body": Kind("body.pkl", lambda _: pickle.dumps(made_body(vertices=30)), pose_file),
    "old pickled body": Kind("body.pkl", old_pickle, pose_file),
    "sensor": Kind("sensor.toml", text_of(MINE), read_sensor),
    "Ouster's metadata": Kind("sensor.json", text_of(json.dumps(METADATA)), read_sensor),
    "skeleton": Kind(SKELETON, text_of(asf_text()), read_asf_amc),
    "motion": Kind("01_01.amc", text_of(MOTION), read_asf_amc),
}  # fmt: skip


@pytest.fixture
def little_memory() -> Iterator[None]:
    """Let the process grow by so much only: who believes what a file claims runs out of it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    resource.setrlimit(resource.RLIMIT_AS, (pages * resource.getpagesize() + ROOM, hard))
    yield
    resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def read_mutants(kind: Kind, folder: Path, count: int) -> int:
    """Read a number of mutants, and return how many of them were refused."""
    content, path, refused = kind.content(folder), folder / kind.name, 0
    for number in range(count):
        path.write_bytes(kind.mutate(content, Random(number)))  # noqa: S311
        started = time.process_time()
        try:
            kind.read(path)
        except MotionDataError:
            refused += 1
        except Exception as error:
            raise AssertionError(f"mutant {number} is neither read nor refused") from error
        assert time.process_time() - started < SECONDS, f"mutant {number}"
    return refused


@pytest.mark.usefixtures("little_memory")
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_damaged_file_is_read_or_refused_in_a_sentence(kind: Kind, tmp_path: Path) -> None:
    refused = read_mutants(kind, tmp_path, MUTANTS)
    assert refused or kind.name.endswith(".txt")


@pytest.mark.slow
@pytest.mark.timeout(3000)
@pytest.mark.usefixtures("little_memory")
@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_thousands_of_damaged_files_are_read_or_refused(kind: Kind, tmp_path: Path) -> None:
    read_mutants(kind, tmp_path, SLOW_MUTANTS)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_file_that_is_damaged_is_a_good_one(kind: Kind, tmp_path: Path) -> None:
    path = tmp_path / kind.name
    path.write_bytes(kind.content(tmp_path))
    kind.read(path)
