"""Ranks: an environment with only some of torchrun's variables gives one sentence."""

import pytest
import torch

from motiondata.errors import InputError
from pipelines.training.common.ranks import process_group, rank, world

CPU = torch.device("cpu")


def test_a_single_process_needs_no_group(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    with process_group(CPU):
        assert (rank(), world()) == (0, 1)


def test_others_that_cannot_be_joined_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    monkeypatch.delenv("RANK", raising=False)
    monkeypatch.delenv("MASTER_ADDR", raising=False)
    with pytest.raises(InputError, match=r"WORLD_SIZE is 2, .* start them with torchrun"):
        process_group(CPU).__enter__()


@pytest.mark.parametrize("value", ["two", "-1", ""])
def test_a_number_of_processes_that_is_none_is_refused(
    monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("WORLD_SIZE", value)
    with pytest.raises(InputError, match="WORLD_SIZE: expected a whole number"):
        process_group(CPU).__enter__()
