"""Rules that the source text keeps: no code comes from data, and no test patches our own code.

The rules are checked on the source, so that a careless line fails here before any file reaches it.
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


OURS = {"benchmarks", "cli", "commands", "motiondata", "pipelines", "shards"}
"""The packages that tests do not patch. What a test must replace is an argument."""


def is_ours(name: str) -> bool:
    return name.partition(".")[0] in OURS


def imported_names(node: ast.AST) -> Iterator[str]:
    """Yield the names that an import of our packages defines."""
    if isinstance(node, ast.Import):
        yield from (alias.asname or alias.name for alias in node.names if is_ours(alias.name))
    elif isinstance(node, ast.ImportFrom) and is_ours(node.module or ""):
        yield from (alias.asname or alias.name for alias in node.names)


def replaced_names(node: ast.AST) -> Iterator[str]:
    """Yield the dotted names whose attributes a statement or a call replaces."""
    if isinstance(node, ast.Call) and node.args:
        if ast.unparse(node.func).rpartition(".")[2] in ("setattr", "delattr"):
            (target, *_) = node.args
            yield str(target.value) if isinstance(target, ast.Constant) else ast.unparse(target)
    elif isinstance(node, ast.Assign):
        targets = [target for target in node.targets if isinstance(target, ast.Attribute)]
        yield from (ast.unparse(target) for target in targets)


def patches(source: Path) -> list[str]:
    """List the attributes of our modules and classes that a test replaces."""
    mine = {name.partition(".")[0] for node in nodes(source) for name in imported_names(node)}
    return [
        f"line {node.lineno} replaces an attribute of {name}"  # type: ignore[attr-defined]
        for node in nodes(source)
        for name in replaced_names(node)
        if is_ours(name) or name.partition(".")[0] in mine
    ]


def test_no_test_patches_anything_of_ours() -> None:
    found = {path.relative_to(ROOT): patches(path) for path in (ROOT / "tests").rglob("*.py")}
    assert {path: lines for path, lines in found.items() if lines} == {}


@pytest.mark.parametrize(
    "lines",
    [
        'monkeypatch.setattr("pipelines.engine.build.build_shard", fake)',
        "from pipelines.engine import build\nmonkeypatch.setattr(build, 'build_shard', fake)",
        "from shards.stream import open_files as files\nfiles.OPEN_SHARDS = 1",
        "import motiondata.npz\nmotiondata.npz.MAX_ARRAY_BYTES = 8000",
        "from pipelines.engine.streams import Unfailing\nmonkeypatch.delattr(Unfailing, 'isatty')",
    ],
)
def test_a_patch_of_ours_would_be_seen(lines: str, tmp_path: Path) -> None:
    (tmp_path / "test_patching.py").write_text(f"{lines}\n")
    assert len(patches(tmp_path / "test_patching.py")) == 1
