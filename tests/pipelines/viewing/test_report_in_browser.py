"""The report in a real browser: it draws, plays, searches and sorts, on a computer and a phone."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from numpy.typing import NDArray

from pipelines.clips.options import ClipSelection
from pipelines.engine.execution import Execution
from pipelines.products.lidar.build import build_lidar
from pipelines.products.lidar.options import LidarBuildOptions
from pipelines.sources import synthesize
from pipelines.viewing.clip_table import ClipTable
from pipelines.viewing.report.write_report import beside, write_report
from shards.format.dataset import Dataset
from tests.support.browser import NARROW, OpenPage, opened

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CANVAS = "canvas#canvas"
CLIPS = 6


@pytest.fixture(scope="module")
def scans(tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    """Scan a few clips of synthetic motion with the bundled body."""
    folder = tmp_path_factory.mktemp("scans")
    synthesize(folder / "corpus", CLIPS, seed=0)
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
