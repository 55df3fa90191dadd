"""Every package that the program imports is installed with it, or is in an extra that has it."""

import sys
import tomllib
from typing import Any

import pytest

from motiondata.extras import EXTRAS, how_to_install, naming_extras
from tests.test_layers import LAYERS, ROOT, imported_packages, modules

MODULES = {"PIL": "pillow", "numba_cuda": "numba-cuda", "zlib_ng": "zlib-ng"} | {
    "imageio_ffmpeg": "imageio-ffmpeg"
}
"""The distributions whose names are not those of their modules."""
BROUGHT = {"huggingface_hub": "transformers", "safetensors": "transformers"} | {
    "aiobotocore": "s3fs",
    "botocore": "s3fs",
}
"""Packages that come with another one, and that only code for it imports."""


def project() -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return found


def names(requirements: list[str]) -> set[str]:
    return {each.split(">=")[0].split("[")[0] for each in requirements}


def test_the_base_is_what_reading_needs() -> None:
    assert names(project()["dependencies"]) == {"blake3", "click", "numpy", "pyarrow"}


@pytest.mark.parametrize(("module", "extra"), EXTRAS.items())
def test_an_extra_has_the_packages_that_it_is_named_for(module: str, extra: str) -> None:
    assert MODULES.get(module, module) in names(project()["optional-dependencies"][extra])


def test_every_import_is_of_the_base_or_of_an_extra() -> None:
    base = names(project()["dependencies"])
    files = [ROOT / "cli.py", *(file for layer in LAYERS for file in modules(layer))]
    named = {name for file in files for name in imported_packages(file)}
    ours = {*LAYERS, "cli", *sys.stdlib_module_names}
    assert named - ours - base - set(BROUGHT) <= set(EXTRAS)


def test_all_has_every_extra_of_a_user_but_that_of_gpus() -> None:
    extras = project()["optional-dependencies"]
    (everything,) = extras["all"]
    listed = {*everything.split("[")[1].rstrip("]").split(",")}
    included = listed | {"build", "torch"}
    assert set(EXTRAS.values()) - {"gpu"} <= included


def test_a_missing_package_is_named_with_its_command() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"pip install 'motiondata\[build\]'"):  # noqa: SIM117
        with naming_extras():
            raise ModuleNotFoundError("No module named 'numba.core'", name="numba.core")
    assert how_to_install("nobodys_package") is None
