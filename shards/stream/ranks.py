"""Determine the rank of this process in distributed training, from one consistent source.

A view may be created before the process group is initialized, as with Lightning, so the rank is
determined when the first batch is read. Variables of a launcher that do not give both the rank and
the number of ranks are refused: `WORLD_SIZE=2` alone, read as rank 0 of 2, would silently lose half
of the data.
"""

import os
import sys
from importlib import import_module
from typing import Any

from shards.errors import ShardError
from shards.stream.numbers import whole_number
from shards.stream.shares import EpochShare, worker_share

LAUNCHERS = {
    "torchrun": ("RANK", "WORLD_SIZE"),
    "Open MPI's mpirun": ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE"),
    "MVAPICH's mpirun": ("MV2_COMM_WORLD_RANK", "MV2_COMM_WORLD_SIZE"),
    "MPICH's or Intel's mpirun": ("PMI_RANK", "PMI_SIZE"),
    "Slurm's srun": ("SLURM_PROCID", "SLURM_STEP_NUM_TASKS"),
}
"""Environment variables of the rank and the number of ranks, per launcher. The first launcher with
both variables is used: `srun` may start `mpirun`, and either may start `torchrun`. Accelerate and
DeepSpeed set torchrun's variables. An `sbatch` script has `SLURM_NTASKS` and a `SLURM_PROCID` of 0
although it is a single process; only `srun` sets `SLURM_STEP_NUM_TASKS` (srun(1), output
environment variables)."""

ADVICE = (
    "read the first batch after torch.distributed is initialized, or pass rank and world to the "
    "view"
)


class Rank:
    """The rank of a view: given, or determined when it is needed and then kept.

    Workers of a `DataLoader` use the rank of their parent process.
    """

    def __init__(self, rank: int | None = None, world: int | None = None) -> None:
        if (rank is None) != (world is None):
            raise ShardError(f"rank is {rank} and world is {world}; give both or neither")
        self._given = None if rank is None or world is None else EpochShare(rank, world)
        self._read: EpochShare | None = None
        """The rank with which batches were read."""
        self._parents: EpochShare | None = None
        """The rank of the parent process of a spawned worker."""
        self._unpickled_by = 0
        """The id of the process that unpickled this object, which may be a spawned worker; the
        workers that it forks have other ids."""

    @property
    def given(self) -> EpochShare | None:
        """The rank that was given; None if it is determined."""
        return self._given

    @property
    def share(self) -> EpochShare:
        """The rank and the number of ranks; raises `ShardError` if they cannot be determined."""
        return self._given or self._read or self._found()

    def begin(self) -> None:
        """Fix the rank from now on; raise `ShardError` if batches were read with another rank."""
        found = self._given or self._found()
        if self._read not in (None, found):
            raise ShardError(
                f"this view has read batches as {_words(self._read)}, but the process is now "
                f"{_words(found)}; {ADVICE}"
            )
        self._read = found

    def _found(self) -> EpochShare:
        spawned = worker_share() is not None and self._unpickled_by == os.getpid()
        return (self._parents if spawned else None) or found_share()

    def __getstate__(self) -> dict[str, Any]:
        try:
            parents = self.share
        except ShardError:  # a worker that receives this copy raises it
            parents = None
        return {**self.__dict__, "_parents": parents}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._unpickled_by = os.getpid()


def found_share() -> EpochShare:
    """Return the rank from `torch.distributed`, else from the launcher, else rank 0 of 1."""
    distributed = import_module("torch.distributed") if "torch" in sys.modules else None
    if distributed is not None and distributed.is_available() and distributed.is_initialized():
        return EpochShare(distributed.get_rank(), distributed.get_world_size())
    for launcher, names in LAUNCHERS.items():
        if all(name in os.environ for name in names):
            found = EpochShare(*(_number(name) for name in names))
            _check_partial(found, f"{launcher} sets {_words(found)}")
            return found
    _check_partial(EpochShare(), "no variable sets the rank")
    if "SLURM_PROCID" in os.environ and (task := _number("SLURM_PROCID")):
        raise ShardError(
            f"the environment has SLURM_PROCID={task}, but no SLURM_STEP_NUM_TASKS; {ADVICE}"
        )
    return EpochShare()


def _check_partial(found: EpochShare, source: str) -> None:
    """Raise where only one of RANK and WORLD_SIZE is set and contradicts the found rank.

    Lightning sets WORLD_SIZE and LOCAL_RANK, but not RANK, for the processes that it starts.
    """
    names = ("RANK", "WORLD_SIZE", "LOCAL_RANK")
    given = {name: _number(name) for name in names if name in os.environ}
    if "RANK" in given and "WORLD_SIZE" in given:
        return
    wrong = (
        given.get("WORLD_SIZE", found.count) != found.count
        or given.get("RANK", found.number) != found.number
        or (found == EpochShare() and given.get("LOCAL_RANK", 0) != 0)
    )
    if wrong:
        variables = ", ".join(f"{name}={value}" for name, value in given.items())
        raise ShardError(f"the environment has {variables}, but {source}; {ADVICE}")


def _number(name: str) -> int:
    try:
        return whole_number(name, int(os.environ[name]), least=0)
    except ValueError as error:
        raise ShardError(f"{name} is {os.environ[name]!r}; expected a whole number") from error


def _words(share: EpochShare | None) -> str:
    return f"rank {share.number} of {share.count}" if share else "no rank"
