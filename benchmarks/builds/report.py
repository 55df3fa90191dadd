"""Render the tables of `benchmarks.builds.compare` from its JSON file.

`python -m benchmarks.builds.report` writes the tables of `build.json` into `benchmarks/README.md`.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click

from pipelines.engine.text_tables import markdown_table

FOLDER = Path(__file__).parents[1]
JSON, README = FOLDER / "builds" / "build.json", FOLDER / "README.md"
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
BEGIN, END = "<!-- from build.json -->\n", "<!-- end of build.json -->\n"

OURS = "ours"
STAGES = ("pose", "scan", "sample")
"""The stages, in the order of a peer's parts."""
KIND = ("clips", "body", "processes")
"""Keys on which compared builds must agree."""

Results = Mapping[str, Any]
Figures = Mapping[str, float] | None
"""The median, lowest and highest frames per second; None if a package is not installed."""


@click.command()
@click.option("--json", "file", default=JSON, type=FILE, help="The figures [default: build.json].")
@click.option("--readme", default=README, type=FILE, help="The page [default: README.md].")
@click.option("--quick", is_flag=True, help="Print the tables, and write nothing.")
def main(file: Path, readme: Path, quick: bool) -> None:
    """Put the tables of the JSON file into the README, both in the folder of the benchmarks."""
    tables = render(json.loads(file.read_text()))
    if quick:
        click.echo(tables)
    else:
        readme.write_text(replace_tables(readme.read_text(), tables))


def replace_tables(text: str, tables: str) -> str:
    """Return a README with the tables between its two markers replaced."""
    before, rest = text.split(BEGIN)
    return before + BEGIN + tables + END + rest.split(END)[1]


def render(results: Results) -> str:
    """Return the tables as Markdown."""
    parts = (part(results) for part in (_about, _builds, _summary, _stages, _hits))
    return "\n".join("\n".join(part) + "\n" for part in parts)


def _about(results: Results) -> Iterator[str]:
    device = results["device"]
    versions = (f"{name} {version}" for name, version in results["versions"].items() if version)
    yield f"Commit {results['commit']}, {results['date']}."
    yield f"{device['cpu']}, {device['cores']} cores, {device['memory_gigabytes']} GB,"
    yield f"{device['system']}; load {device['load']} before the start."
    yield f"{', '.join(versions)}."


def _builds(results: Results) -> Iterator[str]:
    built = results["built"]
    yield f"**Whole builds**, {_case(built)}: recordings read, points written. Frames a"
    yield "second, medians (lowest to highest); ratios by the clock, to the faster peer."
    yield ""
    titles = ["clips", "body", "processes", "way", "frames", "hits per frame", "seconds to start",
              "by the clock", "of processor time", "peak MB a process", "ratio"]  # fmt: skip
    rows = [_build_row(build, results) for build in results["builds"]]
    yield from markdown_table(titles, rows, "llrl" + "r" * 7)


def _build_row(build: Results, results: Results) -> list[str]:
    return [
        *(str(build[key]) for key in KIND),
        build["way"],
        f"{build['frames']:,}",
        f"{build['hits_a_frame']:.1f}",
        f"{build['startup_seconds']['median']:.1f}",
        _cell(build["rates"]["wall"]),
        _cell(build["rates"]["cpu"]),
        f"{build['peak_megabytes']:,.0f}",
        _ratio([build["rates"]["wall"], *_peer_rates(build, results["builds"])]),
    ]


def _summary(results: Results) -> Iterator[str]:
    """Yield comparisons of our builds with our kernels alone, and of two processes with one."""
    first = results["builds"][0]
    rates = {
        build["processes"]: build["rates"]
        for build in results["builds"]
        if build["way"] == OURS and all(build[key] == first[key] for key in ("clips", "body"))
    }
    kernels = results["kernels"]["rates"][OURS]["cpu"]
    share = rates[1]["cpu"]["median"] / kernels["median"]
    yield f"Body {first['body']}: between reading and writing, ours does {_cell(kernels)} frames a"
    yield f"second of processor time on one core; the whole build, {share:.0%} of that."
    endings = [build["ending_seconds"]["median"] for build in results["builds"]
               if build["way"] == OURS and "ending_seconds" in build]  # fmt: skip
    if endings:
        yield f"After the last shard, finishing, verifying and ending take {max(endings):.1f} s."
    if 2 in rates:
        times = rates[2]["wall"]["median"] / rates[1]["wall"]["median"]
        yield f"Two processes do {times:.2f} times the frames of one."


def _peer_rates(build: Results, builds: Sequence[Results]) -> Iterator[Figures]:
    """Yield the rates of the peers for the same build as ours."""
    for other in builds:
        if build["way"] == OURS != other["way"] and all(build[key] == other[key] for key in KIND):
            yield other["rates"]["wall"]


def _stages(results: Results) -> Iterator[str]:
    peers = results["peers"]
    yield "**Stages alone** on one core. Frames a second of processor time, medians (lowest to"
    yield "highest). With fewer hits than points, peers need not choose; ours puts hits in order."
    yield ""
    titles = ["stage", "of", "hits per frame", OURS, *map(" + ".join, peers), "ratio"]
    yield from markdown_table(titles, _stage_rows(results), "ll" + "r" * (len(peers) + 3))


def _stage_rows(results: Results) -> Iterator[list[str]]:
    peers = results["peers"]
    for stage in results["stages"]:
        if stage["stage"] == "pose":
            yield ["pose", f"body {stage['body']}", "", *_rate_cells(_columns(stage, peers))]
        else:
            about = [_case(stage), f"{stage['hits_a_frame']:.0f}"]
            yield [stage["stage"], *about, *_rate_cells(_columns(stage, peers))]
        if stage["stage"] == "sample":
            yield ["all three", *about, *_rate_cells(_together(results, stage))]


def _columns(stage: Results, peers: Sequence[Sequence[str]]) -> list[Figures]:
    """Return our rate and the rate of each peer in a stage."""
    at = STAGES.index(stage["stage"])
    rates = [stage["rates"].get(way) for way in (OURS, *(peer[at] for peer in peers))]
    return [rate and rate["cpu"] for rate in rates]


def _together(results: Results, case: Results) -> list[Figures]:
    """Return the rates of all stages in sequence with the first body, from their medians."""
    first = results["stages"][0]
    alike = [stage for stage in results["stages"] if _is_of(stage, case)]
    columns = [_columns(stage, results["peers"]) for stage in (first, *alike)]
    return [_one_after_the_other(figures) for figures in zip(*columns, strict=True)]


def _is_of(stage: Results, case: Results) -> bool:
    return all(stage.get(key) == case[key] for key in ("sensor", "distance_m"))


def _one_after_the_other(stages: Sequence[Figures]) -> Figures:
    known = [figures["median"] for figures in stages if figures]
    return {"median": 1 / sum(1 / rate for rate in known)} if len(known) == len(stages) else None


def _case(result: Results) -> str:
    return f"{result['sensor']} at {result['distance_m']:g} m"


def _cell(figures: Figures) -> str:
    if figures is None:
        return "not installed"
    lowest, highest = (figures.get(key, figures["median"]) for key in ("lowest", "highest"))
    if lowest <= 0:
        raise ValueError(f"a rate is {lowest:,.0f} frames/s; expected more than 0")
    spread = f" ({lowest:,.0f}-{highest:,.0f})" if lowest < highest else ""
    return f"{figures['median']:,.0f}{spread}"


def _rate_cells(columns: Sequence[Figures]) -> list[str]:
    return [*map(_cell, columns), _ratio(columns)]


def _ratio(columns: Sequence[Figures]) -> str:
    """Return the first median as a multiple of the highest other one, or "" without others."""
    ours, *others = (figures["median"] if figures else 0.0 for figures in columns)
    return f"{ours / max(others):.1f}" if any(others) else ""


def _hits(results: Results) -> Iterator[str]:
    yield "**Hits** of the same meshes, ray by ray. A ray differs where only one of the two hits,"
    yield "or where their ranges are more than 0.1 mm apart; it is explained where it passes an"
    yield "edge within 1e-6 radians, or meets the face so flat that such a turn moves the hit as"
    yield "far."
    yield ""
    titles = ["of", "compared with", "frames", "hits", "rays that differ", "of them unexplained",
              "largest difference otherwise, um"]  # fmt: skip
    yield from markdown_table(titles, map(_hit_row, results["hits"]), "ll" + "r" * 5)


def _hit_row(hits: Results) -> list[str]:
    counts = [hits[key] for key in ("frames", "hits", "differing", "unexplained")]
    largest = f"{hits['largest_meters'] * 1e6:.1f}"
    return [_case(hits), hits["peer"], *(f"{count:,}" for count in counts), largest]


if __name__ == "__main__":
    main()
