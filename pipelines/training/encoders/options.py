"""Names and sizes of the built-in encoders.

This module does not import PyTorch, so that help appears at once.
"""

from dataclasses import asdict, dataclass
from typing import Any

from motiondata.errors import InputError
from pipelines.training.common.options import expect_at_least

BUILT_IN = ""
"""Name of the built-in encoder of points; custom encoders have `module:factory`."""
ST_GCN = "st-gcn"
"""Name of the built-in encoder of joints."""
LATER = ("convolutions", "velocities", "centered")
"""Options that the identity of earlier trainings lacks."""
LATEST = ("centered",)
"""Options that the description of earlier checkpoints lacks."""


@dataclass(frozen=True)
class EncoderOptions:
    """Sizes of an encoder. Raises `InputError` if they do not fit each other."""

    points: int = 64
    """Number of points per frame that the encoder reads: the first ones."""
    point_width: int = 128
    """Width of the PointNet's last layer; the layers before have a quarter and half of it."""
    width: int = 128
    """Width of the encoder's transformer, or of each stream of st-gcn."""
    layers: int = 2
    """Number of layers of the encoder's transformer, or of blocks of st-gcn; 0 leaves the
    transformer out, so that a feature depends on the frames around it only."""
    convolutions: int = 2
    """Number of convolutions over five frames each, before the transformer."""
    velocities: bool = False
    """Read also how the position and the extent of the points change from frame to frame."""
    centered: bool = False
    """Read where points are from the middle of their clip, along the line of sight, instead of from
    the sensor, so that another distance, height or direction looks alike."""
    heads: int = 4
    dropout: float = 0.1

    def __post_init__(self) -> None:
        expect_at_least(self, 1, "points", "point_width", "heads")
        expect_at_least(self, 0, "layers", "convolutions")
        if not 0 <= self.dropout < 1:
            raise InputError(f"dropout: expected at least 0 and less than 1, found {self.dropout}")
        if self.width < 2 or self.width % (2 * self.heads):
            raise InputError(
                f"the encoder's width is {self.width}; expected a multiple of twice its "
                f"{self.heads} heads"
            )

    def to_identity(self) -> dict[str, Any]:
        """Return the options on which a resumed run must agree.

        Those of `LATER` are left out where they have their defaults, so that trainings from before
        can go on.
        """
        return self._without(LATER)

    def to_description(self) -> dict[str, Any]:
        """Return the options as a checkpoint describes its encoder.

        Those of `LATEST` are left out where they have their defaults, so that features keep the
        hash of their encoder.
        """
        return self._without(LATEST)

    def _without(self, names: tuple[str, ...]) -> dict[str, Any]:
        """Return all options, but those of `names` only where they differ from their defaults."""
        usual = EncoderOptions()
        return {
            name: value
            for name, value in asdict(self).items()
            if name not in names or value != getattr(usual, name)
        }
