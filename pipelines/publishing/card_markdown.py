"""The text of a card: Markdown with the head that Hugging Face reads."""

import json
from collections.abc import Iterator, Sequence

from motiondata.counting import counted
from pipelines.datasets.info_report import InfoReport
from pipelines.engine.description import NONE, ProductDescription
from pipelines.publishing.options import CardOptions
from pipelines.publishing.preview import PICTURE, TABLE
from pipelines.publishing.source_licenses import LicenseShare
from shards.format.paths import TRAIN
from shards.format.places import name_of

SIZES = ((10**3, "n<1K"), (10**4, "1K<n<10K"), (10**5, "10K<n<100K"), (10**6, "100K<n<1M"))
LARGEST = "1M<n<10M"
TAGS = ("human-motion", "motion-capture", "webdataset", "motiondata")
LIDAR = "lidar"


def card_markdown(
    info: InfoReport,
    product: ProductDescription,
    shares: Sequence[LicenseShare],
    options: CardOptions,
    written: Sequence[str],
) -> str:
    """Return a card; `written` are the files of the preview that are next to it."""
    title = options.name or name_of(info.dataset)
    parts = [
        "\n".join(_head(info, shares, title, written)),
        f"# {title}",
        describe(info),
        *([f"![Some clips]({PICTURE})"] if PICTURE in written else []),
        "## Contents",
        _table(("split", "samples", "frames", "shards", "MB"), _splits(info)),
        _table(("member", "type", "shape", "unit", "frame"), _arrays(info)),
        "\n".join(
            f"- `{each.suffix}`: {each.meaning}"
            for each in product.members
            if each.suffix in _stored(info)
        ),
        *_statistics(info),
        "## How it was made",
        _made(info),
        "## Licenses of the recordings",
        _table(("license", "recordings", "samples", "subsets", "what it says"), _licenses(shares)),
        *_permission(options),
        "[licenses.csv](licenses.csv) has the license of each recording.",
        "## Reading it",
        _reading(info),
        *([f"## Citation\n\n{options.cite}"] if options.cite else []),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def describe(info: InfoReport) -> str:
    """Return one paragraph about a dataset."""
    samples, frames = (
        sum(getattr(each, name) for each in info.splits) for name in ("samples", "frames")
    )
    captions = info.samples.captions if info.samples else None
    texts = f" and {counted(captions.captions, 'caption')}" if captions else ""
    return (
        f"A dataset of human motion of the kind `{info.product}`: "
        f"{counted(samples, 'clip')} of {counted(frames, 'frame')}{texts}, in WebDataset shards "
        f"made by {info.software}."
    )


def license_of(shares: Sequence[LicenseShare]) -> str:
    """Return the identifier of the license of the whole: that of all recordings, or `other`."""
    found = {share.terms.hub for share in shares}
    return found.pop() if len(found) == 1 else "other"


def _head(
    info: InfoReport, shares: Sequence[LicenseShare], title: str, written: Sequence[str]
) -> Iterator[str]:
    samples = sum(split.samples for split in info.splits)
    size = next((name for limit, name in SIZES if samples < limit), LARGEST)
    tags = (*TAGS, *([LIDAR, "point-cloud"] if info.product == LIDAR else []))
    yield "---"
    yield f"pretty_name: {json.dumps(title)}"
    yield f"license: {license_of(shares)}"
    yield f"size_categories: [{json.dumps(size)}]"
    yield f"tags: [{', '.join(tags)}]"
    yield from _configuration(info, written)
    yield "---"


def _configuration(info: InfoReport, written: Sequence[str]) -> Iterator[str]:
    """Yield the one configuration of the head: the preview, or the shards where there is none.

    `datasets` reads all configurations as the files of the first are read, so that shards (tar) and
    a preview (Parquet) cannot both be configurations (`datasets/load.py`, 5.2.0).
    """
    shards = [(each.split, f"{each.split}/*.tar") for each in info.splits if each.samples]
    previewed = TABLE in written
    yield "configs:"
    yield f"- config_name: {'preview' if previewed else 'clips'}"
    yield "  data_files:"
    for split, path in [("train", TABLE)] if previewed else shards:
        yield f"  - {{split: {split}, path: {path}}}"


def _splits(info: InfoReport) -> Iterator[tuple[object, ...]]:
    for each in info.splits:
        megabytes = f"{each.bytes / 1e6:,.1f}"
        yield each.split, f"{each.samples:,}", f"{each.frames:,}", each.shards, megabytes


def _stored(info: InfoReport) -> set[str]:
    return {*info.texts, *(f"{each.field}.npy" for each in info.arrays)}


def _arrays(info: InfoReport) -> Iterator[tuple[object, ...]]:
    for each in info.arrays:
        shape = f"({', '.join(map(str, each.shape))})"
        yield f"`{each.field}`", each.dtype, shape, each.unit or NONE, each.frame or NONE


def _statistics(info: InfoReport) -> Iterator[str]:
    if info.samples is not None:
        yield "## Statistics"
        yield "```text\n" + "\n".join(info.samples.describe()) + "\n```"


def _made(info: InfoReport) -> str:
    drops = ", ".join(f"{reason} {count:,}" for reason, count in info.drops.items()) or "none"
    lines = [
        f"Content hash `{info.content_hash}`.",
        *info.made_from,
        *info.remarks,
        f"Rows that gave no sample: {drops}.",
    ]
    return "\n".join(f"- {line}" for line in lines) + f"\n\n```console\n$ {info.command}\n```"


def _licenses(shares: Sequence[LicenseShare]) -> Iterator[tuple[object, ...]]:
    for each in shares:
        name = f"[{each.terms.name}]({each.terms.url})" if each.terms.url else each.terms.name
        subsets = ", ".join(each.subsets)
        yield name, f"{each.recordings:,}", f"{each.samples:,}", subsets, each.terms.clause


def _permission(options: CardOptions) -> list[str]:
    return [f"Permission to publish: {options.permission}"] if options.permission else []


def _reading(info: InfoReport) -> str:
    filled = [each.split for each in info.splits if each.samples]
    split = TRAIN if TRAIN in filled or not filled else filled[0]
    field = info.arrays[0].field if info.arrays else "json"
    return (
        "```python\nfrom shards import open_dataset  # pip install motiondata\n\n"
        f'data = open_dataset("{name_of(info.dataset)}")\n'
        f'for batch in data.clips("{split}", ["{field}"], batch=8):\n    ...\n```\n\n'
        "The package `datasets` reads the shards too:\n\n"
        "```python\nfrom datasets import load_dataset\n\n"
        f'shards = {{"{split}": "{name_of(info.dataset)}/{split}/*.tar"}}\n'
        'clips = load_dataset("webdataset", data_files=shards)\n```'
    )


def _table(head: Sequence[str], rows: Iterator[tuple[object, ...]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(_cell(each) for each in line)} |" for line in lines)


def _cell(value: object) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")
