"""Prefetching: it is requested for plain files only, and never blocks or fails."""

import os
from pathlib import Path

import pytest

from shards.format.prefetching import prefetch, prefetch_file


def test_the_whole_of_a_file_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[int, ...]] = []
    monkeypatch.setattr(os, "posix_fadvise", lambda _, *advice: asked.append(advice))
    (tmp_path / "a.npz").write_bytes(b"something")
    prefetch_file(tmp_path / "a.npz")
    assert asked == [(0, 0, os.POSIX_FADV_WILLNEED)]


def test_what_cannot_be_read_ahead_is_left_to_its_reader(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for name in ("missing", "pipe", ".", "a\0b"):
        prefetch_file(tmp_path / name)


def test_a_system_that_refuses_breaks_nothing() -> None:
    reading, writing = os.pipe()
    prefetch(reading)  # no system reads a pipe ahead
    os.close(reading)
    os.close(writing)


def test_systems_that_cannot_be_asked_do_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "posix_fadvise")
    (tmp_path / "a.npz").write_bytes(b"something")
    prefetch_file(tmp_path / "a.npz")
