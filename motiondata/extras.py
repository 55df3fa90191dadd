"""Packages that only some tasks need, and the extra of `pip install` that has each.

`pip install motiondata` brings what reading, streaming and verifying a dataset needs. This is the
one table of everything else: `tests/test_extras.py` compares it with pyproject.toml.
"""

from collections.abc import Iterator
from contextlib import contextmanager

PROJECT = "motiondata"
EXTRAS = {
    "llvmlite": "build",
    "numba": "build",
    "scipy": "build",
    "threadpoolctl": "build",
    "tqdm": "build",
    "trimesh": "build",
    "zlib_ng": "build",
    "ray": "ray",
    "torch": "torch",
    "tokenizers": "train",
    "transformers": "train",
    "tensorboard": "tensorboard",
    "peft": "lora",
    "imageio_ffmpeg": "view",
    "matplotlib": "view",
    "PIL": "view",
    "numba_cuda": "gpu",
    "pandas": "tables",
    "webdataset": "webdataset",
    "duckdb": "query",
    "spacy": "tags",
    "aiohttp": "remote",
    "fsspec": "remote",
    "s3fs": "remote",
}
"""The extra of each module that is imported."""


def install_command(extra: str) -> str:
    """Return the command that installs an extra."""
    return f"pip install '{PROJECT}[{extra}]'"


def how_to_install(module: str) -> str | None:
    """Return what to do where a module cannot be imported; None for a module of no extra."""
    package = module.split(".")[0]
    if package not in EXTRAS:
        return None
    command = install_command(EXTRAS[package])
    return f"expected the package {package}, which is not installed: run {command}"


@contextmanager
def naming_extras() -> Iterator[None]:
    """Let a `ModuleNotFoundError` for a package of an extra say how to install it."""
    try:
        yield
    except ModuleNotFoundError as error:
        sentence = how_to_install(error.name or "")
        if sentence is None or str(error) == sentence:
            raise
        raise ModuleNotFoundError(sentence, name=error.name) from error
