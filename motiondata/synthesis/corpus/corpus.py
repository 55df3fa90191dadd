"""Write a corpus of synthetic motion: AMASS folders, HumanML3D index, captions and split lists.

The corpus replaces data that may not be redistributed; every command runs on it without changes.
The folder is written atomically.
"""

import csv
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import numpy as np

from motiondata.bodies.bundled import bundled_body
from motiondata.errors import InputError
from motiondata.files import whole_or_absent
from motiondata.mirroring import MIRRORED_PREFIX
from motiondata.recording import Recording
from motiondata.sources.amass.writer import write_amass
from motiondata.sources.humanml3d.index import COLUMNS
from motiondata.sources.humanml3d.splits import SPLITS
from motiondata.synthesis.corpus.labels import clip_label
from motiondata.synthesis.corpus.recordings import SyntheticClip, SyntheticRecording, make_recording
from motiondata.synthesis.corpus.splitting import RECORDINGS, SPLIT_RULES, SplitRule
from motiondata.synthesis.generators import generator
from motiondata.synthesis.language.captions import CaptionSpan, caption_lines
from motiondata.synthesis.repertoires import BASIC, REPERTOIRES
from motiondata.watching import Watch, unwatched

LICENSE = "made by motiondata's synthesiser, Apache-2.0"

NOTE = "README.txt"
NOTE_TEXT = """\
Synthetic motion, made by the program motiondata: nobody was recorded, and no data of AMASS or
HumanML3D is in this folder. The folders below amass/ bear the names of AMASS's subsets (KIT, CMU,
BMLmovi and so on) because the corpus has the layout and the frame rates of AMASS, so that programs
that read AMASS read it. Every recording is marked with the key `synthetic`.
"""
"""Text of the file at the top of a corpus, for people who inspect the folders."""

SPLIT_LISTS = {
    **{split: (split,) for split in SPLITS},
    "train_val": ("train", "val"),
    "all": SPLITS,
}
"""HumanML3D's split lists, and the splits in each."""


@dataclass(frozen=True)
class SynthesisReport:
    """Totals of a corpus."""

    out: Path
    recordings: int
    clips: int
    frames: int
    """Total frames of the clips, at the frame rate of the index."""
    recorded_frames: int
    """Total frames of the recordings, at their own frame rates."""
    seconds: float
    """Total duration of the recordings."""
    bytes: int
    """Total size of the recording files."""
    captions: int
    """Number of captions of clips, without those of mirrored clips."""
    subjects: int
    clips_of_split: dict[str, int]
    """Clips per split; the lists contain the same number of mirrored clips in addition."""
    clips_of_subset: dict[str, int]


@dataclass(frozen=True)
class _Entry:
    """A clip of the corpus with its name and recording."""

    name: str
    recording: SyntheticRecording
    clip: SyntheticClip


@dataclass(frozen=True)
class _Written:
    """Data of a recording that is kept after its files are written."""

    bytes: int
    frames: int
    seconds: float
    subject: int
    captions: int
    clips: tuple["_ListedClip", ...]


@dataclass(frozen=True)
class _ListedClip:
    """A clip's entries in the index, the split lists and the labels."""

    name: str
    source: str
    subset: str
    split: str
    start_frame: int
    end_frame: int
    labels: tuple[str, ...]
    """One line of JSON for the clip and one for the mirrored clip."""


def synthesize(
    out: Path,
    clips: int,
    seed: int,
    watch: Watch = unwatched,
    split: str = RECORDINGS,
    repertoire: str = BASIC,
) -> SynthesisReport:
    """Write a corpus of `clips` synthetic clips to a new folder.

    `watch` is called with the number of clips. `split` is a key of `SPLIT_RULES`; it changes the
    split lists and nothing else. `repertoire` is a key of `REPERTOIRES`.

    The same seed gives the same bytes, and a smaller corpus contains the first clips of a larger
    one with the same seed. Raises `InputError` if `clips` is below 1, if `seed` is negative, or if
    `out` exists and is not an empty folder.
    """
    if clips < 1 or seed < 0:
        raise InputError(
            f"expected at least one clip and a seed of at least 0, found {clips} clips, seed {seed}"
        )
    if split not in SPLIT_RULES:
        raise InputError(f"split: expected one of {', '.join(SPLIT_RULES)}, found {split!r}")
    if repertoire not in REPERTOIRES:
        raise InputError(f"acts: expected one of {', '.join(REPERTOIRES)}, found {repertoire!r}")
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise InputError(f"{out} exists; expected the name of a new or an empty folder")
    with whole_or_absent(out) as whole:
        (whole / "texts").mkdir(parents=True)
        (whole / NOTE).write_text(NOTE_TEXT)
        written = []
        with watch(clips) as advance:
            for entries in _entries(clips, seed, repertoire):
                written.append(_write(whole, entries, seed, SPLIT_RULES[split]))
                advance(len(entries))
        _write_lists(whole, [clip for recording in written for clip in recording.clips])
    return _report(out, written)


def _entries(clips: int, seed: int, repertoire: str) -> Iterator[list[_Entry]]:
    """Yield the clips of each recording in turn, until there are `clips` clips."""
    made = 0
    for number in count():
        recording = make_recording(seed, number, repertoire)
        wanted = recording.clips[: clips - made]
        yield [_Entry(f"{made + k:06d}", recording, clip) for k, clip in enumerate(wanted)]
        made += len(wanted)
        if made == clips:
            return


def _write(folder: Path, entries: Sequence[_Entry], seed: int, rule: SplitRule) -> _Written:
    """Write a recording and the captions of its clips; return its totals and list entries."""
    recording = entries[0].recording
    path = folder / "amass" / recording.slot.source
    size = write_amass(path, _recording(recording), np.float32)
    frames = len(recording.motion.trans)
    return _Written(
        bytes=size,
        frames=frames,
        seconds=frames / recording.motion.fps,
        subject=recording.subject.number,
        captions=sum(_write_captions(folder / "texts", entry, seed) for entry in entries),
        clips=tuple(_listed(entry, rule) for entry in entries),
    )


def _recording(made: SyntheticRecording) -> Recording:
    return Recording(
        pose=made.motion.pose,
        trans=made.motion.trans,
        fps=made.motion.fps,
        gender=made.subject.gender,
        betas=made.subject.betas,
        source=made.slot.source,
        shape_space=bundled_body().shape_space,
        licence=LICENSE,
        synthetic=True,
    )


def _write_captions(texts: Path, entry: _Entry, seed: int) -> int:
    """Write the captions of a clip and its mirrored clip; return the number for the clip."""
    spans = entry.clip.spans
    count = _write_text(texts / f"{entry.name}.txt", spans, entry, seed)
    mirrored = [span.mirrored() for span in spans]
    _write_text(texts / f"{MIRRORED_PREFIX}{entry.name}.txt", mirrored, entry, seed)
    return count


def _write_text(path: Path, spans: Sequence[CaptionSpan], entry: _Entry, seed: int) -> int:
    rng = generator(seed, "captions", int(entry.name))
    lines = caption_lines(spans, entry.recording.subject.gender, rng)
    path.write_text("".join(f"{line}\n" for line in lines))
    return len(lines)


def _listed(entry: _Entry, rule: SplitRule) -> _ListedClip:
    recording, clip = entry.recording, entry.clip
    return _ListedClip(
        name=entry.name,
        source=f"./pose_data/{recording.slot.source.removesuffix('.npz')}.npy",
        subset=recording.slot.subset,
        split=rule(recording.number, [done.act for done in clip.acts]),
        start_frame=clip.start_frame,
        end_frame=clip.end_frame,
        labels=tuple(
            json.dumps(clip_label(entry.name, recording, clip, mirrored=mirrored))
            for mirrored in (False, True)
        ),
    )


def _write_lists(folder: Path, clips: Sequence[_ListedClip]) -> None:
    """Write the index, the split lists and the labels."""
    with (folder / "index.csv").open("w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(COLUMNS)
        for clip in clips:
            writer.writerow((clip.source, clip.start_frame, clip.end_frame, f"{clip.name}.npy"))
    for name, splits in SPLIT_LISTS.items():
        listed = [clip.name for clip in clips if clip.split in splits]
        names = [prefix + name for prefix in ("", MIRRORED_PREFIX) for name in listed]
        (folder / f"{name}.txt").write_text("".join(f"{name}\n" for name in names))
    labels = [label for clip in clips for label in clip.labels]
    (folder / "labels.jsonl").write_text("".join(f"{label}\n" for label in labels))


def _report(out: Path, written: Sequence[_Written]) -> SynthesisReport:
    clips = [clip for recording in written for clip in recording.clips]
    of_split = Counter(clip.split for clip in clips)
    return SynthesisReport(
        out=out,
        recordings=len(written),
        clips=len(clips),
        frames=sum(clip.end_frame - clip.start_frame for clip in clips),
        recorded_frames=sum(recording.frames for recording in written),
        seconds=sum(recording.seconds for recording in written),
        bytes=sum(recording.bytes for recording in written),
        captions=sum(recording.captions for recording in written),
        subjects=len({recording.subject for recording in written}),
        clips_of_split={split: of_split[split] for split in SPLITS},
        clips_of_subset=dict(sorted(Counter(clip.subset for clip in clips).items())),
    )
