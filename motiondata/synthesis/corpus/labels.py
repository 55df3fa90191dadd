"""Labels: ground truth of a clip, for scoring the output of a model.

There is one JSON object per clip and one per mirrored clip. It holds the content of the captions
and facts that captions omit, such as the speed.
"""

from dataclasses import asdict
from typing import Any

from motiondata.mirroring import MIRRORED_PREFIX
from motiondata.synthesis.corpus.recordings import ClipAct, SyntheticClip, SyntheticRecording


def clip_label(
    name: str, recording: SyntheticRecording, clip: SyntheticClip, mirrored: bool
) -> dict[str, Any]:
    """Return the label of a clip or, if `mirrored`, of its mirrored clip.

    Keys: `name`; `source`, the path of the recording relative to the archive root; `subset`;
    `subject`, a number; `gender`; `fps`, the true frame rate of the clip, Hz; `frames`; and `acts`,
    in temporal order. Each act has `kind`, `side`, `direction`, `count`, `pace`, `size`, `turn_deg`
    (positive to the left), `gesture` (an act without times, or null), `start_seconds` and
    `end_seconds` (frame of the clip divided by 20, as in captions), `distance_metres` and
    `metres_a_second` (distance and mean speed of the root).
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
        "distance_metres": round(done.distance_meters, 3),
        "metres_a_second": round(done.meters_per_second, 3),
    }
