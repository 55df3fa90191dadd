"""The page about the architecture names only files, folders and definitions that exist."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from tests.documents.blocks import INLINE, ROOT, blocks_of
from tests.test_layers import ARROWS, LAYERS

PAGE = ROOT / "docs" / "architecture.md"
PACKAGES = {*LAYERS, "cli", "tests"}
PATH = re.compile(r"(?:[\w-]+/)+(?:[\w-]+\.\w+)?|[\w-]+\.(?:py|toml)")
NAME = re.compile(r"\w+(?:\.\w+)+")
ARROW = re.compile(r"(\S+) +->(.*)")
LINE = re.compile(r"^( *)([\w.]+/?)  +\S", re.MULTILINE)


def spans() -> list[str]:
    """Return the code spans of the page, each once, outside of blocks."""
    text = re.sub(r"^(`{3,}).*?^\1$", "", PAGE.read_text(), flags=re.MULTILINE | re.DOTALL)
    return sorted(set(INLINE.findall(text)))


def named_paths() -> list[str]:
    return [span for span in spans() if PATH.fullmatch(span)]


def named_definitions() -> list[str]:
    return [
        span
        for span in spans()
        if NAME.fullmatch(span) and span.split(".")[0] in PACKAGES and not PATH.fullmatch(span)
    ]


@cache
def definitions(file: Path) -> frozenset[str]:
    """Return the names that a module defines: `build`, `Product`, `Product.begin`."""
    return frozenset(_definitions(ast.parse(file.read_text()).body, ""))


def _definitions(body: list[ast.stmt], prefix: str) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield prefix + node.name
        if isinstance(node, ast.ClassDef):
            yield from _definitions(node.body, f"{prefix}{node.name}.")
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        yield from (prefix + target.id for target in targets if isinstance(target, ast.Name))


def exists(name: str) -> bool:
    """Tell whether a dotted name is that of a module, or of a definition in one."""
    parts = name.split(".")
    for end in range(len(parts), 0, -1):
        place = ROOT.joinpath(*parts[:end])
        for file in (place.with_name(f"{place.name}.py"), place / "__init__.py"):
            if file.is_file():
                return end == len(parts) or ".".join(parts[end:]) in definitions(file)
    return False


@pytest.mark.parametrize("path", named_paths())
def test_a_path_that_is_named_exists(path: str) -> None:
    assert (ROOT / path).is_dir() if path.endswith("/") else (ROOT / path).is_file()


@pytest.mark.parametrize("name", named_definitions())
def test_a_definition_that_is_named_exists(name: str) -> None:
    assert exists(name)


@pytest.mark.parametrize(
    "name", ["pipelines.engine.build.burn", "pipelines.engine.none.build", "shards.View.none"]
)
def test_a_definition_that_does_not_exist_is_found_to_be_missing(name: str) -> None:
    assert not exists(name)


def test_the_page_names_many_places() -> None:
    assert len(named_paths()) > 10
    assert len(named_definitions()) > 50


def test_the_tree_has_the_folders_of_every_package() -> None:
    tree = next(blocks_of(PAGE)).text
    folders: list[Path] = []
    listed: set[Path] = set()
    for indent, name in LINE.findall(tree):
        folders = [*folders[: len(indent) // 2], Path(name)]
        listed.add(Path(*folders))
    assert all((ROOT / path).exists() for path in listed)
    packages = {Path(layer) for layer in LAYERS}
    inner = {
        file.parent.relative_to(ROOT) for layer in LAYERS for file in ROOT.glob(f"{layer}/*/*.py")
    }
    assert packages | inner <= listed


def folder_of(room: str) -> str:
    """Return the room's folder just below its package: `engine` of `pipelines.engine.workers`."""
    return room.split(".")[1] if "." in room else ""


def is_drawn(room: str) -> bool:
    """Tell whether the page has arrows of a room; a package's own files have none."""
    folder = ROOT / room.replace(".", "/")
    jobs = ("shards.copying", "shards.targets", "shards.verify")
    is_job = room.startswith("pipelines.") or room in jobs
    return "." in room and (is_job or folder.is_dir())


def test_the_arrows_are_those_that_the_layer_test_enforces() -> None:
    drawn = dict(ARROW.findall([*blocks_of(PAGE)][1].text))
    outer = {layer: {*names} - {layer} for layer, names in LAYERS.items() if {*names} - {layer}}
    expected = {"cli.py": {"commands"}, **outer}
    for room, targets in ARROWS.items():
        if is_drawn(room):
            package, folder = room.split(".")[0], folder_of(room)
            below = {folder_of(target) for target in targets if is_drawn(target)} - {folder}
            expected.setdefault(f"{package}/{folder}", set()).update(below)
    found = {room: {name.strip() for name in to.split(",")} - {""} for room, to in drawn.items()}
    assert found == expected
