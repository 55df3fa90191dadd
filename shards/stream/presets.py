"""How the trainers of motion features choose, crop and pad their clips, as arguments of views.

The numbers are those of the published loaders. A frame is a row of features here.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypedDict


class WindowPreset(TypedDict):
    """Arguments of `StreamedDataset.windows`."""

    length: int
    min_frames: int


class ClipPreset(TypedDict):
    """Arguments of `StreamedDataset.clips`."""

    min_frames: int
    max_frames: int
    crop_unit: int
    pad_to: int


@dataclass(frozen=True)
class TrainerPreset:
    """What a trainer reads: windows for a tokenizer, and clips for text and motion."""

    windows: WindowPreset
    clips: ClipPreset


UNIT = 4
"""The frames of a step of the published models, `unit_length`."""


def _preset(window: int, shortest: int, longest: int, pad_to: int) -> TrainerPreset:
    return TrainerPreset(
        WindowPreset(length=window, min_frames=window),
        ClipPreset(min_frames=shortest, max_frames=longest, crop_unit=UNIT, pad_to=pad_to),
    )


PRESETS: Mapping[str, TrainerPreset] = {
    # data/dataset.py of EricGuo5513/text-to-motion; windows: Mael-zys/T2M-GPT
    "humanml3d": _preset(64, 40, 199, 196),
    "kit": _preset(64, 24, 199, 196),
    # zju3dv/MotionStreamer
    "motionstreamer": _preset(64, 60, 299, 300),
    # VankouF/MotionMillion-Codes: the lists tokenizer_96 and t2m_60_300
    "motionmillion": _preset(96, 60, 300, 300),
}
"""The presets, by the format of `motiondata export` of the same trainer. Windows shorter than
`length` are left out, as MotionStreamer and T2M-GPT do."""
