"""Low-rank adaptation: small matrices are trained in a language model, whose weights stay.

Hu et al., "LoRA: low-rank adaptation of large language models" (2021), by the package `peft`: on
the queries and values of attention, as in the paper. Only these matrices have states of the
optimizer.
"""

from collections.abc import Iterator

from torch import nn

TARGETS = ["q", "v"]
"""The names of these layers in a T5."""
SCALE = 2
"""The matrices' product is multiplied by this: `lora_alpha` is the scale times the rank."""
MARK = "lora_"
"""Part of the names of the added parameters."""


def add_low_rank(model: nn.Module, rank: int) -> None:
    """Add matrices of a rank to a T5, in place; its output does not change before training."""
    from peft import LoraConfig, inject_adapter_in_model

    config = LoraConfig(r=rank, lora_alpha=SCALE * rank, target_modules=TARGETS)
    inject_adapter_in_model(config, model)


def low_rank_parameters(model: nn.Module) -> Iterator[nn.Parameter]:
    """Yield the added parameters."""
    return (parameter for name, parameter in model.named_parameters() if MARK in name)
