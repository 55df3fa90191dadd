"""Forged datasets with valid hashes: readers report one sentence."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from cli import main
from shards import open_dataset
from shards.errors import ShardError
from shards.format.dataset import Dataset
from shards.format.hashing import hash_bytes
from shards.format.self_hashed_json import from_self_hashed_json, to_self_hashed_json

MANIFEST, DROPS = "manifest.parquet", "drops.parquet"
Change = Callable[[pa.Table], pa.Table]


@pytest.fixture
def forged(built: Dataset, tmp_path: Path) -> Path:
    """Return a copy of a dataset that a test may forge."""
    shutil.copytree(built.path, tmp_path / "data")
    return tmp_path / "data"


def reseal(path: Path, change: Callable[[dict[str, Any]], Any]) -> None:
    document = from_self_hashed_json((path / "dataset.json").read_bytes(), "dataset.json")
    change(document)
    (path / "dataset.json").write_bytes(to_self_hashed_json(document))


def change_table(path: Path, name: str, change: Change, **how: Any) -> None:
    """Replace a table of a dataset by another, with its hash."""
    sink = pa.BufferOutputStream()
    changed = change(pq.read_table(path / name))
    pq.write_table(changed, sink, **how)
    data = bytes(sink.getvalue())
    (path / name).write_bytes(data)

    def put(document: dict[str, Any]) -> None:
        for table in document["tables"]:
            if table["name"] == name:
                table.update(bytes=len(data), blake3=hash_bytes(data), rows=len(changed))
                document["counts"].update(drops=document["tables"][1]["rows"])

    reseal(path, put)


def run(command: str, path: Path) -> tuple[int, str]:
    result = CliRunner().invoke(main, [command, str(path)])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, result.output


def column(name: str, kind: pa.DataType, value: Any) -> Change:
    """Return a function that appends a column, or replaces it."""

    def change(table: pa.Table) -> pa.Table:
        values = pa.array([value] * len(table), kind)
        if name not in table.column_names:
            return table.append_column(name, values)
        return table.set_column(table.column_names.index(name), pa.field(name, kind), values)

    return change


TABLES: dict[str, tuple[Change, str]] = {
    "a time outside the range of Python": (
        lambda t: t.append_column("at", pa.array([2**62] * len(t)).cast(pa.timestamp("us"))),
        "has a column 'at' of type timestamp",
    ),
    "a date outside the range of Python": (
        lambda t: t.append_column("at", pa.array([2**30] * len(t), pa.int32()).cast(pa.date32())),
        "has a column 'at' of type date32",
    ),
    "an unknown time zone": (
        column("at", pa.timestamp("us", tz="Nowhere/Land"), 0),
        "has a column 'at' of type timestamp",
    ),
    "a duration": (column("at", pa.duration("s"), 9), "has a column 'at' of type duration"),
    "a map": (
        column("at", pa.map_(pa.string(), pa.int64()), [("a", 1), ("a", 2)]),
        "has a column 'at' of type map",
    ),
    "a key twice": (lambda t: t.append_column("key", t["key"]), "has a duplicate column"),
    "a source twice": (lambda t: t.append_column("source", t["source"]), "has a duplicate column"),
    "more frames than bytes": (
        lambda t: column("frames", pa.int64(), 2**62)(t).cast(t.schema),
        "records impossible numbers of frames in",
    ),
}


@pytest.mark.parametrize(("change", "message"), TABLES.values(), ids=TABLES)
def test_a_forged_manifest_is_one_fault_and_one_sentence(
    forged: Path, change: Change, message: str
) -> None:
    change_table(forged, MANIFEST, change)
    for command, code in (("verify", 1), ("info", 2)):
        found, said = run(command, forged)
        assert found == code, said
        assert re.search(message, said), said


def lists(table: pa.Table) -> pa.Table:
    """Return a manifest whose first sample has ten million captions, in a few kilobytes."""
    many = 10_000_000
    ends = pa.array([0] + [many] * len(table), pa.int32())
    texts = pa.array(np.zeros(many, np.int8)).cast(pa.string())
    values = pa.ListArray.from_arrays(ends, texts)
    number = table.column_names.index("captions")
    return table.set_column(number, table.schema.field("captions"), values)


def rows(table: pa.Table) -> pa.Table:
    """Return three million equal drops."""
    equal = {
        field.name: pa.array(np.zeros(3_000_000, np.int8)).cast(field.type)
        for field in table.schema
    }
    return pa.Table.from_pydict(equal, schema=table.schema)


def long(table: pa.Table) -> pa.Table:
    """Return a manifest in which each sample is of a subset with a name of 10 MB."""
    names = pa.array(["x" * 10_000_000] * len(table))
    number = table.column_names.index("subset")
    return table.set_column(number, table.schema.field("subset"), names)


BOMBS = {"lists": (MANIFEST, lists), "rows": (DROPS, rows), "texts": (MANIFEST, long)}


@pytest.mark.parametrize(("name", "change"), BOMBS.values(), ids=BOMBS)
def test_a_small_table_that_declares_a_huge_one_is_refused_before_it_is_read(
    forged: Path, name: str, change: Change
) -> None:
    change_table(forged, name, change, compression="zstd")
    size = (forged / name).stat().st_size
    for command, code in (("verify", 1), ("info", 2)):
        found, said = run(command, forged)
        assert found == code, said
        assert re.search(rf"{name}: declares .* rows in {size:,} bytes", said), said


@pytest.mark.parametrize("places", ["points_offset", "json_offset", "json_size"])
@pytest.mark.parametrize("value", [2**63 - 1, 2**63 - 400, -(2**63), 2**33 - 1, -5])
def test_impossible_offsets_and_sizes_of_members_are_refused(
    forged: Path, places: str, value: int
) -> None:
    change_table(
        forged,
        MANIFEST,
        lambda t: column(places, pa.int64(), value)(t).cast(t.schema),
    )
    assert run("verify", forged)[0] == 1
    with pytest.raises(ShardError):
        list(open_dataset(forged).clips("train", ["points", "json"], 4))


DESCRIBED: dict[str, Callable[[Path], None]] = {
    "no product": lambda path: reseal(path, lambda d: d["provenance"].pop("product")),
    "inputs that are a list of numbers": lambda path: reseal(
        path, lambda d: d["provenance"].update(inputs=[1])
    ),
    "bodies that are a number": lambda path: reseal(
        path, lambda d: d["provenance"].update(bodies=5)
    ),
    "captions that are numbers": lambda path: change_table(
        path, MANIFEST, column("captions", pa.int64(), 1)
    ),
    "hits that are text": lambda path: change_table(
        path, MANIFEST, column("hits_mean", pa.string(), "x")
    ),
    "no reasons": lambda path: change_table(
        path, DROPS, lambda table: table.drop_columns(["reason"])
    ),
}


@pytest.mark.parametrize("forge", DESCRIBED.values(), ids=DESCRIBED)
def test_info_of_a_description_that_no_build_writes_is_one_sentence(
    forged: Path, forge: Callable[[Path], None]
) -> None:
    forge(forged)
    run("verify", forged)
    code, said = run("info", forged)
    assert code == 2
    assert "its description is not one that this program writes" in said


def test_info_of_an_unknown_product_says_what_is_not_known(forged: Path) -> None:
    reseal(forged, lambda d: d["provenance"].update(product="meshes"))
    code, said = run("info", forged)
    lines = said.splitlines()
    assert code == 0
    assert "this version of motiondata has no product 'meshes'" in said
    assert "points  not known  not known" in lines
    assert lines[-2:] == ["to make it again:", "  not known"]


@pytest.mark.parametrize("shape", [["frames", 22.0, 3], ["frames", True, 3]])
def test_an_axis_that_is_not_a_whole_number_is_refused(forged: Path, shape: list[Any]) -> None:
    reseal(forged, lambda d: d["members"][3].update(shape=shape))
    assert "expected names and positive numbers" in run("info", forged)[1]


def test_escape_sequences_in_a_dataset_do_not_reach_the_terminal(forged: Path) -> None:
    escape = "\x1b]0;pwned\x07\x1b[2J"
    reseal(forged, lambda d: d["provenance"].update(software=f"{escape}\ud800"))
    code, said = run("info", forged)
    assert (code, "\x1b" in said, r"\x1b]0;pwned\x07" in said) == (0, False, True)
    (forged / f"{escape}.txt").write_bytes(b"")
    code, said = run("verify", forged)
    assert (code, "\x1b" in said, r"\x1b]0;pwned\x07" in said) == (1, False, True)
    code, said = run("verify", forged / escape)
    assert "\x1b" not in said


def test_the_command_that_makes_it_again_is_quoted_for_a_shell(forged: Path) -> None:
    reseal(forged, lambda d: d["parameters"].update({"x; reboot": "$(reboot)"}))
    code, said = run("info", forged)
    assert code == 0
    assert "'--x; reboot' '$(reboot)'" in said
