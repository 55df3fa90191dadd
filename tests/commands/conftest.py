"""The archive and the dataset built from it, as the tests of the pipelines have them."""

from tests.pipelines.conftest import _kernels_are_loaded, archive, built, out, reference

__all__ = ["_kernels_are_loaded", "archive", "built", "out", "reference"]
