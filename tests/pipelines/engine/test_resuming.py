"""Resuming: the same bytes after any interruption, and a refusal of any change."""

import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from motiondata.errors import InputError
from pipelines.datasets.verify import verify
from pipelines.engine.build import build
from pipelines.engine.errors import AbortedError
from pipelines.engine.execution import Execution
from pipelines.engine.plan_file import PLAN
from pipelines.engine.workers.executor import run_jobs
from pipelines.products.lidar.build import build_lidar
from pipelines.products.lidar.options import LidarBuildOptions
from pipelines.products.lidar.product import LidarProduct
from tests.support.archive import MadeArchive, write_recording
from tests.support.compare_builds import (
    all_files_of,
    expect_no_unfinished_files,
    files_of,
    finished_shards,
)
from tests.support.faults import Fault, inject
from tests.support.skeleton import moving_pose


@pytest.fixture(scope="module")
def finished(archive: MadeArchive, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a dataset that tests only look at."""
    out = tmp_path_factory.mktemp("finished") / "lidar"
    build_lidar(archive.options(), out, Execution())
    return out


@pytest.fixture
def mine(archive: MadeArchive, tmp_path: Path) -> MadeArchive:
    """Copy the archive with its times, so that a test may change it."""
    return MadeArchive(shutil.copytree(archive.root, tmp_path / "archive"))


def append(name: str, text: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        (root / name).write_text((root / name).read_text() + text)

    return change


def rewrite(name: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        (root / name).write_bytes((root / name).read_bytes())

    return change


def remove(name: str) -> Callable[[Path], None]:
    return lambda root: (root / name).unlink()


def swap_bodies(root: Path) -> None:
    arrays = dict(np.load(root / "body.npz"))
    np.savez(root / "body.npz", **{**arrays, "v_template": arrays["v_template"] * 1.01})


def add_recording(root: Path) -> None:
    write_recording(root, "SFU/0005/missing", *moving_pose(600, seed=5))


RECORDING = "CMU/02/02_01_poses.npz"
INPUT_CHANGES: dict[str, tuple[Callable[[Path], None], str]] = {
    "the index": (append("index.csv", "./pose_data/CMU/02/02_02_poses.npy,0,9,000099.npy\n"),
                  "the index changed"),
    "a list": (append("val.txt", "000099\n"), "the list val changed"),
    "a body": (swap_bodies, "the body changed"),
    "a sensor": (append("sensor.toml", "max_range_m = 50.0\n"), "the sensor changed"),
    "a recording": (rewrite(f"amass/{RECORDING}"), f"the recordings changed: {RECORDING}"),
    "a recording that is gone": (remove(f"amass/{RECORDING}"), RECORDING),
    "a recording that was missing": (add_recording, "SFU/0005/missing_poses.npz"),
    "captions": (append("texts/000003.txt", "more.#more/ADV#0.0#0.0\n"), "captions .*: 000003.txt"),
    "captions that are gone": (remove("texts/000004.txt"), r"captions .*: 000004\.txt"),
}  # fmt: skip
"""What changes, and how the refusal names it."""

PARAMETER_CHANGES: dict[str, object] = {
    "points": 33, "distance": 6.5, "height": 1.5, "views": 2, "in_place": True, "mean_shape": True,
    "mirror": True, "noise": 0.01, "seed": 3, "limit": 4, "shard_megabytes": 161,
}  # fmt: skip


def expect_refusal(options: LidarBuildOptions, out: Path, difference: str) -> None:
    """Expect a build to refuse with the difference, and to change nothing."""
    left = all_files_of(out)
    with pytest.raises(InputError, match=difference) as refused:
        build_lidar(options, out, Execution())
    assert "--restart" in str(refused.value)
    assert all_files_of(out) == left


@pytest.mark.parametrize("what", INPUT_CHANGES)
def test_a_changed_input_is_refused_by_name(mine: MadeArchive, finished: Path, what: str) -> None:
    change, difference = INPUT_CHANGES[what]
    change(mine.root)
    expect_refusal(mine.options(), finished, difference)


@pytest.mark.parametrize("name", PARAMETER_CHANGES)
def test_a_changed_parameter_is_refused_by_name(
    archive: MadeArchive, finished: Path, name: str
) -> None:
    value = PARAMETER_CHANGES[name]
    before = archive.options().parameters("")[name]
    difference = f"{name}: {'not set' if before is None else before} -> {value}"
    expect_refusal(archive.options(**{name: value}), finished, re.escape(difference))


@pytest.mark.parametrize(("key", "found"), [("format", 0), ("software", "0.0.1")])
def test_another_version_of_format_or_program_is_refused(
    archive: MadeArchive, finished: Path, out: Path, key: str, found: object
) -> None:
    shutil.copytree(finished, out)
    plan = json.loads((out / PLAN).read_bytes())
    (out / PLAN).write_text(json.dumps({**plan, key: found}))
    expect_refusal(archive.options(), out, f"{found} -> ")


def test_many_changed_files_are_counted(mine: MadeArchive, finished: Path) -> None:
    for path in mine.root.glob("amass/*/*/*_poses.npz"):
        path.write_bytes(path.read_bytes())
    expect_refusal(mine.options(), finished, r"changed: \S+, \S+, \S+ and 6 more")


def test_a_damaged_plan_is_refused_until_a_restart(
    archive: MadeArchive, finished: Path, out: Path
) -> None:
    shutil.copytree(finished, out)
    (out / PLAN).write_bytes((out / PLAN).read_bytes()[:-20])
    expect_refusal(archive.options(), out, "plan.json: is damaged")
    build_lidar(archive.options(), out, Execution(restart=True))
    assert files_of(out) == files_of(finished)


def test_a_finished_build_run_again_writes_no_shard(
    archive: MadeArchive, finished: Path, out: Path
) -> None:
    shutil.copytree(finished, out)
    shards = finished_shards(out)
    result = build_lidar(archive.options(), out, Execution())
    assert result.rate.done == 0
    assert finished_shards(out) == shards
    assert files_of(out) == files_of(finished)


def test_a_restart_builds_all_shards_anew(archive: MadeArchive, finished: Path, out: Path) -> None:
    shutil.copytree(finished, out)
    shards = finished_shards(out)
    build_lidar(archive.options(), out, Execution(restart=True))
    assert not shards.items() & finished_shards(out).items()
    assert files_of(out) == files_of(finished)


def test_a_restart_that_was_interrupted_leaves_no_two_plans_together(
    archive: MadeArchive, finished: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(finished, out)
    unlink = Path.unlink

    def unlink_all_but_shards(path: Path, missing_ok: bool = False) -> None:
        if path.suffix == ".tar":
            raise KeyboardInterrupt
        unlink(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink_all_but_shards)
    other = archive.options(distance=5.0)
    with pytest.raises(KeyboardInterrupt):
        build_lidar(other, out, Execution(restart=True))
    monkeypatch.undo()
    assert (out / "train/000000.tar").exists()
    build_lidar(other, out, Execution())
    build_lidar(other, out.with_name("fresh"), Execution())
    assert files_of(out) == files_of(out.with_name("fresh"))


DATASETS = st.fixed_dictionaries(
    {
        "points": st.sampled_from([1, 16, 40]),
        "views": st.integers(1, 3),
        "mirror": st.booleans(),
        "in_place": st.booleans(),
        "noise": st.sampled_from([0.0, 0.02]),
        "seed": st.integers(0, 3),
        "limit": st.one_of(st.none(), st.integers(1, 6)),
    }
)
FAULTS = st.builds(
    Fault,
    st.sampled_from(["EIO", "ENOSPC", "SIGINT"]),
    st.sampled_from(["", "open", "write", "fsync", "rename"]),
    st.integers(1, 60),
    after=st.booleans(),
)


def build_shuffled(
    options: LidarBuildOptions, out: Path, order: int, fault: Fault | None, workers: int
) -> None:
    """Build with the jobs in another order until a fault ends it; without one, on Ray if asked."""

    def run_shuffled(build, jobs, execution, on_frames):  # type: ignore[no-untyped-def]
        shuffled = [jobs[at] for at in np.random.default_rng(order).permutation(len(jobs))]
        return run_jobs(build, shuffled, execution, on_frames)

    product = LidarProduct.of(options)
    if fault is None:
        build(product, out, Execution(workers), run_jobs=run_shuffled)
        return
    with pytest.MonkeyPatch.context() as patch:
        inject(fault, patch)
        try:
            build(product, out, Execution(), run_jobs=run_shuffled)
        except (AbortedError, KeyboardInterrupt):
            expect_no_unfinished_files(out)


def expect_the_same_bytes(
    options: LidarBuildOptions, folder: Path, faults: list[Fault], order: int, workers: int
) -> None:
    """Build without and with interruptions, and compare."""
    build_lidar(options, folder / "whole", Execution())
    for number, fault in enumerate([*faults, None]):
        build_shuffled(options, folder / "stopped", order + number, fault, workers)
    assert files_of(folder / "stopped") == files_of(folder / "whole")
    assert verify(folder / "stopped").sound


LAW = settings(
    max_examples=8, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip


@LAW
@given(DATASETS, st.lists(FAULTS, max_size=3), st.integers(0, 5))
def test_any_order_and_any_interruptions_give_the_same_bytes(
    archive: MadeArchive,
    tmp_path_factory: pytest.TempPathFactory,
    dataset: dict[str, object],
    faults: list[Fault],
    order: int,
) -> None:
    folder = tmp_path_factory.mktemp("law")
    expect_the_same_bytes(archive.options(**dataset), folder, faults, order, workers=0)


@pytest.mark.slow
@LAW
@given(DATASETS, st.lists(FAULTS, max_size=2), st.integers(0, 5), st.sampled_from([1, 2, 4]))
def test_any_number_of_workers_gives_the_same_bytes_after_any_interruptions(
    archive: MadeArchive,
    tmp_path_factory: pytest.TempPathFactory,
    dataset: dict[str, object],
    faults: list[Fault],
    order: int,
    workers: int,
) -> None:
    folder = tmp_path_factory.mktemp("law")
    expect_the_same_bytes(archive.options(**dataset), folder, faults, order, workers)
