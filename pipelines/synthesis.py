"""Synthesize a corpus: an archive of made recordings with an index, captions and labels."""

from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from motiondata.counting import counted
from motiondata.synthesis.corpus import corpus
from motiondata.synthesis.corpus.splitting import RECORDINGS
from motiondata.synthesis.repertoires import BASIC
from pipelines.engine.output_path import expect_no_dataset, expect_possible_folder
from pipelines.engine.progress import watching
from pipelines.engine.reports import Report


@dataclass(frozen=True)
class SynthesisReport(Report):
    """The result of a synthesis."""

    folder: Path
    """Folder of the corpus."""
    clips: int
    recordings: int
    frames: int
    """Total frames of the clips, at the frame rate of the index."""
    bytes: int
    """Total size of the recordings."""

    def lines(self) -> list[str]:
        """Return one line."""
        return [
            f"{counted(self.clips, 'clip')} of "
            f"{counted(self.recordings, 'synthetic recording')}, "
            f"{counted(self.frames, 'frame')}, {self.bytes / 1e6:,.1f} MB in {self.folder}"
        ]


def synthesize(
    out: Path,
    clips: int,
    seed: int,
    stream: TextIO | None = None,
    split: str = RECORDINGS,
    acts: str = BASIC,
) -> SynthesisReport:
    """Write a corpus of synthetic motion. Progress is written to `stream`.

    `split` is how the split lists are made: by recordings, or by pairs of acts. `acts` is
    a repertoire: basic or wide.
    """
    expect_possible_folder(out)
    expect_no_dataset(out)
    made = corpus.synthesize(out, clips, seed, watching(stream, "clips"), split, acts)
    return SynthesisReport(out, made.clips, made.recordings, made.frames, made.bytes)
