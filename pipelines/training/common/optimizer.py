"""One training step: AdamW, warm-up, gradient clipping, bfloat16 where it is faster.

The learning rate and the seed of random operations (dropout) are computed from the step number, not
carried from step to step. A training resumed at step n therefore does what it would have done.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import cos, pi
from typing import Any

import torch
from torch import nn

from motiondata.devices import CUDA
from pipelines.training.common.options import OptimizerOptions, Precision

BETAS = 0.9, 0.98
"""Betas of AdamW, as is usual for transformers (Vaswani et al., 2017)."""
SEED_STEPS = 2**32
"""More steps than any training has, so that the step seeds of two trainings do not overlap."""
SEED_RANKS = 1021
"""More processes than any training has."""
SEEDS = 2**64
"""Number of seeds that PyTorch accepts."""


@dataclass(frozen=True, eq=False)
class ParameterGroup:
    """Parameters with a common learning rate."""

    parameters: Sequence[nn.Parameter]
    rate: float
    """Learning rate after the warm-up."""


def rate_factor(step: int, steps: int, options: OptimizerOptions) -> float:
    """Return the fraction of the full learning rate at a step of a stage, counted from 0."""
    if step < options.warmup:
        return (step + 1) / options.warmup
    if options.schedule == "constant":
        return 1.0
    return 0.5 * (1 + cos(pi * (step - options.warmup) / max(1, steps - options.warmup)))


def make_optimizer(
    groups: Sequence[ParameterGroup], options: OptimizerOptions
) -> torch.optim.AdamW:
    """Return an optimizer that stores the full learning rate of each group as `rate`."""
    return torch.optim.AdamW(
        [{"params": [*group.parameters], "lr": group.rate, "rate": group.rate} for group in groups],
        betas=BETAS,
        weight_decay=options.weight_decay,
    )


def freeze_others(module: nn.Module, groups: Sequence[ParameterGroup]) -> None:
    """Freeze all parameters of a module that are in none of the groups."""
    trained = {parameter for group in groups for parameter in group.parameters}
    for parameter in module.parameters():
        parameter.requires_grad_(parameter in trained)


def restore_optimizer(optimizer: torch.optim.AdamW, state: Mapping[str, Any]) -> None:
    """Load the state of an optimizer; raise `ValueError` if it belongs to other parameters."""
    before = [_settings(group) for group in optimizer.param_groups]
    optimizer.load_state_dict(dict(state))
    if [_settings(group) for group in optimizer.param_groups] != before:
        raise ValueError("the optimizer's settings differ from the options")
    for parameter, known in optimizer.state.items():
        shapes = {known[name].shape for name in ("exp_avg", "exp_avg_sq")}
        if shapes != {parameter.shape} or known["step"].numel() != 1:
            raise ValueError("the optimizer's moments do not fit the weights")


def _settings(group: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of a group that do not change from step to step."""
    return {name: value for name, value in group.items() if name not in ("params", "lr")}


def set_rates(optimizer: torch.optim.Optimizer, factor: float) -> None:
    """Set the learning rate of every group to a fraction of its full rate."""
    for group in optimizer.param_groups:
        group["lr"] = group["rate"] * factor


def optimizer_step(optimizer: torch.optim.Optimizer, loss: torch.Tensor, clip: float) -> float:
    """Take a step with the clipped gradient of a loss; return the norm before clipping.

    A gradient that is not finite changes no parameter.
    """
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    parameters = [each for group in optimizer.param_groups for each in group["params"]]
    norm = nn.utils.clip_grad_norm_(parameters, clip)
    if torch.isfinite(norm):
        optimizer.step()
    return float(norm)


def autocast(device: torch.device, precision: Precision) -> Any:
    """Return the autocast context of a precision."""
    enabled = has_bf16(device) if precision == "auto" else precision == "bf16"
    return torch.autocast(device.type, torch.bfloat16, enabled=enabled)


def has_bf16(device: torch.device) -> bool:
    """Return whether a device multiplies bfloat16 faster than float32.

    On a CPU, an old PyTorch cannot tell; the answer is then False.
    """
    if device.type == CUDA:
        return bool(torch.cuda.is_bf16_supported())
    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def seed_step(seed: int, step: int, rank: int) -> None:
    """Seed the random operations of a step, differently on each rank."""
    torch.manual_seed(((seed * SEED_STEPS + step) * SEED_RANKS + rank) % SEEDS)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Seed the random operations in the block and restore the random state afterwards."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed % SEEDS)
        yield
