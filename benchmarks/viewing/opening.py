"""Measure how long the viewer takes to open: from the start of its process to the list of clips.

Run from the project's root: `python -m benchmarks.viewing.opening`. Chromium runs before, as the
browser of a person does.
"""

import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from benchmarks.common.device import describe_run
from benchmarks.common.timing import spread
from benchmarks.viewing.many_clips import write_clips
from tests.support.browser import PROGRAMS

if TYPE_CHECKING:
    from playwright.sync_api import Browser

CLIPS, TIMES = 30_000, 5
QUICK_CLIPS = 20
PACKAGES = ("numpy", "pyarrow")


@dataclass(frozen=True)
class Opening:
    """Seconds from the start of the process."""

    serving: float
    """The address is printed."""
    listed: float
    """The page shows rows of the list."""
    drawn: float
    """The first clip is drawn."""
    page_bytes: int


@contextmanager
def chromium() -> Iterator["Browser"]:
    """Start the system's Chromium."""
    from playwright.sync_api import sync_playwright

    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield running
        running.close()


def open_once(browser: "Browser", dataset: Path) -> Opening:
    """Start the viewer, open its page in a new window, and stop it."""
    context = browser.new_context()
    page = context.new_page()
    command = [sys.executable, "-m", "motiondata", "view", str(dataset), "--port", "0"]
    start = time.perf_counter()
    viewer = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)  # noqa: S603
    try:
        assert viewer.stdout is not None  # noqa: S101
        address = re.sub("^open ", "", viewer.stdout.readline().strip())
        serving = time.perf_counter() - start
        answer = page.goto(address, wait_until="commit")
        assert answer is not None  # noqa: S101
        size = int(answer.headers["content-length"])
        page.wait_for_selector("#rows .row")
        listed = time.perf_counter() - start
        page.get_by_text("frame 1 of").wait_for()
        drawn = time.perf_counter() - start
    finally:
        viewer.kill()
        viewer.communicate()
        context.close()
    return Opening(serving, listed, drawn, size)


def measure(browser: "Browser", dataset: Path, times: int) -> list[Opening]:
    """Open a dataset several times, after once that fills the caches of files."""
    open_once(browser, dataset)
    return [open_once(browser, dataset) for _ in range(times)]


@click.command()
@click.option("--clips", default=CLIPS, show_default=True, help="Clips of the dataset.")
@click.option("--times", default=TIMES, show_default=True, help="Number of openings.")
@click.option("--dataset", type=click.Path(path_type=Path), help="A dataset to open instead.")
@click.option("--quick", is_flag=True, help="Open a few clips once.")
def main(clips: int, times: int, dataset: Path | None, quick: bool) -> None:
    """Print seconds: the median, the lowest and the highest."""
    clips, times = (QUICK_CLIPS, 1) if quick else (clips, times)
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        if dataset is None:
            dataset = Path(folder) / "many"
            write_clips(dataset, clips)
        found = measure(browser, dataset, times)
    print(json.dumps(describe_run(PACKAGES), indent=1))
    for name in ("serving", "listed", "drawn"):
        figures = spread(getattr(each, name) for each in found)
        print(f"{name}: {figures.median:.2f} s ({figures.lowest:.2f} to {figures.highest:.2f})")
    print(f"page: {found[0].page_bytes / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
