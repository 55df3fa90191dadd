"""The quick form of every benchmark runs as the documents say, and prints numbers."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.common.libraries import missing_libraries
from benchmarks.loading import data
from benchmarks.loading.data import make_all
from motiondata.errors import InputError
from tests.documents.blocks import ROOT, written_commands
from tests.support.acclaim_files import amc_text, write_subject
from tests.support.browser import PROGRAMS

MODULES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__main__")
    for path in (ROOT / "benchmarks").rglob("*.py")
    if path.stem == "__main__" or '__name__ == "__main__"' in path.read_text()
}
QUICK = {
    "benchmarks.builds.report": "Whole builds",
    "benchmarks.growth.plot": "frames",
    "benchmarks.motion_quality.measure": "walk or run in place",
    "benchmarks.pose_pairs.picking": "the same poses: yes",
    "benchmarks.realism.cost": "sensor",
    "benchmarks.representations.measure": "notebook's path",
    "benchmarks.scale.cluster_model": "1,000 rows",
    "benchmarks": "sample_scans",
}
"""Quick forms that take no more than their libraries take to load, and what they print."""
SLOW = {
    "benchmarks.fitting.measure": "L-BFGS",
    "benchmarks.kernels.posing": "pose_body",
    "benchmarks.kernels.scanning": "sample_scans",
    "benchmarks.scale.driver_load": "receipts looked for",
    "benchmarks.scale.memory": "driver",
    "benchmarks.scale.ray_start": "Ray: ",
    "benchmarks.growth.measure": "seconds",
    "benchmarks.builds.compare": "Whole builds",
    "benchmarks.gpu.measure": "the same bytes alone: yes",
    "benchmarks.viewing.opening": "listed: ",
}
"""Those that are part of another one, plan or build datasets, or run kernels in a simulator."""
HAS_NUMBA_CUDA = importlib.util.find_spec("numba.cuda.core") is not None
WITH_DATA = {
    "benchmarks.loading.measure",
    "benchmarks.loading.remote",
    "benchmarks.loading.stored",
    "benchmarks.realism",
    "benchmarks.realism.exact",
    "benchmarks.sources.cmu_fidelity",
    "benchmarks.sources.import_speed",
}
"""Those that are given a folder, which have separate tests."""


def run(*words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run a benchmark on one thread."""
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=ROOT,
        env={**os.environ, "OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1", **environment},
        capture_output=True,
        text=True,
    )


def run_quick(*words: str, **environment: str) -> str:
    """Run the quick form of a benchmark, and return what it printed."""
    done = run(*words, "--quick", **environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"\d", done.stdout)
    return done.stdout


def committed_figures() -> dict[Path, bytes]:
    """Return the contents of the figures and tables that are part of the project."""
    kinds = "*.json", "*.svg", "*.md"
    files = [path for kind in kinds for path in (ROOT / "benchmarks").rglob(kind)]
    return {path: path.read_bytes() for path in files}


def test_every_benchmark_has_a_quick_form_that_is_tested() -> None:
    assert {*QUICK, *SLOW} | WITH_DATA == MODULES


@pytest.mark.parametrize(
    "module", [*QUICK, *(pytest.param(module, marks=pytest.mark.slow) for module in SLOW)]
)
@pytest.mark.timeout(900)
def test_a_quick_form_runs(module: str) -> None:
    if module == "benchmarks.gpu.measure" and not HAS_NUMBA_CUDA:
        pytest.skip("numba-cuda is not installed; it comes with the extra `gpu`")
    if module == "benchmarks.viewing.opening" and not any(map(shutil.which, PROGRAMS)):
        pytest.skip("no Chromium is installed")
    before = committed_figures()
    cores = os.sched_getaffinity(0)
    if module == "benchmarks.gpu.measure":
        os.sched_setaffinity(0, {min(cores)})  # the simulator's threads take turns
    try:
        printed = run_quick(module, NUMBA_ENABLE_CUDASIM="1")
    finally:
        os.sched_setaffinity(0, cores)
    assert (QUICK | SLOW)[module] in printed
    assert not re.search(r"(?<![\w.])-\d", printed), "a figure below 0"
    assert before
    assert before == committed_figures()


def test_loading_compares_readers_of_the_same_clips(tmp_path: Path) -> None:
    printed = run_quick("benchmarks.loading.measure", str(tmp_path / "data"))
    assert printed.count("webdataset") == 10
    assert "ms after its state" in printed
    with pytest.raises(InputError, match="expected 400 clips, found 16"):
        make_all(tmp_path / "data", data.WHOLE)


@pytest.mark.slow
def test_remote_loading_compares_readers_of_the_same_server(tmp_path: Path) -> None:
    for package in ("s3fs", "moto"):
        pytest.importorskip(package)
    printed = run_quick("benchmarks.loading.remote", str(tmp_path / "data"))
    assert printed.count("webdataset") == printed.count("shards") == 2
    assert not re.search(r"(?<![\w.])-\d", printed), "a figure below 0"


def test_the_size_and_the_rates_of_stored_types_are_printed(tmp_path: Path) -> None:
    printed = run_quick("benchmarks.loading.stored", str(tmp_path / "data"))
    assert {"float32", "float16", "int16"} <= {*printed.split()}


def test_the_fidelity_of_converted_motions_is_printed(tmp_path: Path) -> None:
    write_subject(tmp_path, "07", {"01": amc_text([{}] * 4, [(0, 18, 0, 0, 0, 0)] * 4)})
    assert "import" in run_quick("benchmarks.sources.import_speed", str(tmp_path), "cmu")
    assert "| 07_01 | 4 |" in run_quick("benchmarks.sources.cmu_fidelity", str(tmp_path))
    empty = run("benchmarks.sources.cmu_fidelity", str(ROOT / "docs"))
    assert empty.returncode == 1
    assert "found none" in empty.stderr
    assert "Traceback" not in empty.stderr


def test_documents_call_benchmarks_that_there_are() -> None:
    written = list(written_commands("python -m"))
    called = [(where, words[0]) for where, words in written if words[0].startswith("benchmarks")]
    assert len(called) > 12
    for where, module in called:
        assert module in MODULES, f"{where}: python -m {module}"


def test_options_of_benchmarks_that_documents_name_are_there() -> None:
    for where, (module, *words) in written_commands("python -m"):
        if module in MODULES:
            path = ROOT / module.replace(".", "/")
            file = path / "__main__.py" if path.is_dir() else path.with_suffix(".py")
            for option in (word for word in words if word.startswith("--")):
                assert f'"{option}"' in file.read_text(), f"{where}: {module} {option}"


def test_a_library_that_the_system_lacks_is_named_with_its_package() -> None:
    libraries = {"libc.so.6": "libc6", "libnowhere.so.9": "libnowhere9"}
    assert missing_libraries(libraries) == {"libnowhere.so.9": "libnowhere9"}


def test_a_gpu_that_is_not_there_is_one_sentence() -> None:
    done = run(
        "benchmarks.gpu.measure", "--quick", CUDA_VISIBLE_DEVICES="", NUMBA_ENABLE_CUDASIM="0"
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: ")
    assert "Traceback" not in done.stderr
