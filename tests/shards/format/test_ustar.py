"""Headers of tar files: `tarfile` is the reference implementation."""

import string
import tarfile

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shards.errors import SampleError
from shards.format.ustar import member_header

NAMES = st.text(string.ascii_letters + string.digits + "-_.", min_size=1, max_size=100)
LARGEST = 8 * 2**30 - 1
"""Eleven octal digits."""


@given(NAMES, st.integers(0, LARGEST))
@example("z" * 100, LARGEST)
@example("json", 0)
def test_a_header_is_the_one_that_tarfile_makes(name: str, size: int) -> None:
    info = tarfile.TarInfo(name)
    info.size = size
    assert member_header(name, size) == info.tobuf(tarfile.USTAR_FORMAT, "ascii", "strict")


@pytest.mark.parametrize(
    ("name", "size"), [("a" * 101, 0), ("grüße.txt", 0), ("points.npy", LARGEST + 1)]
)
def test_what_fits_no_header_is_refused(name: str, size: int) -> None:
    with pytest.raises(SampleError, match="do not fit into a tar file"):
        member_header(name, size)
