"""No code comes from data: what could run or unpickle something is not in the code at all.

Read from the source, so that a careless line fails here before anybody feeds it a file.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.test_layers import ROOT

FOLDERS = ("commands", "motiondata", "shards", "pipelines", "tools", "benchmarks", "examples")
SOURCES = [ROOT / "cli.py", *sorted(f for name in FOLDERS for f in (ROOT / name).rglob("*.py"))]

RUN_CODE = {"eval", "exec", "compile", "__import__"}
UNPICKLERS = {"pickle", "_pickle", "dill", "cloudpickle", "joblib", "marshal", "shelve", "yaml"}
"""Modules whose loading runs what a file says."""
LOADING = {"load", "loads", "open", "Unpickler", "read_pickle"}
NEEDS = {"torch.load": "weights_only"}
"""Functions that unpickle unless an argument forbids it, and that argument."""


def nodes(source: Path) -> Iterator[ast.AST]:
    yield from ast.walk(ast.parse(source.read_text()))


def call_faults(call: ast.Call) -> Iterator[str]:
    """Yield what a call may run that comes from data."""
    name = ast.unparse(call.func)
    module, _, function = name.rpartition(".")
    constants = {k.arg: k.value.value for k in call.keywords if isinstance(k.value, ast.Constant)}
    if name in RUN_CODE or (module in UNPICKLERS and function in LOADING):
        yield f"calls {name}"
    if function == "read_pickle" and module:
        yield f"calls {name}"
    if any(k.arg == "allow_pickle" for k in call.keywords) and constants.get("allow_pickle", 1):
        yield f"lets {name} unpickle"
    if name in NEEDS and constants.get(NEEDS[name]) is not True:
        yield f"does not keep {name} from unpickling"


def faults(source: Path) -> Iterator[str]:
    for node in nodes(source):
        if isinstance(node, ast.Call):
            yield from (f"line {node.lineno} {fault}" for fault in call_faults(node))
        elif isinstance(node, ast.ImportFrom) and node.module in UNPICKLERS:
            loading = LOADING & {alias.name for alias in node.names}
            yield from (f"line {node.lineno} imports {name}" for name in loading)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.relative_to(ROOT).as_posix())
def test_a_source_runs_nothing_that_a_file_says(source: Path) -> None:
    assert list(faults(source)) == []


def test_one_file_alone_has_an_unpickler_and_it_is_the_restricted_one() -> None:
    having = {
        (source.relative_to(ROOT).as_posix(), node.name)
        for source in SOURCES
        for node in nodes(source)
        if isinstance(node, ast.ClassDef)
        and any("Unpickler" in ast.unparse(base) for base in node.bases)
    }
    assert having == {("motiondata/bodies/unpickling.py", "_Unpickler")}


@pytest.mark.parametrize(
    "line",
    [
        "np.load(path, allow_pickle=True)",
        "np.load(path, allow_pickle=trusted)",
        "pickle.load(file)",
        "pickle.loads(data)",
        "from pickle import loads",
        "pickle.Unpickler(file).load()",
        "pd.read_pickle(path)",
        "eval(header)",
        "exec(text)",
        "torch.load(path)",
        "torch.load(path, weights_only=False)",
        "yaml.load(text)",
    ],
)
def test_a_careless_line_would_be_seen(line: str, tmp_path: Path) -> None:
    (tmp_path / "careless.py").write_text(f"{line}\n")
    assert list(faults(tmp_path / "careless.py"))
