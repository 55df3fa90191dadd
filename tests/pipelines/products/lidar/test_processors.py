"""Processors: a build has the same bytes on an old x86 processor and on a new one.

Libraries choose their code by the processor when they are loaded. The environment makes them choose
as they would elsewhere: BLAS by core type, NumPy and Arrow by vector units, the C library by its
tunables, and Numba by the processor that it compiles for.
"""

import os
import subprocess
import sys

import pytest
from numpy._core._multiarray_umath import (  # type: ignore[import-not-found]
    __cpu_dispatch__,
    __cpu_features__,
)

from tests.support.archive import MadeArchive
from tests.support.compare_builds import files_of
from tests.support.reference_data import ROOT

HASWELL = "+avx,+avx2,+bmi,+bmi2,+fma,+sse3,+ssse3,+sse4.1,+sse4.2,+popcnt"


def vector_units(*beginnings: str) -> str:
    """Return those of NumPy's optional vector units whose names begin so, and that are here."""
    return " ".join(
        name
        for name in __cpu_dispatch__
        if __cpu_features__.get(name) and name.startswith(beginnings)
    )


PROCESSORS = {
    "this one": {},
    "of 2006": {
        "OPENBLAS_CORETYPE": "Prescott",
        "NPY_DISABLE_CPU_FEATURES": vector_units(""),
        "ARROW_USER_SIMD_LEVEL": "NONE",
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX2,-AVX,-FMA,-FMA4,-SSE4_2,-SSE4_1",
        "NUMBA_CPU_NAME": "generic",
        "NUMBA_CPU_FEATURES": "",
    },
    "of 2013": {
        "OPENBLAS_CORETYPE": "Haswell",
        "NPY_DISABLE_CPU_FEATURES": vector_units("AVX512", "X86_V4"),
        "ARROW_USER_SIMD_LEVEL": "AVX2",
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F",
        "NUMBA_CPU_NAME": "haswell",
        "NUMBA_CPU_FEATURES": HASWELL,
    },
    "of AMD": {"OPENBLAS_CORETYPE": "Zen"},
}
"""What makes libraries choose the code that they would choose on other processors."""


def run_as_on(processor: str, *words: object) -> None:
    """Run a command in a process whose libraries take this machine for another."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run(
        [sys.executable, "-m", "cli", *map(str, words)],
        cwd=ROOT,
        env=environment | PROCESSORS[processor],
        check=True,
        capture_output=True,
        timeout=280,
    )


@pytest.fixture(scope="module")
def builds(
    archive: MadeArchive, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, bytes]]:
    """Return the files of one dataset, built as on each of the processors."""
    folder, root = tmp_path_factory.mktemp("processors"), archive.root
    options = ("--mirror", "--views", 3, "--noise", 0.02, "--max-failures", "100%")
    files = {}
    for number, processor in enumerate(PROCESSORS):
        out = folder / str(number)
        words = (root / "index.csv", "--amass", root / "amass", "--out", out, *options)
        run_as_on(processor, "build-lidar", *words)
        files[processor] = files_of(out)
    return files


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("processor", [name for name in PROCESSORS if name != "this one"])
def test_a_build_has_the_same_bytes_on_another_processor(
    builds: dict[str, dict[str, bytes]], processor: str
) -> None:
    assert builds[processor] == builds["this one"]


@pytest.mark.slow
@pytest.mark.skipif(not __cpu_features__.get("FMA3"), reason="this one is as old")
def test_libraries_do_compute_as_on_another_processor() -> None:
    """Otherwise the test above would compare this processor with itself."""
    product = "import numpy as np; a = np.random.default_rng(0).uniform(-7, 7, (512, 512));"
    program = f"{product} print((a @ a).tobytes()[:4096].hex(), np.sin(a).sum().hex())"
    found = {
        subprocess.run(
            [sys.executable, "-c", program],
            env=os.environ | PROCESSORS[name],
            check=True,
            capture_output=True,
        ).stdout
        for name in ("this one", "of 2006")
    }
    assert len(found) == 2
