"""Measure motion quality of sound and of faulty clips, which the limits should separate.

Run `python -m benchmarks.motion_quality.measure` from the project's root. Sound clips are those of
a synthetic corpus, at about 20 Hz; each is given one fault at a time.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import click
import numpy as np

from benchmarks.motion_quality.faults import FAULTS, Fault, Floats
from motiondata.bodies.bundled import bundled_body
from motiondata.bodies.load_body import load_body
from motiondata.bodies.posing import ShapedBody, pose_joints, shape_body
from motiondata.motion_quality.feet import FEET, SoleHeights, sole_heights
from motiondata.motion_quality.flags import measure_quality
from motiondata.motion_quality.limits import LIMITS
from motiondata.skeletons import JOINT, JOINTS
from motiondata.sources.humanml3d.trimming import frame_stride, lead_in_frames
from motiondata.synthesis.corpus.recordings import make_recording
from pipelines.engine.text_tables import table

RECORDINGS, QUICK_RECORDINGS = 373, 3
"""373 synthetic recordings have 500 clips: `motiondata synthesize --clips 500`."""


@dataclass(frozen=True)
class SoundClip:
    """A clip without a fault."""

    joints: Floats
    """Shaped (frames, 22, 3), world frame, meters."""
    fps: float
    soles: SoleHeights
    kinds: frozenset[str]
    """The kinds of acts in it."""

    def measure(self, joints: Floats | None = None) -> dict[str, float]:
        """Return its measures, or those of other joints of its body."""
        return measure_quality(self.joints if joints is None else joints, self.fps, self.soles)


@click.command()
@click.option("--quick", is_flag=True, help="Few clips: does everything run?")
def main(quick: bool) -> None:
    """Measure sound clips and clips with faults."""
    count = QUICK_RECORDINGS if quick else RECORDINGS
    clips = [clip for number in range(count) for clip in _clips_of(number)]
    _print_sound(clips)
    _print_faults(clips)
    _print_depths(load_body())


def _clips_of(number: int) -> Iterator[SoundClip]:
    recording = make_recording(0, number)
    stride = frame_stride(recording.motion.fps)
    body = shape_body(bundled_body(), recording.subject.betas)
    joints = pose_joints(body, recording.motion.pose[::stride], recording.motion.trans[::stride])
    lead_in = lead_in_frames(recording.slot.subset)
    for clip in recording.clips:
        kinds = frozenset(done.act.kind for done in clip.acts)
        part = joints[lead_in + clip.start_frame : lead_in + clip.end_frame]
        yield SoundClip(part, recording.index_fps, sole_heights(body), kinds)


def _print_sound(clips: Sequence[SoundClip]) -> None:
    measured = [clip.measure() for clip in clips]
    rows = []
    for flag, limit in LIMITS.items():
        values = np.array([measures[flag] for measures in measured])
        above = int((values > limit.value).sum())
        found = f"{np.median(values):.3g}", f"{values.max():.3g}", f"{limit.value:g}"
        rows.append((flag, *found, f"{above}", limit.unit))
    header = (f"{len(clips)} sound clips", "median", "highest", "limit", "flagged", "unit")
    _print([header, *rows])


def _print_faults(clips: Sequence[SoundClip]) -> None:
    rows = [_row_of(fault, chosen) for fault in FAULTS if (chosen := _clips_for(fault, clips))]
    _print([("fault", "flag", "clips", "flagged", "lowest", "median", "limit"), *rows])


def _clips_for(fault: Fault, clips: Sequence[SoundClip]) -> list[SoundClip]:
    return [clip for clip in clips if not fault.kinds or clip.kinds & {*fault.kinds}]


def _row_of(fault: Fault, clips: Sequence[SoundClip]) -> tuple[str, ...]:
    random = np.random.default_rng(0)
    spoiled = (clip.measure(fault.spoil(clip.joints, clip.fps, random)) for clip in clips)
    values = np.array([measures[fault.flag] for measures in spoiled])
    limit = LIMITS[fault.flag].value
    share = f"{(values > limit).mean():.0%}"
    numbers = f"{values.min():.3g}", f"{np.median(values):.3g}", f"{limit:g}"
    return (fault.name, fault.flag, f"{len(clips)}", share, *numbers)


def _print_depths(body: ShapedBody) -> None:
    """Print how far joints are inside of the body, which `body_penetration` counts on."""
    names = [name for name, joint in JOINT.items() if joint < JOINTS and joint not in FEET]
    depths = {
        name: np.linalg.norm(body.vertices - body.joints[JOINT[name]], axis=1).min()
        for name in names
    }
    least = min(depths, key=lambda name: depths[name])
    click.echo(f"the joint nearest to the skin is {least}: {100 * depths[least]:.1f} cm inside")


def _print(rows: Sequence[tuple[str, ...]]) -> None:
    click.echo("\n".join([*table(rows, numbers=True), ""]))


if __name__ == "__main__":
    main()
