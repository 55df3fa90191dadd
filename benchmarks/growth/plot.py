"""Draw the plot of `benchmarks.growth.measure` from its JSON file.

`python -m benchmarks.growth.plot` draws it again.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, NullLocator

JSON, PLOT = (Path(__file__).with_name(f"growth.{suffix}") for suffix in ("json", "svg"))
COLORS = {"pose": "#0072b2", "scan": "#d55e00", "sample": "#009e73", 1: "#0072b2", 2: "#d55e00"}
MARKERS = {"pose": "o", "scan": "s", "sample": "^", 1: "o", 2: "s"}
"""The Okabe-Ito colors are distinguishable for color-blind readers; markers help in grayscale."""

PROCESSES = {1: "one process", 2: "two processes"}
KERNELS = {
    "vertices": ("vertices of the body", "OS1-128 with 2,048 columns at 8 m"),
    "columns": ("columns of the sensor (128 beams)", "6,900 vertices at 8 m"),
    "points": ("points kept of each frame", "6,900 vertices at 3 m"),
}
"""The axis label and the fixed parameters, by varied parameter."""

Results = Mapping[str, Any]


@click.command()
@click.option("--json", "file", default=JSON, type=click.Path(exists=True, path_type=Path))
@click.option("--plot", default=PLOT, type=click.Path(path_type=Path))
@click.option("--quick", is_flag=True, help="Print what the plot shows, and write nothing.")
def main(file: Path, plot: Path, quick: bool) -> None:
    """Draw the points of the JSON file again."""
    results = json.loads(file.read_text())
    if quick:
        for point in (*results["builds"], *results["kernels"]):
            click.echo(str(point))
    else:
        save_plot(results, plot)


def save_plot(results: Results, path: Path) -> None:
    """Write the plot in the format of the path's suffix, such as SVG."""
    # For reproducible bytes: a fixed salt for the ids in an SVG file, and matplotlib's own font.
    with mpl.rc_context({"svg.hashsalt": "growth", "font.family": "DejaVu Sans"}):
        figure = Figure(figsize=(12, 9), layout="constrained")
        axes = figure.subplots(2, 2)
        _draw_builds(axes[0, 0], results)
        for panel, varied in zip(axes.ravel()[1:], KERNELS, strict=True):
            panel.sharey(axes[0, 1])
            _draw_kernels(panel, results, varied)
        figure.suptitle(_title(results))
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def _title(results: Results) -> str:
    device = results["device"]
    return (
        "motiondata: cost as the work grows\n"
        f"{device['cpu']}, {device['cores']} cores; commit {results['commit']}, "
        f"{results['date'][:10]}"
    )


def _draw_builds(axes: Axes, results: Results) -> None:
    """Draw seconds against frames; the legend gives the rate of the largest build."""
    for processes, name in PROCESSES.items():
        builds = [build for build in results["builds"] if build["processes"] == processes]
        frames = [build["frames"] for build in builds]
        seconds = [build["seconds"] for build in builds]
        rate = f": {frames[-1] / seconds[-1]:,.0f} frames/s at {frames[-1]:,}" if builds else ""
        _plot(axes, frames, seconds, processes, name + rate)
    axes.set(xlabel="frames", ylabel="seconds")
    axes.set_title("Whole builds: started, built and verified")
    _finish(axes)
    axes.xaxis.set_major_formatter("{x:,.0f}")
    axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))


def _draw_kernels(axes: Axes, results: Results, varied: str) -> None:
    label, fixed = KERNELS[varied]
    points = [point for point in results["kernels"] if point["varied"] == varied]
    values = [point["value"] for point in points]
    for stage in ("pose", "scan", "sample"):
        _plot(axes, values, [point[stage] for point in points], stage, stage)
    axes.set(xlabel=label, ylabel="frames/s of processor time")
    axes.set_title(f"Kernels on one core: {fixed}")
    _finish(axes)
    axes.set_xticks(values, [f"{value:,}" for value in values])


def _plot(axes: Axes, x: Sequence[float], y: Sequence[float], key: int | str, label: str) -> None:
    axes.loglog(x, y, marker=MARKERS[key], color=COLORS[key], label=label)


def _finish(axes: Axes) -> None:
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1.0, 3.0)))
        axis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter("{x:,.6g}")
    axes.grid(color="#dddddd")
    axes.legend(frameon=False)


if __name__ == "__main__":
    main()
