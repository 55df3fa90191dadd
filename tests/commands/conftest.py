"""The archive and the dataset built from it, shared with the tests of the pipelines."""

from tests.pipelines.conftest import _kernels_are_loaded, archive, built, out, reference

__all__ = ["_kernels_are_loaded", "archive", "built", "out", "reference"]
