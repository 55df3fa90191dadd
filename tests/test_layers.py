"""The architecture, as tests: which folder may import which, and what stays light.

`ARROWS` lists, from the bottom up, the folders that the modules of each folder may import, in
addition to their own. A single file can be an entry too. A folder may list only folders that come
before it, so imports go in one direction and form no circle. `python -m tests.test_layers` prints
the imports as they are.
"""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

LAYERS = {
    "motiondata": {"motiondata"},
    "shards": {"shards"},
    "pipelines": {"pipelines", "motiondata", "shards"},
    "commands": {"commands", "pipelines", "motiondata", "shards"},
}
"""Our own packages that each package's modules may name."""

ARROWS: dict[str, set[str]] = {
    # what a motion is
    "motiondata": set(),
    "motiondata.bodies": {"motiondata"},
    "motiondata.lidar": {"motiondata", "motiondata.bodies"},
    "motiondata.lidar.cpu": {"motiondata", "motiondata.bodies", "motiondata.lidar"},
    "motiondata.lidar.realism": {
        "motiondata",
        "motiondata.bodies",
        "motiondata.lidar",
        "motiondata.lidar.cpu",
    },
    "motiondata.lidar.cuda": {
        "motiondata",
        "motiondata.bodies",
        "motiondata.lidar",
        "motiondata.lidar.realism",
    },
    "motiondata.lidar.rigs": {"motiondata", "motiondata.lidar"},
    "motiondata.lidar.devices": {
        "motiondata",
        "motiondata.lidar",
        "motiondata.lidar.cpu",
        "motiondata.lidar.cuda",
        "motiondata.lidar.realism",
    },
    "motiondata.lidar.scan_mesh": {"motiondata", "motiondata.lidar", "motiondata.lidar.cpu"},
    "motiondata.sources.amass": {"motiondata"},
    "motiondata.sources.humanml3d": {"motiondata", "motiondata.sources.amass"},
    "motiondata.sources.imports": {
        "motiondata",
        "motiondata.sources.amass",
        "motiondata.sources.humanml3d",
    },
    "motiondata.motion_files": {"motiondata", "motiondata.bodies"},
    "motiondata.sources.cmu": {"motiondata", "motiondata.bodies", "motiondata.sources.imports"},
    "motiondata.sources.bvh": {"motiondata", "motiondata.bodies", "motiondata.sources.imports"},
    "motiondata.sources.annotations": {
        "motiondata",
        "motiondata.sources.amass",
        "motiondata.sources.humanml3d",
        "motiondata.sources.imports",
    },
    "motiondata.representations": {"motiondata", "motiondata.bodies"},
    "motiondata.representations.pfnn": {
        "motiondata",
        "motiondata.bodies",
        "motiondata.representations",
    },
    "motiondata.sources.pfnn": {
        "motiondata",
        "motiondata.representations.pfnn",
        "motiondata.sources.bvh",
        "motiondata.sources.imports",
    },
    "motiondata.sources.smpl": {
        "motiondata",
        "motiondata.bodies",
        "motiondata.representations",
        "motiondata.sources.humanml3d",
        "motiondata.sources.imports",
    },
    "motiondata.motion_quality": {"motiondata", "motiondata.bodies"},
    "motiondata.pose_pairs": {"motiondata", "motiondata.bodies"},
    "motiondata.fitting": {"motiondata", "motiondata.bodies", "motiondata.representations"},
    "motiondata.sources.joints": {
        "motiondata",
        "motiondata.bodies",
        "motiondata.fitting",
        "motiondata.representations",
        "motiondata.sources.humanml3d",
        "motiondata.sources.imports",
    },
    "motiondata.synthesis": set(),
    "motiondata.synthesis.motion": {"motiondata", "motiondata.synthesis"},
    "motiondata.synthesis.language": {"motiondata.synthesis"},
    "motiondata.synthesis.corpus": {
        "motiondata",
        "motiondata.bodies",
        "motiondata.sources.amass",
        "motiondata.sources.humanml3d",
        "motiondata.synthesis",
        "motiondata.synthesis.language",
        "motiondata.synthesis.motion",
    },
    "motiondata.__init__": {
        "motiondata",
        "motiondata.bodies",
        "motiondata.lidar.cpu",
        "motiondata.lidar.scan_mesh",
        "motiondata.motion_files",
        "motiondata.sources.amass",
    },
    # samples in tar files
    "shards.errors": set(),
    "shards.printable": set(),
    "shards.optional": set(),
    "shards.remote": {"shards.errors", "shards.optional"},
    "shards.format": {"shards.errors", "shards.remote"},
    "shards.stats": {"shards.errors", "shards.format"},
    "shards.stream": {
        "shards.errors",
        "shards.format",
        "shards.optional",
        "shards.remote",
        "shards.stats",
    },
    "shards.copying": {"shards.format", "shards.targets"},
    "shards.targets": {"shards.errors", "shards.format", "shards.remote"},
    "shards.verify": {"shards.errors", "shards.format", "shards.printable", "shards.stats"},
    "shards": {"shards.remote", "shards.stream"},
    # jobs
    "pipelines.engine": set(),
    "pipelines.engine.workers": {"pipelines.engine"},
    "pipelines.engine.build": {"pipelines.engine", "pipelines.engine.workers"},
    "pipelines.clips": {"pipelines.engine"},
    "pipelines.clips.build": {"pipelines.clips", "pipelines.engine", "pipelines.engine.build"},
    "pipelines.products.lidar.members": {"pipelines.clips", "pipelines.engine"},
    "pipelines.products.derived": {
        "pipelines.clips",
        "pipelines.engine",
        "pipelines.engine.build",
    },
    "pipelines.products.lidar": {
        "pipelines.clips",
        "pipelines.clips.build",
        "pipelines.engine",
        "pipelines.products.lidar.members",
    },
    "pipelines.products.motion_features": {
        "pipelines.clips",
        "pipelines.clips.build",
        "pipelines.engine",
    },
    "pipelines.products.pfnn": {
        "pipelines.clips",
        "pipelines.clips.build",
        "pipelines.engine",
        "pipelines.engine.build",
    },
    "pipelines.products.pose_pairs": {
        "pipelines.clips",
        "pipelines.engine",
        "pipelines.engine.build",
    },
    "pipelines.products.encoded_features": {
        "pipelines.clips",
        "pipelines.engine",
        "pipelines.products.derived",
        "pipelines.products.lidar.members",
    },
    "pipelines.products.tokens": {
        "pipelines.clips",
        "pipelines.engine",
        "pipelines.products.motion_features",
    },
    "pipelines.products": {
        "pipelines.engine",
        "pipelines.products.encoded_features",
        "pipelines.products.lidar",
        "pipelines.products.motion_features",
        "pipelines.products.pfnn",
        "pipelines.products.pose_pairs",
        "pipelines.products.tokens",
    },
    "pipelines.editing": {
        "pipelines.clips",
        "pipelines.engine",
        "pipelines.engine.build",
        "pipelines.products",
    },
    "pipelines.training.common": {
        "pipelines.clips",
        "pipelines.engine",
        "pipelines.products",
        "pipelines.products.encoded_features",
        "pipelines.products.lidar.members",
    },
    "pipelines.training.encoders": {
        "pipelines.engine",
        "pipelines.products.encoded_features",
        "pipelines.training.common",
    },
    "pipelines.datasets": {
        "pipelines.engine",
        "pipelines.engine.workers",
        "pipelines.products",
    },
    "pipelines.viewing": {
        "pipelines.clips",
        "pipelines.engine",
        "pipelines.products",
        "pipelines.products.lidar.members",
        "pipelines.products.motion_features",
    },
    "pipelines.viewing.report": {
        "pipelines.engine",
        "pipelines.products",
        "pipelines.viewing",
    },
    "pipelines.viewing.training": {
        "pipelines.engine",
        "pipelines.training.common",
        "pipelines.viewing.report",
    },
    "pipelines.viewing.film": {
        "pipelines.clips",
        "pipelines.engine",
        "pipelines.products",
        "pipelines.viewing",
    },
    "pipelines.mesh_scans": {
        "pipelines.clips",
        "pipelines.datasets",
        "pipelines.engine",
        "pipelines.products.lidar",
    },
    "pipelines.viewing.live": {
        "pipelines.clips",
        "pipelines.mesh_scans",
        "pipelines.products.lidar",
        "pipelines.viewing",
        "pipelines.viewing.report",
    },
    "pipelines.comparing": {
        "pipelines.engine",
        "pipelines.viewing",
        "pipelines.viewing.live",
    },
    "pipelines.motion_export": {
        "pipelines.clips",
        "pipelines.datasets",
        "pipelines.engine",
    },
    "pipelines.training.text_encoders": {"pipelines.engine", "pipelines.training.common"},
    "pipelines.training.alignment": {
        "pipelines.clips",
        "pipelines.engine",
        "pipelines.training.common",
        "pipelines.training.encoders",
        "pipelines.training.text_encoders",
    },
    "pipelines.training.pose_pairs": {
        "pipelines.clips",
        "pipelines.products",
        "pipelines.products.pose_pairs",
        "pipelines.training.common",
    },
    "pipelines.training.pose_editing": {
        "pipelines.clips",
        "pipelines.engine",
        "pipelines.training.alignment",
        "pipelines.training.common",
        "pipelines.training.pose_pairs",
        "pipelines.training.text_encoders",
    },
    "pipelines.training.motion_fields": {
        "pipelines.clips",
        "pipelines.products",
        "pipelines.products.motion_features",
    },
    "pipelines.training.tokenizers": {
        "pipelines.clips",
        "pipelines.engine",
        "pipelines.products.derived",
        "pipelines.products.motion_features",
        "pipelines.products.tokens",
        "pipelines.training.common",
        "pipelines.training.motion_fields",
    },
    "pipelines.training.matching": {
        "pipelines.training.alignment",
        "pipelines.training.common",
        "pipelines.training.motion_fields",
        "pipelines.training.text_encoders",
    },
    "pipelines.training.language": {
        "pipelines.clips",
        "pipelines.engine",
        "pipelines.products.derived",
        "pipelines.products.motion_features",
        "pipelines.products.tokens",
        "pipelines.training.common",
        "pipelines.training.matching",
        "pipelines.training.tokenizers",
    },
    "pipelines.training.captioning": {
        "pipelines.clips",
        "pipelines.engine",
        "pipelines.training.common",
        "pipelines.training.encoders",
        "pipelines.training.language",
        "pipelines.training.pose_pairs",
    },
    "pipelines.evaluation.options": {"pipelines.engine"},
    "pipelines.evaluation.references": {
        "pipelines.evaluation.options",
        "pipelines.training.common",
    },
    "pipelines.evaluation.generation": {
        "pipelines.clips",
        "pipelines.engine",
        "pipelines.evaluation.options",
        "pipelines.evaluation.references",
        "pipelines.products.tokens",
        "pipelines.training.common",
        "pipelines.training.matching",
        "pipelines.training.motion_fields",
    },
    "pipelines.evaluation.pose_editing": {
        "pipelines.clips",
        "pipelines.engine",
        "pipelines.evaluation.generation",
        "pipelines.training.common",
        "pipelines.training.pose_editing",
        "pipelines.training.pose_pairs",
    },
    "pipelines.evaluation.metrics": {"pipelines.training.common"},
    "pipelines.evaluation": {
        "pipelines.evaluation.generation",
        "pipelines.training.pose_editing",
        "pipelines.training.pose_pairs",
        "pipelines.clips",
        "pipelines.engine",
        "pipelines.evaluation.acts",
        "pipelines.evaluation.attributes",
        "pipelines.evaluation.metrics",
        "pipelines.evaluation.options",
        "pipelines.evaluation.references",
        "pipelines.products",
        "pipelines.products.encoded_features",
        "pipelines.products.lidar.members",
        "pipelines.products.tokens",
        "pipelines.training.captioning",
        "pipelines.training.common",
        "pipelines.training.encoders",
    },
    "pipelines.evaluation.attributes": {
        "pipelines.clips",
        "pipelines.training.common",
    },
    "pipelines.evaluation.acts": {
        "pipelines.clips",
        "pipelines.training.common",
    },
    "pipelines.import_report": {"pipelines.engine"},
    "pipelines.sources": {"pipelines.engine", "pipelines.import_report"},
    "pipelines.synthesis": {"pipelines.engine"},
    "pipelines.doctor": {"pipelines.engine"},
    "pipelines.publishing": {
        "pipelines.clips",
        "pipelines.datasets",
        "pipelines.engine",
        "pipelines.motion_export",
        "pipelines.products",
    },
    "pipelines.demo": {
        "pipelines.clips",
        "pipelines.datasets",
        "pipelines.engine",
        "pipelines.products.lidar",
        "pipelines.synthesis",
        "pipelines.viewing.report",
    },
}
"""The folders of its package that each folder may import, in addition to itself."""

PYTHON_INTERFACE = "motiondata"
"""The module that names the functions of the Python interface: a folder above all its package."""

MAIN = ROOT / "motiondata/__main__.py"
"""Runs the command line, so it imports `cli`."""

NO_LIDAR = ("motiondata.lidar", "pipelines.products")
MUST_NOT_NAME = {
    "pipelines.engine": (*NO_LIDAR, "motiondata.sources", "pipelines.clips"),
    "pipelines.clips": NO_LIDAR,
    "pipelines.datasets": ("motiondata",),
}
"""What the folders that all products share must not import, nor anything below it. Files directly
in `motiondata`, such as `motiondata.errors`, and the modules in `FREE` are allowed."""

FREE = {
    "motiondata.representations.feature_groups",
    "motiondata.representations.skeleton_graphs",
}
"""Tables that every folder may name."""

CROSS_IMPORTS = {
    "shards/__init__.py": {"motiondata.captions"},
    "shards/optional.py": {"motiondata.extras"},
}
"""Imports from the other package at the bottom: `open_dataset` gives its dataset the reader of
captions, and there is one table of extras. Each file must have exactly these."""

ONLY_IN = {
    "ray": "pipelines/engine/workers/executor.py",
    "fsspec": "shards/remote/file_systems.py",
}
"""Packages that one file alone may know."""


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def name_of(file: Path) -> str:
    return ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@cache
def is_module(name: str) -> bool:
    path = ROOT / name.replace(".", "/")
    return path.with_suffix(".py").is_file() or (path / "__init__.py").is_file()


@cache
def imported(file: Path) -> tuple[str, ...]:
    """Return the modules that a file names anywhere, our own ones to the file."""
    return tuple(_imported(file))


def _imported(file: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute"
            module = node.module or ""
            for alias in node.names:
                full = f"{module}.{alias.name}"
                yield full if module.split(".")[0] in LAYERS and is_module(full) else module


def imported_packages(file: Path) -> set[str]:
    return {name.split(".")[0] for name in imported(file)}


def folder_of(module: str) -> str:
    """Return the innermost folder that a module is in."""
    if module == PYTHON_INTERFACE:
        return f"{module}.__init__"
    folders = [folder for folder in ARROWS if f"{module}.".startswith(f"{folder}.")]
    return max(folders, key=len, default="")


def arrows() -> dict[tuple[str, str], list[str]]:
    """Return the arrows between folders of a package, each with the imports that it is made of."""
    found: dict[tuple[str, str], list[str]] = {}
    for package in ("motiondata", "shards", "pipelines"):
        for file in modules(package):
            source = folder_of(name_of(file))
            for module in imported(file):
                target = folder_of(module)
                if target and target != source and target.split(".")[0] == package:
                    found.setdefault((source, target), []).append(f"{name_of(file)} -> {module}")
    return found


def test_the_folders_are_listed_from_the_bottom_up() -> None:
    heights = {folder: height for height, folder in enumerate(_sorted_folders())}
    for folder, targets in ARROWS.items():
        for target in targets:
            assert heights[target] < heights[folder], f"{folder} -> {target} leads upward"


def _sorted_folders() -> list[str]:
    """Return the folders in an order in which every arrow leads to an earlier one, or raise."""
    from graphlib import TopologicalSorter

    return list(TopologicalSorter(ARROWS).static_order())


def test_every_module_is_in_a_folder() -> None:
    for package in ("motiondata", "shards", "pipelines"):
        for file in modules(package):
            is_docstring = file.name == "__init__.py" and not imported(file)
            assert is_docstring or folder_of(name_of(file)), f"{file}: add its folder to ARROWS"


def test_a_folder_names_only_folders_below_it() -> None:
    wrong = [
        f"{source} -> {target}: {line}"
        for (source, target), lines in arrows().items()
        for line in lines
        if target not in ARROWS.get(source, set())
    ]
    assert not wrong, "\n".join(wrong)


def test_no_arrow_is_listed_that_is_not_used() -> None:
    drawn = set(arrows())
    idle = [
        (folder, to) for folder, tos in ARROWS.items() for to in tos if (folder, to) not in drawn
    ]
    assert not idle


def test_what_products_share_names_no_product() -> None:
    found = {
        f"{name_of(file)} -> {module}"
        for folder, names in MUST_NOT_NAME.items()
        for file in modules(folder.replace(".", "/"))
        for module in imported(file)
        for name in names
        if f"{module}.".startswith(f"{name}.") and not is_top_file(module) and module not in FREE
    }
    assert not found


def is_top_file(module: str) -> bool:
    """Tell whether a module lies in `motiondata` itself, as errors and recordings do."""
    return module.startswith("motiondata.") and module.count(".") == 1


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_only_what_lies_below_it(layer: str) -> None:
    forbidden = {*LAYERS, "cli", "tests", "benchmarks", "tools"} - LAYERS[layer]
    for file in set(modules(layer)) - {MAIN}:
        found = {name for name in imported(file) if name.split(".")[0] in forbidden}
        assert found == CROSS_IMPORTS.get(file.relative_to(ROOT).as_posix(), set()), file


def test_benchmarks_take_nothing_of_tests_but_their_support() -> None:
    for file in modules("benchmarks"):
        for module in imported(file):
            assert not module.startswith("tests") or module.startswith("tests.support"), file


def test_the_command_line_names_nothing_heavy() -> None:
    heavy = {"torch", "ray", "numba", "numpy", "pandas", "pyarrow", "matplotlib", "scipy"}
    for file in (ROOT / "cli.py", *modules("commands")):
        assert not heavy & imported_packages(file), file


@pytest.mark.parametrize(("package", "only_file"), ONLY_IN.items())
def test_one_file_alone_knows(package: str, only_file: str) -> None:
    assert package in imported_packages(ROOT / only_file)
    for layer in LAYERS:
        for file in modules(layer):
            if file != ROOT / only_file:
                assert package not in imported_packages(file), file


def test_commands_print_through_one_function_alone() -> None:
    files = {ROOT / "cli.py", *modules("commands")} - {ROOT / "commands/printing.py"}
    for file in files:
        words = {
            node.attr
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Attribute)
        }
        assert not {"echo", "secho"} & words, f"{file}: print with commands.printing.say"


def test_the_command_line_starts_without_anything_heavy() -> None:
    heavy = {"torch", "ray", "numba", "numpy", "pyarrow", "asyncio", "fsspec"}
    program = f"import sys, cli; print(sorted({heavy} & set(sys.modules)))"
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


@pytest.mark.parametrize("package", ["motiondata", "shards"])
def test_a_package_is_imported_without_anything_heavy(package: str) -> None:
    heavy = {"torch", "ray", "numba", "numpy", "trimesh", "pandas", "pyarrow", "webdataset"}
    program = f"import sys, {package}; print(sorted({heavy} & set(sys.modules)))"
    run = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert run.stdout.strip() == "[]"


def test_every_package_is_installed() -> None:
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    found = {
        name_of(file) for layer in LAYERS for file in modules(layer) if file.name == "__init__.py"
    }
    assert set(listed) == found


if __name__ == "__main__":
    for (source, target), lines in sorted(arrows().items()):
        mark = " " if target in ARROWS.get(source, set()) else "!"
        sys.stdout.write(f"{mark} {source} -> {target} ({len(lines)})\n")
        if mark == "!":
            sys.stdout.write("".join(f"      {line}\n" for line in lines))
