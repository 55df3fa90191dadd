"""Export a dataset to files, for trainers that do not read shards.

Each file is complete or absent, and existing files are not written again, so that the same command
resumes an interrupted export.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from motiondata.errors import InputError
from pipelines.datasets.export_folder import ExportFolder
from pipelines.datasets.export_layouts import ARRAY_LAYOUTS, RECOVERY_LAYOUTS, Layout
from pipelines.datasets.export_options import (
    PFNN,
    SKELETON_FORMATS,
    TRAINER_FORMATS,
    ExportOptions,
)
from pipelines.datasets.export_report import ExportReport, write_groups, write_split_lists
from pipelines.datasets.pfnn_files import PfnnFiles
from pipelines.datasets.trainer_trees import TRAINER_TREES
from pipelines.datasets.word_tags import SPACY_MODEL, LoadTagger, Tagger, load_spacy
from pipelines.engine.description import Member, ProductDescription
from pipelines.engine.errors import os_errors_as_aborted
from pipelines.engine.output_path import expect_possible_folder
from pipelines.products.descriptions import Describe, describe_dataset
from pipelines.products.descriptions import describe as describe_product
from shards.format.dataset import Dataset
from shards.format.hashing import hash_bytes
from shards.format.places import Place
from shards.stream.selection import Selection

LAYOUTS: Mapping[str, type[Layout]] = (
    ARRAY_LAYOUTS | TRAINER_TREES | RECOVERY_LAYOUTS | {PFNN: PfnnFiles}
)
"""The layouts that need no package besides those of a base installation, by format."""


def layout_of(kind: str) -> type[Layout]:
    """Return the layout of a format."""
    if kind not in SKELETON_FORMATS:
        return LAYOUTS[kind]
    from pipelines.datasets.skeleton_layouts import SKELETON_LAYOUTS  # graphs need numba

    return SKELETON_LAYOUTS[kind]


def export(
    path: Place,
    out: Path,
    options: ExportOptions,
    describe: Describe = describe_product,
    load_tagger: LoadTagger = load_spacy,
) -> ExportReport:
    """Write the files of a dataset that an earlier run did not write, and return a report.

    `describe` finds the description of the dataset's product by its name, and `load_tagger` the
    tagger of words by that of its model. Raises
    `InputError` or `ShardError` for invalid input before anything is written, and `AbortedError`
    for a failure of the machine; the same call then resumes the export.
    """
    expect_possible_folder(out)
    dataset = Dataset.open(path)
    splits = dataset.description.splits if options.split is None else [options.split]
    product = describe_dataset(dataset, describe)
    field = _field(path, dataset, product, options)
    _check_format(path, product, options, field == dataset.schema.main_field)
    member = product.member(dataset.schema.suffixes.get(field, field))
    make = layout_of(options.format)
    tagger = load_tagger(options.tag_model or SPACY_MODEL) if options.tag_words else None
    selections = [Selection(split, exclude=options.exclude) for split in splits]
    layouts = _layouts(dataset, selections, member, options, tagger)
    shared = make.shared_files(dataset, field)
    made_by = {
        **_made_by(dataset, replace(options, field=field), shared, tagger),
        **layouts[0].made_by,
    }
    folder = ExportFolder(out)
    with os_errors_as_aborted(out), folder.locked(made_by):
        rate = write_groups(folder, layouts)
        folder.write_files(shared.items())
        exported = write_split_lists(folder, layouts)
        folder.write_lists({} if options.split else make.joined_lists(layouts))
    remarks = tuple(remark for layout in layouts for remark in layout.remarks())
    return ExportReport(out, exported, rate, remarks)


def _field(
    path: Place, dataset: Dataset, product: ProductDescription, options: ExportOptions
) -> str:
    """Return the field to export; raise `InputError` if the format has another."""
    if options.format not in SKELETON_FORMATS:
        return options.field or dataset.schema.main_field
    if options.field is not None:
        raise InputError(f"--field has no effect with --format {options.format}; leave it out")
    try:
        return product.stored_joints().field
    except InputError as error:
        raise InputError(f"{path}: {error}") from error


def _layouts(
    dataset: Dataset,
    selections: Sequence[Selection],
    member: Member,
    options: ExportOptions,
    tagger: Tagger | None,
) -> Sequence[Layout]:
    """Return the files of the chosen clips of each split."""
    if tagger is None:
        return layout_of(options.format).of_splits(dataset, selections, member, options)
    tree = TRAINER_TREES[options.format]
    return [tree(dataset, chosen, member, options.seed, tagger) for chosen in selections]


def _check_format(
    path: Place, product: ProductDescription, options: ExportOptions, is_main_field: bool
) -> None:
    """Raise `InputError` if trainers do not read the product in the chosen format."""
    if options.format not in TRAINER_FORMATS:
        return
    if options.format not in product.trainer_formats:
        usable = list(ARRAY_LAYOUTS)
        raise InputError(
            f"{path}: a dataset of {product.name} cannot be exported as {options.format}; choose "
            f"one of {', '.join([*usable, *product.trainer_formats])}"
        )
    if not is_main_field:
        raise InputError(f"--field has no effect with --format {options.format}; leave it out")


def _made_by(
    dataset: Dataset, options: ExportOptions, shared: Mapping[str, bytes], tagger: Tagger | None
) -> dict[str, Any]:
    """Return everything that may change a byte of a file."""
    parameters = {name: asdict(options)[name] for name in ("format", "field", "seed")}
    files = {name: hash_bytes(content) for name, content in shared.items()}
    statistics = {"statistics": files} if files else {}
    tags = {} if tagger is None else {"tagger": dict(tagger.made_by)}
    excluded = {"exclude": sorted({*options.exclude})} if options.exclude else {}
    return {"dataset": dataset.content_hash, **parameters, **statistics, **tags, **excluded}
