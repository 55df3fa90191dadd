"""A real browser for tests of pages: headless Chromium, driven by Playwright.

Playwright's own browsers are downloads; the system's Chromium is used. Tests that need it are
skipped where there is none.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from matplotlib.image import imread
from numpy.typing import NDArray

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
WIDE, NARROW = (1280, 900), (390, 844)
"""Sizes of a window of a computer and of a phone, pixels."""


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """Start the browser, or skip the test."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        pytest.skip("there is no Chromium; install the package chromium to test pages")
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as started:
        running = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield running
        running.close()


@dataclass
class OpenPage:
    """A page in the browser, and everything that went wrong in it."""

    page: "Page"
    problems: list[str] = field(default_factory=list)

    def pixels(self, selector: str, folder: Path) -> NDArray[np.float64]:
        """Take a picture of an element, shaped (height, width, 3), values from 0 to 1."""
        path = folder / "element.png"
        self.page.locator(selector).screenshot(path=path)
        return np.asarray(imread(path), np.float64)[..., :3]


@contextmanager
def opened(
    browser: "Browser", url: str, size: tuple[int, int] = WIDE, **options: Any
) -> Iterator[OpenPage]:
    """Open a page, wait until it is ready, and close it. Its console must stay empty.

    A request to anything but `url` is a problem too.
    """
    width, height = size
    context = browser.new_context(viewport={"width": width, "height": height}, **options)
    shown = OpenPage(context.new_page())
    shown.page.on("console", lambda message: shown.problems.append(message.text))
    shown.page.on("pageerror", lambda error: shown.problems.append(str(error)))
    shown.page.on("dialog", lambda dialog: shown.problems.append(dialog.message))
    shown.page.on(
        "request",
        lambda asked: (
            shown.problems.append(asked.url)
            if not asked.url.startswith((url, "data:", "blob:"))
            else None
        ),
    )
    try:
        shown.page.goto(url)
        shown.page.wait_for_selector("html[data-ready]")
        yield shown
        assert shown.problems == []
    finally:
        context.close()
