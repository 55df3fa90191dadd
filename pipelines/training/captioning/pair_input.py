"""What a captioner reads of a pose pair: a vector per joint, instead of one per frame."""

from torch import Tensor, nn

from motiondata.errors import InputError
from pipelines.training.captioning.options import CaptionerTrainingOptions
from pipelines.training.common.clip_fields import COORDINATES, PaddedClips
from pipelines.training.pose_pairs.pair_encoder import PairEncoder


class PairInput(nn.Module):
    """Projects pairs to embeddings, like `FrameInput` frames; joints take the place of frames."""

    encoder = None
    """There is no encoder of points."""
    components = COORDINATES
    """The size of the last axis of the field: axis-angle rotations."""

    def __init__(self, width: int, mean: Tensor, std: Tensor) -> None:
        super().__init__()
        self.pairs = PairEncoder(width, mean, std)

    def features(self, clips: PaddedClips) -> Tensor:
        """Return features standardized by the training pairs, shaped (pairs, joints, numbers)."""
        return self.pairs.standardize(clips.values)

    def project(self, features: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        """Return an embedding per joint, and the mask, which is true for all of them."""
        return self.pairs(features), mask


def expect_no_frames(options: CaptionerTrainingOptions) -> None:
    """Raise `InputError` for options about frames, which pose pairs do not have."""
    usual = CaptionerTrainingOptions()
    for name in ("stride", "downsample", "join", "length_prompt"):
        if (found := getattr(options, name)) != getattr(usual, name):
            raise InputError(
                f"--{name.replace('_', '-')}: expected none for pose pairs, whose poses are no "
                f"frames in time, found {found}; omit it"
            )
