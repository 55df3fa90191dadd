"""The README shows the values of the JSON file, and its tables have the right numbers."""

import json
from typing import Any

import pytest

from benchmarks.builds.report import BEGIN, END, FOLDER, JSON, OURS, README, render, replace_tables
from benchmarks.builds.stages import CASES


def figures(median: float) -> dict[str, float]:
    return {"median": median, "lowest": median / 2, "highest": median * 2}


def rates(**medians: float) -> dict[str, dict[str, dict[str, float]]]:
    return {
        way: {"wall": figures(median), "cpu": figures(median)} for way, median in medians.items()
    }


def stage(name: str, **medians: float) -> dict[str, Any]:
    case = {"sensor": "a lidar", "distance_m": 8.0, "hits_a_frame": 444.4}
    return {"stage": name, "frames": 9, "rates": rates(**medians), **case}


def build(way: str, processes: int, rate: float) -> dict[str, Any]:
    return {
        "clips": "made", "body": "blended", "way": way, "processes": processes, "frames": 1234,
        "hits_a_frame": 444.4, "startup_seconds": figures(2.5), "peak_megabytes": 321.0,
        "rates": rates(any=rate)["any"],
    }  # fmt: skip


RESULTS: dict[str, Any] = {
    "commit": "abc", "date": "today", "versions": {"numpy": "2", "open3d": None},
    "device": {"cpu": "a cpu", "cores": 2, "memory_gigabytes": 8, "load": 0.1, "system": "Linux"},
    "peers": [["smplx", "Open3D", "fpsample"], ["smplx", "embreex", "torch"]],
    "built": {"sensor": "a lidar", "distance_m": 8.0},
    "stages": [
        {"stage": "pose", "body": "blended", "frames": 9, "rates": rates(ours=4000, smplx=1000)},
        stage("scan", ours=4000, Open3D=200, embreex=100),
        stage("sample", ours=8000, fpsample=4000, torch=2000),
    ],
    "kernels": {"frames": 9, "rates": rates(ours=1600)},
    "hits": [
        {"peer": "Open3D", "sensor": "a lidar", "distance_m": 8.0, "frames": 9, "hits": 4000,
         "differing": 3, "unexplained": 1, "largest_meters": 4e-6},
    ],
    "builds": [
        build(OURS, 1, 1200), build("smplx + Open3D + fpsample", 1, 100),
        build("smplx + embreex + torch", 1, 60), build(OURS, 2, 2280),
    ],
}  # fmt: skip


def rows(text: str, *begin: str) -> list[list[str]]:
    """Return the cells of all rows that begin so."""
    table = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("|")]
    return [cells for cells in table if tuple(cells[: len(begin)]) == begin]


def test_the_readme_has_the_tables_of_the_json_file() -> None:
    tables = README.read_text().split(BEGIN)[1].split(END)[0]
    assert tables == render(json.loads(JSON.read_text()))


def test_the_committed_figures_are_of_a_whole_run_whose_hits_agree() -> None:
    results = json.loads(JSON.read_text())
    cases = [(stage["sensor"], stage["distance_m"]) for stage in results["stages"][2::2]]
    assert cases == list(CASES)
    assert {build["processes"] for build in results["builds"]} == {1, 2}
    assert all(results["versions"].values())
    assert sum(hits["unexplained"] for hits in results["hits"]) == 0


def test_the_front_page_has_figures_of_the_json_file() -> None:
    page, results = (FOLDER.parent / "README.md").read_text(), json.loads(JSON.read_text())
    stages = [stage["rates"][OURS]["cpu"] for stage in results["stages"]]
    builds = [build["rates"]["wall"] for build in results["builds"]]
    measured = {f"{rate['median']:,.0f}" for rate in (*stages, *builds)}
    (figures_there,) = [block for block in page.split("\n\n") if block.startswith("| | frames/s |")]
    written = [line.split(" | ")[1] for line in figures_there.splitlines()[2:]]
    assert len(written) == 7
    assert set(written) <= measured
    hits = sum(hits["hits"] for hits in results["hits"] if hits["peer"] == "Open3D")
    largest = max(hits["largest_meters"] for hits in results["hits"])
    for figure in (f"{hits:,} hits in all", f"at most {largest * 1e6:.1f} micrometers"):
        assert figure in " ".join(page.split())
    assert not any(hits["differing"] for hits in results["hits"])


def test_builds_are_compared_with_the_faster_peer_on_as_many_cores() -> None:
    text = render(RESULTS)
    ours, first, second = rows(text, "made", "blended", "1")
    assert ours[3:] == [OURS, "1,234", "444.4", "2.5", *["1,200 (600-2,400)"] * 2, "321", "12.0"]
    assert first[-1].rstrip(" |") == second[-1].rstrip(" |") == "321"
    assert "Two processes do 1.90 times the frames of one." in text


def test_stages_add_up_to_all_three() -> None:
    text = render(RESULTS)
    (scan,) = rows(text, "scan", "a lidar at 8 m", "444")
    assert scan[3:] == ["4,000 (2,000-8,000)", "200 (100-400)", "100 (50-200)", "20.0"]
    (together,) = rows(text, "all three", "a lidar at 8 m", "444")
    assert together[3:] == ["1,600", "160", "87", "10.0"]
    assert "the whole build, 75% of that" in text


def test_a_part_that_is_not_installed_says_so_and_costs_no_ratio() -> None:
    missing = json.loads(json.dumps(RESULTS))
    del missing["stages"][1]["rates"]["Open3D"]
    text = render(missing)
    (scan,) = rows(text, "scan")
    assert scan[4:] == ["not installed", "100 (50-200)", "40.0"]
    (together,) = rows(text, "all three")
    assert together[4:] == ["not installed", "87", "18.4"]


def test_tables_are_replaced_and_the_rest_of_a_readme_is_kept() -> None:
    text = f"# Title\n{BEGIN}old\n{END}\nmore\n"
    assert replace_tables(text, "new\n") == f"# Title\n{BEGIN}new\n{END}\nmore\n"
    assert replace_tables(replace_tables(text, "new\n"), "new\n") == replace_tables(text, "new\n")


@pytest.mark.parametrize("rate", [0.0, -7033.0])
def test_a_rate_that_is_not_positive_is_refused(rate: float) -> None:
    wrong = json.loads(json.dumps(RESULTS))
    wrong["builds"][3]["rates"]["wall"]["lowest"] = rate
    with pytest.raises(ValueError, match="expected more than 0"):
        render(wrong)


def test_the_seconds_after_the_last_shard_are_given_where_they_are_known() -> None:
    known = json.loads(json.dumps(RESULTS))
    known["builds"][3]["ending_seconds"] = figures(1.5)
    assert "finishing, verifying and ending take 1.5 s" in render(known)
    assert "verifying" not in render(RESULTS)
