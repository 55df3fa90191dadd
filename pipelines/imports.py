"""Making and importing recordings: archives in AMASS's layout out of other things."""

from pathlib import Path

from motiondata.cmu import importing
from motiondata.synthesis import corpus


def import_cmu(source: Path, out: Path) -> str:
    """Convert CMU's ASF/AMC files and say what came of it."""
    report = importing.import_cmu(source, out)
    failures = [f"failed {name}: {message}" for name, message in report.failures]
    done = f"{report.recordings} recordings, {report.frames:,} frames in {out / 'CMU'}"
    return "\n".join([*failures, done])


def synthesize(out: Path, clips: int, seed: int) -> str:
    """Make a corpus of synthetic motion and say what is in it."""
    report = corpus.synthesize(out, clips, seed)
    return (
        f"{report.clips:,} clips of {report.recordings:,} recordings, {report.frames:,} frames, "
        f"{report.bytes / 1e6:,.1f} MB in {out}"
    )
