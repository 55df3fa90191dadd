"""The benchmark of builds runs, and all pipelines build the same points."""

from pathlib import Path

import pytest

from benchmarks.builds.clips import BLENDED
from benchmarks.builds.compare import Size, measure
from benchmarks.builds.peers import PEERS
from benchmarks.builds.report import render
from benchmarks.builds.stages import OURS, Extent

SMALL = Size(2, 2, Extent(1, 2, 1), (1,), {BLENDED: 1})


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_all_ways_build_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    results = measure(tmp_path, SMALL, None)
    ways = [OURS, *(" + ".join(peer.parts) for peer in PEERS if peer.is_installed)]
    assert [build["way"] for build in results["builds"]] == ways
    hits = [build["hits_a_frame"] for build in results["builds"]]
    assert hits == pytest.approx([hits[0]] * len(hits), rel=1e-3)
    assert all(build["peak_megabytes"] > 50 for build in results["builds"])
    assert sum(agreement["unexplained"] for agreement in results["hits"]) == 0
    assert render(results).count("\n| ") > 20
