"""The automatic choice of workers: this process, unless Ray saves more than its start costs."""

import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from cli import main
from motiondata.errors import InputError
from pipelines.datasets.verify import verify
from pipelines.engine.build import build
from pipelines.engine.errors import AbortedError, RayNotStartedError
from pipelines.engine.execution import Execution
from pipelines.engine.machine import usable_cpus, usable_memory
from pipelines.engine.worker_choice import (
    RAY_START_SECONDS,
    WorkerChoice,
    choose_for,
    choose_workers,
)
from pipelines.engine.workers.executor import run_jobs
from pipelines.products.lidar.build import build_lidar
from pipelines.products.lidar.product import LidarProduct
from tests.support.archive import MadeArchive
from tests.support.compare_builds import files_of
from tests.support.faults import build_words

GIGABYTE = 10**9


def choose(
    frames: int = 1_000_000,
    shards: int = 40,
    seconds_per_frame: float | None = 0.001,
    cpus: int = 8,
    memory_bytes: int = 64 * GIGABYTE,
    worker_gigabytes: float = 8.0,
) -> WorkerChoice:
    """Choose workers; the defaults are a plan for which Ray is worth its start."""
    return choose_workers(
        frames=frames,
        shards=shards,
        seconds_per_frame=seconds_per_frame,
        cpus=cpus,
        memory_bytes=memory_bytes,
        worker_gigabytes=worker_gigabytes,
    )


@pytest.mark.parametrize(
    ("choice", "workers", "reason"),
    [
        (choose(), 8, "one per core"),
        (choose(shards=4), 4, "one per shard"),
        (choose(memory_bytes=5 * GIGABYTE), 5, "as memory permits"),
        (choose(memory_bytes=2 * GIGABYTE, worker_gigabytes=0.5), 4, "as memory permits"),
        (choose(shards=1), 0, "one shard is to be built"),
        (choose(cpus=1), 0, "one processor may be used"),
        (choose(memory_bytes=GIGABYTE), 0, "1.0 GB of memory are available"),
        (choose(seconds_per_frame=None), 0, "no estimate of the time of this build"),
        (choose(frames=1000), 0, "the work takes about 1 s here, and 10 s with Ray's start"),
    ],
)
def test_each_limit_is_the_reason_where_it_decides(
    choice: WorkerChoice, workers: int, reason: str
) -> None:
    assert choice.workers == workers
    assert reason in choice.reason


CHOICES = {
    "shards": st.integers(1, 2000),
    "seconds_per_frame": st.none() | st.floats(0, 1),
    "cpus": st.integers(1, 256),
    "memory_bytes": st.integers(0, 10**12),
    "worker_gigabytes": st.floats(0.01, 100),
}


@given(frames=st.integers(0, 10**9), more=st.integers(0, 10**9), **CHOICES)
def test_more_frames_never_mean_fewer_workers(frames: int, more: int, **limits: int) -> None:
    assert choose(frames, **limits).workers <= choose(frames + more, **limits).workers


@given(frames=st.integers(0, 10**9), **CHOICES)
def test_workers_are_none_or_at_least_two_and_within_shards_and_cpus(
    frames: int, shards: int, cpus: int, **limits: int
) -> None:
    workers = choose(frames, shards, cpus=cpus, **limits).workers
    assert workers == 0 or 2 <= workers <= min(shards, cpus)


@given(frames=st.integers(0, 10**9), cpus=st.integers(1, 256))
def test_one_shard_is_built_in_this_process(frames: int, cpus: int) -> None:
    assert choose(frames, shards=1, cpus=cpus).workers == 0


@given(frames=st.integers(0, 10**6), shards=st.integers(1, 100), cpus=st.integers(1, 64))
def test_ray_is_chosen_only_if_it_saves_more_than_its_start(
    frames: int, shards: int, cpus: int
) -> None:
    workers = choose(frames, shards, cpus=cpus).workers
    saved = frames * 0.001 * (1 - 1 / max(workers, 1))
    assert workers == 0 or saved > RAY_START_SECONDS


def test_nothing_is_chosen_for_named_workers_a_cluster_or_no_shard(archive: MadeArchive) -> None:
    product = LidarProduct.of(archive.options())
    assert choose_for(product, [5, 5], Execution(workers=0)) is None
    assert choose_for(product, [5, 5], Execution(workers=3)) is None
    assert choose_for(product, [5, 5], Execution(ray_address="auto")) is None
    assert choose_for(product, [], Execution()) is None
    assert choose_for(product, [5, 5], Execution()) is not None


def test_the_default_is_auto_and_other_words_are_refused(tmp_path: Path) -> None:
    assert Execution().workers == "auto"
    with pytest.raises(InputError, match="workers: expected auto, or 0 or more, found many"):
        Execution(workers="many")  # type: ignore[arg-type]
    result = CliRunner().invoke(main, ["demo", str(tmp_path), "--workers", "many"])
    assert result.exit_code == 2
    assert "expected auto, or 0 or more, found 'many'" in result.output


def test_a_build_and_a_dry_run_name_the_choice_once(archive: MadeArchive, out: Path) -> None:
    expected = "--workers auto: this process, because the work takes about 1 s here"
    for words in (["--dry-run"], []):
        said = CliRunner().invoke(main, build_words(archive, out, *words)).output
        assert said.count(expected) == 1
    said = CliRunner().invoke(main, build_words(archive, out)).output
    assert "--workers auto" not in said, "nothing is left to build"
    named = CliRunner().invoke(main, build_words(archive, out, "--restart", "--workers", 0)).output
    assert "--workers auto" not in named


class SlowProduct(LidarProduct):
    """LiDAR scans that are said to take ten minutes per frame, so that any plan is a big one."""

    @property
    def seconds_per_frame(self) -> float:
        return 600.0


needs_two_cpus = pytest.mark.skipif(usable_cpus() < 2, reason="Ray is chosen for two processors")


@needs_two_cpus
@pytest.mark.slow
def test_a_big_plan_is_built_on_ray_with_the_same_bytes(
    archive: MadeArchive, out: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    build(SlowProduct.of(archive.options()), out, Execution())
    assert "workers on Ray, because the work takes about" in capfd.readouterr().err
    build_lidar(archive.options(), out.with_name("here"), Execution(workers=0))
    assert files_of(out) == files_of(out.with_name("here"))


@needs_two_cpus
def test_a_chosen_ray_that_does_not_start_is_reported_and_replaced_by_this_process(
    archive: MadeArchive, out: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    product, asked = SlowProduct.of(archive.options()), []

    def run_without_ray(build, jobs, execution, on_frames):  # type: ignore[no-untyped-def]
        asked.append(execution.workers)
        if execution.workers:
            raise RayNotStartedError("Ray did not start (2 workers on this machine)")
        yield from run_jobs(build, jobs, execution, on_frames)

    build(product, out, Execution(), run_jobs=run_without_ray)
    assert asked == [min(3, usable_cpus()), 0]
    assert "Ray did not start (2 workers on this machine). The build continues in this process" in (
        capfd.readouterr().err
    )
    assert verify(out).sound
    with pytest.raises(AbortedError, match="did not start"):
        build(product, out.with_name("b"), Execution(workers=2), run_jobs=run_without_ray)


@needs_two_cpus
def test_a_ray_that_cannot_be_imported_is_replaced_by_this_process_only_if_it_was_chosen(
    archive: MadeArchive,
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)  # the import system then raises ImportError
    product = SlowProduct.of(archive.options())
    build(product, out, Execution())
    assert "The build continues in this process" in capfd.readouterr().err
    assert verify(out).sound
    with pytest.raises(AbortedError, match=r"Ray did not start .*ray"):
        build(product, out.with_name("b"), Execution(workers=2))


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize(
    ("files", "most"),
    [
        ({}, 10**6),
        ({"cpu.max": "max 100000\n"}, 10**6),
        ({"cpu.max": "150000 100000\n"}, 1),
        ({"cpu.max": "5000 100000\n"}, 1),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 10**6),
        ({"cpu/cpu.cfs_quota_us": "100000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 1),
    ],
)
def test_processors_are_limited_by_the_control_group(
    tmp_path: Path, files: dict[str, str], most: int
) -> None:
    assert usable_cpus(write(tmp_path, files)) == min(most, usable_cpus(tmp_path / "none"))


def test_memory_is_what_is_available_within_the_control_group(tmp_path: Path) -> None:
    meminfo = write(tmp_path, {"meminfo": "MemTotal: 9 kB\nMemAvailable:    2000 kB\n"}) / "meminfo"
    assert usable_memory(meminfo, tmp_path / "none") == 2_048_000
    assert usable_memory(meminfo, write(tmp_path / "a", {"memory.max": "1000\n"})) == 1000
    assert usable_memory(meminfo, write(tmp_path / "b", {"memory.max": "max\n"})) == 2_048_000
    v1 = write(tmp_path / "c", {"memory/memory.limit_in_bytes": "9223372036854771712\n"})
    assert usable_memory(meminfo, v1) == 2_048_000
    assert usable_memory() > GIGABYTE / 10
