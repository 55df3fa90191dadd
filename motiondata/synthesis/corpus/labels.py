"""Labels: what a clip is known to be, for scoring what a model says of it.

One JSON object a clip, and one for its mirror image: what captions tell in words, and what they
leave out, such as the speed.
"""

from dataclasses import asdict
from typing import Any

from motiondata.mirroring import MIRRORED_PREFIX
from motiondata.synthesis.corpus.recordings import ClipAct, SyntheticClip, SyntheticRecording


def clip_label(
    name: str, recording: SyntheticRecording, clip: SyntheticClip, mirrored: bool
) -> dict[str, Any]:
    """Return the label of a clip, or of its mirror image.

    Keys: `name`; `source`, the recording below the archive's root; `subset`; `subject`, a number;
    `gender`; `fps`, the true rate of the clip's frames; `frames`; and `acts`, one after the other,
    each with `kind`, `side`, `direction`, `count`, `pace`, `size`, `turn_deg` (positive to the
    left), `gesture` (an act without times, or null), `start_seconds` and `end_seconds` (frames of
    the clip over 20, as in captions), `distance_metres` and `metres_a_second`.
    """
    return {
        "name": f"{MIRRORED_PREFIX if mirrored else ''}{name}",
        "source": recording.slot.source,
        "subset": recording.slot.subset,
        "subject": recording.subject.number,
        "gender": recording.subject.gender,
        "fps": recording.index_fps,
        "frames": clip.end_frame - clip.start_frame,
        "acts": [_act_label(done, mirrored) for done in clip.acts],
    }


def _act_label(done: ClipAct, mirrored: bool) -> dict[str, Any]:
    act = done.act.mirrored() if mirrored else done.act
    return asdict(act) | {
        "start_seconds": done.start_seconds,
        "end_seconds": done.end_seconds,
        "distance_metres": round(done.distance_metres, 3),
        "metres_a_second": round(done.metres_a_second, 3),
    }
