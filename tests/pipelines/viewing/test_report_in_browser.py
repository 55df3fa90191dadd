"""The report in a real browser: it draws, plays, searches and sorts, on a computer and a phone."""

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.spatial import KDTree

from pipelines.clips.options import ClipSelection
from pipelines.engine.execution import Execution
from pipelines.products.lidar.build import build_lidar
from pipelines.products.lidar.options import LidarBuildOptions
from pipelines.synthesis import synthesize
from pipelines.viewing.clip_table import ClipTable
from pipelines.viewing.report.html import make_page
from pipelines.viewing.report.measures import Measures
from pipelines.viewing.report.summary import summarize
from pipelines.viewing.report.table_json import table_to_json
from pipelines.viewing.report.write_report import beside, write_report
from pipelines.viewing.sound_part import SoundPart
from pipelines.viewing.viewed_clip import read_viewed_clip
from shards.format.dataset import Dataset
from tests.support.archive import MadeArchive
from tests.support.browser import NARROW, OpenPage, opened
from tests.support.firefox import firefox
from tests.support.motion_features import built_features
from tests.support.token_clips import make_token_clips

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CANVAS = "canvas#canvas"
CLIPS = 6
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)> &lt;b&gt; <!--"
"""A caption that is HTML and a script."""
MILLIMETER = 1e-3
CLIPS_OF_TOKENS = {"train": 3, "test": 2}


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Scan a few clips of synthetic motion with the bundled body."""
    folder = tmp_path_factory.mktemp("scans")
    synthesize(folder / "corpus", CLIPS, seed=0)
    first = min((folder / "corpus/texts").glob("*.txt"))
    first.write_text(f"{first.read_text()}{HOSTILE}##0.0#0.0\n")
    selection = ClipSelection(folder / "corpus/index.csv", folder / "corpus/amass")
    build_lidar(LidarBuildOptions(selection), folder / "lidar", Execution(workers=0))
    return Dataset.open(folder / "lidar")


@pytest.fixture(scope="module")
def url(scans: Dataset) -> str:
    """Write the report of the scans; return its address."""
    out = beside(scans.path)
    write_report(scans.path, out)
    return out.as_uri()


@pytest.fixture
def shown(browser: "Browser", url: str) -> Iterator[OpenPage]:
    """Open the report."""
    with opened(browser, url) as page:
        yield page


def colored(pixels: NDArray[np.float64]) -> int:
    """Return the number of pixels with a strong color, as points by body part have."""
    return int((np.ptp(pixels, axis=-1) > 0.35).sum())


def test_a_clip_has_points_and_they_move_when_it_plays(shown: OpenPage, tmp_path: Path) -> None:
    first = shown.pixels(CANVAS, tmp_path)
    assert colored(first) > 200
    shown.page.keyboard.press("ArrowRight")
    assert shown.page.locator("#scrub").input_value() == "1"
    shown.page.keyboard.press("Space")
    shown.page.get_by_text(re.compile(r"frame [2-9]\d of")).wait_for()
    shown.page.keyboard.press("Space")
    assert shown.page.locator("#play").inner_text() == "Play"
    later = shown.pixels(CANVAS, tmp_path)
    assert colored(later) > 200
    assert (first != later).any(axis=-1).mean() > 0.002


def keys_of(shown: OpenPage) -> list[str]:
    """Return the keys of the rows in sight, from top to bottom."""
    keys: list[str] = shown.page.locator("#rows .row").evaluate_all(
        "rows => rows.sort((a, b) => parseFloat(a.style.top) - parseFloat(b.style.top))"
        ".map(row => row.dataset.key)"
    )
    return keys


def test_search_finds_captions_and_sorting_orders_rows(shown: OpenPage, scans: Dataset) -> None:
    table = ClipTable.of(scans.manifest)
    frames = dict(zip(table.keys, table.frames.tolist(), strict=True))
    assert keys_of(shown) == table.keys
    word = table.captions[2][0].split()[-1].strip(".").upper()
    shown.page.fill("#search", word)
    assert keys_of(shown) == [
        key
        for key, captions in zip(table.keys, table.captions, strict=True)
        if word.lower() in "\n".join(captions).lower()
    ]
    shown.page.fill("#search", "")
    shown.page.click(".header [data-name=frames] button")
    assert [frames[key] for key in keys_of(shown)] == sorted(frames.values())
    shown.page.click(".header [data-name=frames] button")
    assert [frames[key] for key in keys_of(shown)] == sorted(frames.values(), reverse=True)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_all_without_scrolling_sideways(
    browser: "Browser", url: str, scheme: str, tmp_path: Path
) -> None:
    with opened(browser, url, NARROW, color_scheme=scheme) as shown:
        width = shown.page.evaluate("document.documentElement.scrollWidth")
        assert width <= NARROW[0]
        picture = shown.pixels(CANVAS, tmp_path)
        assert (np.median(picture) > 0.5) == (scheme == "light")
        assert colored(picture) > 200


def test_a_caption_with_html_and_a_script_shows_as_text(shown: OpenPage) -> None:
    shown.page.fill("#search", "onerror")
    (cell,) = shown.page.locator("#rows .caption").all_inner_texts()
    assert HOSTILE in cell
    shown.page.locator("#rows .row").click()
    assert HOSTILE in shown.page.locator("#captions").inner_text()
    assert shown.page.locator("img").count() == 0


def test_the_browser_unpacks_what_was_packed(shown: OpenPage, scans: Dataset) -> None:
    key = scans.manifest["key"][1].as_py()
    clip = read_viewed_clip(scans, key)
    assert clip.scan is not None
    assert clip.skeleton is not None
    names = ["points", "parts", "skeleton", "starts"]
    unpacked = shown.page.evaluate(
        "([key, names]) => list.clips.open(key).then("
        "clip => names.map(name => Array.from(clip[name])))",
        [key, names],
    )
    points, parts, skeleton, starts = map(np.array, unpacked)
    origin = np.append(clip.skeleton.joints[0, 0, :2], 0)
    np.testing.assert_allclose(
        skeleton.reshape(clip.skeleton.joints.shape),
        clip.skeleton.joints - origin,
        atol=2.1 * MILLIMETER,
    )
    assert np.diff(starts).tolist() == clip.scan.distinct.tolist()
    for frame, (start, stop) in enumerate(pairwise(starts)):
        seen = clip.scan.is_seen[frame]
        expected = clip.scan.points[frame][seen] - origin
        found = points.reshape(-1, 3)[start:stop]
        distances, nearest = KDTree(expected).query(found)
        assert np.max(distances) < 4 * MILLIMETER
        assert sorted(parts[start:stop]) == sorted(clip.scan.parts[frame][seen])
        assert len(np.unique(nearest)) > 0.98 * len(expected)


def test_views_and_colors_change_the_picture(shown: OpenPage, tmp_path: Path) -> None:
    pictures = [shown.pixels(CANVAS, tmp_path)]
    for view in ("sensor", "side", "top", "scene"):
        shown.page.click(f"#view-{view}")
        pictures.append(shown.pixels(CANVAS, tmp_path))
    shown.page.click("#view-angle")
    for color in ("range", "time"):
        shown.page.select_option("#color", color)
        pictures.append(shown.pixels(CANVAS, tmp_path))
    for one, other in combinations(pictures, 2):
        assert (one != other).any(axis=-1).mean() > 0.002


def test_clips_that_are_only_in_the_table_say_so(
    browser: "Browser", scans: Dataset, tmp_path: Path
) -> None:
    page = tmp_path / "small.html"
    write_report(scans.path, page, clip_megabytes=0)
    with opened(browser, page.as_uri()) as shown:
        assert "motiondata view DATASET" in shown.page.locator(".player .note").inner_text()
        assert shown.page.locator("#play").is_hidden()


def test_motion_features_play_as_a_skeleton(
    browser: "Browser", archive: MadeArchive, tmp_path: Path
) -> None:
    dataset = built_features(archive, tmp_path / "motion", "humanml3d-263")
    write_report(dataset.path, tmp_path / "motion.html")
    with opened(browser, (tmp_path / "motion.html").as_uri()) as shown:
        assert colored(shown.pixels(CANVAS, tmp_path)) > 200
        assert shown.page.locator("#show-sensor").is_hidden()


def test_tokens_are_a_table_with_captions_and_without_a_player(
    browser: "Browser", tmp_path: Path
) -> None:
    write_report(
        make_token_clips(tmp_path / "tokens", clips=CLIPS_OF_TOKENS).path, tmp_path / "a.html"
    )
    with opened(browser, (tmp_path / "a.html").as_uri()) as shown:
        text = shown.page.locator("#clips").inner_text()
        assert "have no points and no joints" in text
        assert "motiondata view" not in text
        assert shown.page.locator(CANVAS).is_hidden()
        shown.page.keyboard.press("ArrowDown")
        assert shown.page.locator("#playing").inner_text() == keys_of(shown)[1]


@pytest.mark.slow
def test_firefox_plays_a_clip_and_searches(url: str, tmp_path: Path) -> None:
    with firefox(tmp_path / "profile") as window:
        window.open(url)
        assert window.text("count") == f"{CLIPS} clips"
        window.press(" ")
        window.wait_for("/frame \\d\\d of/.test(document.getElementById('clock').textContent)")
        assert window.text("play") == "Pause"
        window.press(" ")
        assert window.text("play") == "Play"
        window.evaluate("document.getElementById('search').focus()")
        for letter in "onerror":
            window.press(letter)
        assert window.text("count") == f"1 of {CLIPS} clips"
        assert HOSTILE in window.evaluate("document.querySelector('#rows .caption').textContent")


@pytest.mark.slow
def test_a_table_of_thirty_thousand_clips_is_fast(
    browser: "Browser", scans: Dataset, tmp_path: Path
) -> None:
    part, rows = SoundPart.open(scans.path), 30_000
    table = ClipTable.of(scans.manifest.take(np.arange(rows) % len(scans.manifest)))
    table = replace(table, keys=[f"{row:06d}" for row in range(rows)])
    page = tmp_path / "many.html"
    summary = summarize(part, table, Measures(table))
    page.write_text(make_page("many", summary, table_to_json(table), []))
    with opened(browser, page.as_uri()) as shown:
        slowest = shown.page.evaluate(
            "Math.max(...['a', 'walks left', ''].map(words => { const start = performance.now();"
            "list.query = words; list.sortBy('caption'); return performance.now() - start; }))"
        )
        assert slowest < 500
        shown.page.evaluate("list.body.scrollTop = 1e9")
        shown.page.locator(f"#rows .row[data-key='{rows - 1:06d}']").wait_for()
        assert shown.page.locator("#rows .row").count() < 50
