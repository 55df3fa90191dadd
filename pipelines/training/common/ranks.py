"""Ranks: the processes of one training, started by `torchrun`, and their devices.

All functions also work in a single process, which needs no process group.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
from torch import distributed

from motiondata.devices import CPU, CUDA, TRAINING_DEVICES
from motiondata.errors import InputError

LONGEST_WAIT = timedelta(hours=6)
"""How long processes wait for the first one, which may encode all captions of a large dataset."""


def choose_device(name: str) -> torch.device:
    """Return the device of this process; `auto` is a GPU if there is one.

    Raises `InputError` for `cuda` without a GPU, and for more processes than GPUs.
    """
    if name not in TRAINING_DEVICES:
        raise InputError(f"device: expected one of {', '.join(TRAINING_DEVICES)}, found {name!r}")
    if name == CUDA and not torch.cuda.is_available():
        raise InputError("device: expected a GPU for cuda, found none; choose --device cpu")
    if name == CPU or not torch.cuda.is_available():
        return torch.device(CPU)
    number = _environment_number("LOCAL_RANK", 0)
    if number >= torch.cuda.device_count():
        raise InputError(
            f"device: expected a GPU for each process, found {torch.cuda.device_count()} for "
            f"process {number + 1} of this machine; choose fewer processes with --nproc-per-node"
        )
    torch.cuda.set_device(number)
    return torch.device(CUDA, number)


@contextmanager
def process_group(device: torch.device) -> Iterator[None]:
    """Join the process group of `torchrun`, if there is one, while the block runs.

    Raises `InputError` if the environment announces other processes but not how to join them.
    """
    if _environment_number("WORLD_SIZE", 1) == 1:
        yield
        return
    try:
        backend = "nccl" if device.type == CUDA else "gloo"
        distributed.init_process_group(backend, timeout=LONGEST_WAIT)
    except ValueError as error:
        raise InputError(
            f"WORLD_SIZE is {os.environ['WORLD_SIZE']}, but the processes cannot be joined "
            f"({error}); start them with torchrun, or unset it"
        ) from error
    try:
        yield
    finally:
        distributed.destroy_process_group()


def _environment_number(name: str, default: int) -> int:
    """Return a number that `torchrun` sets in an environment variable."""
    value = os.environ.get(name, str(default))
    if not value.isdecimal():
        raise InputError(f"{name}: expected a whole number in the environment, found {value!r}")
    return int(value)


def world() -> int:
    """Return the number of processes that train together."""
    return distributed.get_world_size() if distributed.is_initialized() else 1


def rank() -> int:
    """Return the number of this process among them."""
    return distributed.get_rank() if distributed.is_initialized() else 0


def mean_of_ranks(values: torch.Tensor) -> torch.Tensor:
    """Return the mean of a tensor over all processes."""
    if world() == 1:
        return values
    total = values.clone()
    distributed.all_reduce(total)
    return total / world()


def any_of_ranks(flag: bool, device: torch.device) -> bool:
    """Return whether any process has raised its flag; all processes get the same answer."""
    return bool(mean_of_ranks(torch.tensor(float(flag), device=device)) > 0)


@contextmanager
def first_rank_first() -> Iterator[None]:
    """Run the block in the first process, then in the others, which find what it has written."""
    if rank() > 0:
        distributed.barrier()
    try:
        yield
    finally:
        if rank() == 0 and world() > 1:
            distributed.barrier()
