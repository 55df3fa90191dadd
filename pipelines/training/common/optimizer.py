"""One step of training: AdamW, warm-up, clipped gradients, bfloat16 where it pays.

What depends on the step is computed from it, not carried along: the learning rate, and the seed of
what is random in it (dropout). So a training that goes on at step n does what it would have done.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from math import cos, pi
from typing import Any

import torch
from torch import nn

from pipelines.training.common.options import OptimizerOptions, Precision

BETAS = 0.9, 0.98
"""AdamW's, as transformers are usually trained (Vaswani et al., 2017)."""
SEED_STEPS = 2**32
"""More steps than any training has: seeds of two trainings' steps do not meet."""
SEED_RANKS = 1021
"""More processes than a training has."""
SEEDS = 2**64
"""How many seeds PyTorch takes."""


@dataclass(frozen=True, eq=False)
class ParameterGroup:
    """Parameters that are trained at one learning rate."""

    parameters: Sequence[nn.Parameter]
    rate: float
    """The learning rate after the warm-up."""


def rate_factor(step: int, steps: int, options: OptimizerOptions) -> float:
    """Return the share of the full learning rate at a step, counted from 0, of a stage."""
    if step < options.warmup:
        return (step + 1) / options.warmup
    if options.schedule == "constant":
        return 1.0
    return 0.5 * (1 + cos(pi * (step - options.warmup) / max(1, steps - options.warmup)))


def make_optimizer(
    groups: Sequence[ParameterGroup], options: OptimizerOptions
) -> torch.optim.AdamW:
    """Return an optimiser of groups, which keeps each one's full learning rate as `rate`."""
    return torch.optim.AdamW(
        [{"params": [*group.parameters], "lr": group.rate, "rate": group.rate} for group in groups],
        betas=BETAS,
        weight_decay=options.weight_decay,
    )


def restore_optimizer(optimizer: torch.optim.AdamW, state: Mapping[str, Any]) -> None:
    """Load what an optimiser knew; raise `ValueError` where it was of other parameters."""
    before = [_settings(group) for group in optimizer.param_groups]
    optimizer.load_state_dict(dict(state))
    if [_settings(group) for group in optimizer.param_groups] != before:
        raise ValueError("the optimiser's settings are not those of the options")
    for parameter, known in optimizer.state.items():
        shapes = {known[name].shape for name in ("exp_avg", "exp_avg_sq")}
        if shapes != {parameter.shape} or known["step"].numel() != 1:
            raise ValueError("the optimiser's moments do not fit the weights")


def _settings(group: Mapping[str, Any]) -> dict[str, Any]:
    """Return what of a group stays the same from step to step."""
    return {name: value for name, value in group.items() if name not in ("params", "lr")}


def set_rates(optimizer: torch.optim.Optimizer, factor: float) -> None:
    """Set the learning rate of every group to a share of its full one."""
    for group in optimizer.param_groups:
        group["lr"] = group["rate"] * factor


def optimizer_step(optimizer: torch.optim.Optimizer, loss: torch.Tensor, clip: float) -> float:
    """Take a step down a loss's clipped gradient; return the norm that the gradient had.

    A gradient that is not finite changes nothing.
    """
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    parameters = [each for group in optimizer.param_groups for each in group["params"]]
    norm = nn.utils.clip_grad_norm_(parameters, clip)
    if torch.isfinite(norm):
        optimizer.step()
    return float(norm)


def autocast(device: torch.device, precision: Precision) -> Any:
    """Return the context in which a model is computed in a precision."""
    enabled = has_bf16(device) if precision == "auto" else precision == "bf16"
    return torch.autocast(device.type, torch.bfloat16, enabled=enabled)


def has_bf16(device: torch.device) -> bool:
    """Tell whether a device multiplies bfloat16 faster than float32; old PyTorch cannot tell."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported())
    capabilities: dict[str, Any] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("avx512_bf16") or capabilities.get("amx_bf16"))


def seed_step(seed: int, step: int, rank: int) -> None:
    """Seed what is random in a step, otherwise on each rank."""
    torch.manual_seed(((seed * SEED_STEPS + step) * SEED_RANKS + rank) % SEEDS)


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Let what is random in the block depend on a seed, and the block change nothing outside."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed % SEEDS)
        yield
