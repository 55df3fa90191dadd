"""Checkpoints as earlier versions wrote them, which lacked some options."""

from pathlib import Path

from pipelines.training.common.checkpoints import read_checkpoint, write_checkpoint


def forget(checkpoint: Path, kind: str, *options: str) -> None:
    """Remove options from the identity of a training."""
    state = read_checkpoint(checkpoint, kind)
    for name in options:
        del state["identity"][name]
    write_checkpoint(checkpoint, kind, state)
