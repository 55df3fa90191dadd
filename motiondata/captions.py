"""Captions of a clip: sentences, and the frames that each one describes.

No other file knows how captions are stored in a sample's `json` (docs/format.md), or that a start
and an end of 0 seconds mean the whole clip, as in HumanML3D.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_FAULTS = (KeyError, TypeError, ValueError, AttributeError, OverflowError)
"""Errors of reading JSON of another form."""


@dataclass(frozen=True)
class Caption:
    """One sentence that describes a clip or a part of it."""

    text: str
    """The sentence as written, with every run of white space reduced to one space."""
    tokens: tuple[tuple[str, str], ...]
    """Lemmatized words with their parts of speech; empty if the line has no tokens."""
    start_seconds: float
    """Start of the described part within the clip; start 0 and end 0 mean the whole clip."""
    end_seconds: float
    """End of the described part within the clip."""

    @property
    def is_whole_clip(self) -> bool:
        """Return whether the caption describes the whole clip."""
        return self.end_seconds == 0.0

    @property
    def seconds(self) -> tuple[float, float]:
        """Return start and end; captions with equal values describe the same frames."""
        return self.start_seconds, self.end_seconds


def frame_range(caption: Caption, fps: float, frames: int) -> range:
    """Return the frames that a caption describes, of a clip with `frames` frames at `fps`.

    The range is empty if the caption describes less than one frame, or none of the clip.
    """
    if caption.is_whole_clip:
        return range(frames)
    # Clamp before rounding: the product with a huge number is infinite, and int(inf) raises.
    start, stop = (int(min(max(second * fps, 0), frames)) for second in caption.seconds)
    return range(start, stop)


def captions_to_details(captions: Iterable[Caption]) -> list[dict[str, Any]]:
    """Return captions as they are stored under `captions` in a sample's `json`."""
    return [vars(caption) for caption in captions]


def details_to_captions(details: Mapping[str, Any]) -> list[Caption]:
    """Return the captions in a sample's `json`.

    Raises `ValueError` unless each one has a text and seconds.
    """
    try:
        return [_entry_to_caption(entry) for entry in details["captions"]]
    except _FAULTS as error:
        raise ValueError(f"expected captions with text and seconds: {error!r}") from error


def caption_texts(details: Mapping[str, Any]) -> list[str]:
    """Return the texts of the captions in a sample's `json`; none if it has no `captions`.

    Raises `ValueError` unless each caption has a text.
    """
    try:
        return [_text(entry) for entry in details.get("captions", [])]
    except _FAULTS as error:
        raise ValueError(f"expected captions with text: {error!r}") from error


def caption_runs(details: Mapping[str, Any], frames: int) -> list[tuple[range, str]]:
    """Return the frames and the text of each caption that describes any of a clip's frames.

    `details` is the sample's `json`, with the frame rate `fps_out`; `frames` is the clip's number
    of frames. Raises `ValueError` unless `details` has captions and a frame rate.
    """
    return [(run, caption.text) for run, caption in _described(details, frames)]


def lemmatized_runs(details: Mapping[str, Any], frames: int) -> list[tuple[range, str]]:
    """Return what `caption_runs` does, with the lemmatized words of each caption as its text.

    Captions without tokens are left out.
    """
    return [
        (run, " ".join(word for word, _ in caption.tokens))
        for run, caption in _described(details, frames)
        if caption.tokens
    ]


def tagged_runs(details: Mapping[str, Any], frames: int) -> list[tuple[range, str]]:
    """Return what `lemmatized_runs` does, with the part of speech after each word: `walk/VERB`."""
    return [
        (run, " ".join(f"{word}/{part}" for word, part in caption.tokens))
        for run, caption in _described(details, frames)
        if caption.tokens
    ]


def _described(details: Mapping[str, Any], frames: int) -> list[tuple[range, Caption]]:
    """Return the captions that describe any of a clip's frames."""
    captions = details_to_captions(details)
    try:
        runs = [frame_range(caption, details["fps_out"], frames) for caption in captions]
    except _FAULTS as error:
        raise ValueError(f"expected a frame rate, fps_out: {error!r}") from error
    return [(run, caption) for run, caption in zip(runs, captions, strict=True) if run]


def _entry_to_caption(entry: Mapping[str, Any]) -> Caption:
    tokens = tuple(map(tuple, entry.get("tokens", ())))
    return Caption(
        _text(entry), tokens, _seconds(entry["start_seconds"]), _seconds(entry["end_seconds"])
    )


def _text(entry: Mapping[str, Any]) -> str:
    text = entry["text"]
    if not isinstance(text, str):
        raise TypeError(f"text is {text!r}")
    return text


def _seconds(value: object) -> float:
    if not isinstance(value, int | float):
        raise TypeError(f"seconds are {value!r}")
    return float(value)
