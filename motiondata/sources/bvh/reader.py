"""Read BVH files: a hierarchy of joints and the values of their channels per frame.

The format is described by M. Meredith and S. Maddock, "Motion Capture File Formats Explained"
(2001). The hierarchy is read line by line. The motion block is parsed by NumPy as a whole; only a
faulty block is read again line by line, to find the line of the fault.
"""

import re
import warnings
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from motiondata.errors import DropReason, RecordingError
from motiondata.files import is_of_the_file, read_small_file
from motiondata.recording import MAX_FPS
from motiondata.sources.bvh.hierarchy import BvhJoint, read_hierarchy
from motiondata.sources.bvh.lines import BvhLine, find_number

MAX_BYTES = 2**30
"""Maximum size of a file; an hour of 60 joints with six channels at 120 Hz has about 1.5 GB."""

MAX_VALUES = 2**28
"""Maximum number of values in the motion block; they take 2 GiB of memory."""

_MOTION = re.compile(r"^[ \t]*MOTION[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)
_FRAMES = re.compile(r"Frames\s*:?\s*(\S+)", re.IGNORECASE)
_FRAME_TIME = re.compile(r"Frame\s*Time\s*:?\s*(\S+)", re.IGNORECASE)


@dataclass(frozen=True)
class BvhMotion:
    """The content of a BVH file, in its own unit and axes, degrees."""

    source: str
    """Name of the file."""
    joints: tuple[BvhJoint, ...]
    """Parents before children; the first joint is the root."""
    values: NDArray[np.float64]
    """The values of the channels in the order of the file, shaped (frames, channels)."""
    fps: float
    """Frames per second; the reciprocal of the frame time, rounded as `frame_rate` says."""

    @cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the joints; a file may use a name several times."""
        return tuple(joint.name for joint in self.joints)


def read_bvh(path: Path) -> BvhMotion:
    """Read a file; raise `RecordingError` with the number of the faulty line.

    Line ends, tabs, and case of keywords do not matter. Only the first root is accepted.
    """
    text = _read_text(path)
    found = _MOTION.search(text)
    if found is None:
        last = BvhLine(path.name, text.count("\n") + 1, "the end of the file")
        raise last.error("a line 'MOTION' after the hierarchy", DropReason.UNREADABLE)
    first_line = text.count("\n", 0, found.start()) + 2
    joints = read_hierarchy(path.name, text[: found.start()])
    header, body, at = _split_header(path.name, text[found.end() + 1 :], first_line)
    frames = int(
        find_number(header[0], _FRAMES, "'Frames:' and a whole number above 0", whole=True)
    )
    expected = f"'Frame Time:' and seconds from {1 / MAX_FPS:g} to 1"
    seconds = find_number(header[1], _FRAME_TIME, expected)
    if not 1 / MAX_FPS <= seconds <= 1:
        raise header[1].error(expected)
    channels = sum(len(joint.channels) for joint in joints)
    if frames * channels > MAX_VALUES:
        raise header[0].error(f"at most {MAX_VALUES // channels} frames of {channels} channels")
    values = _read_values(path.name, body, at, (frames, channels))
    return BvhMotion(path.name, joints, values, frame_rate(seconds))


def frame_rate(seconds: float) -> float:
    """Return the frame rate of a frame time, which files write with few digits.

    A rate within 0.1% of a whole number is that number: 0.0333333 is 30 fps, .0083333 is 120 fps.
    """
    rate = 1.0 / seconds
    whole = round(rate)
    return float(whole) if whole and abs(rate - whole) < 1e-3 * whole else rate


def _read_text(path: Path) -> str:
    try:
        text = read_small_file(path, MAX_BYTES).decode("utf-8-sig", errors="replace")
    except OSError as error:
        if not is_of_the_file(error):
            raise
        raise RecordingError(
            DropReason.UNREADABLE, f"{path.name}: cannot be read ({error.strerror})"
        ) from error
    return text if "\n" in text else text.replace("\r", "\n")


def _split_header(
    source: str, text: str, first_line: int
) -> tuple[tuple[BvhLine, BvhLine], str, int]:
    """Return the lines of frames and frame time, the text below them, and its line number."""
    header: list[BvhLine] = []
    at = 0
    number = first_line
    while len(header) < 2:
        end = text.find("\n", at)
        line = text[at:] if end < 0 else text[at:end]
        if line.strip():
            header.append(BvhLine(source, number, line.strip()))
        if end < 0:
            break
        at, number = end + 1, number + 1
    if len(header) < 2:
        raise BvhLine(source, number, "the end of the file").error(
            "the lines 'Frames:' and 'Frame Time:' after 'MOTION'", DropReason.UNREADABLE
        )
    return (header[0], header[1]), text[at:], number


def _read_values(
    source: str, text: str, first_line: int, shape: tuple[int, int]
) -> NDArray[np.float64]:
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # NumPy warns where the text is not a number
        try:
            values = np.fromstring(text, np.float64, sep=" ")
        except (DeprecationWarning, ValueError):
            values = np.empty(0)
    if values.size != shape[0] * shape[1] or not np.isfinite(values).all():
        raise _fault(source, text, first_line, shape)
    if np.abs(values).max(initial=0.0) > MAX_NUMBER:
        raise _fault(source, text, first_line, shape)
    return values.reshape(shape)


MAX_NUMBER = 1e7
"""Largest accepted value, far above any angle in degrees and any position in millimeters."""


def _fault(source: str, text: str, first_line: int, shape: tuple[int, int]) -> RecordingError:
    """Return the error of the first faulty line of a motion block."""
    frames, channels = shape
    frame = 0
    for number, line in enumerate(text.split("\n"), start=first_line):
        words = line.split()
        if not words:
            continue
        frame += 1
        place = BvhLine(source, number, " ".join(words[:6]))
        if frame > frames:
            return place.error(f"the end of the file after {frames} frames ('Frames:')")
        if len(words) != channels:
            return place.error(
                f"{channels} numbers, one for each channel of the hierarchy ({len(words)} found)"
            )
        for column, word in enumerate(words, start=1):
            if not _is_good(word):
                return BvhLine(source, number, word).error(
                    f"a finite number up to {MAX_NUMBER:g} in column {column}",
                    DropReason.NOT_FINITE if _is_nan(word) else DropReason.INVALID,
                )
    last = BvhLine(source, first_line + text.count("\n"), f"the end after {frame} frames")
    return last.error(f"{frames} frames ('Frames:')", DropReason.UNREADABLE)


def _is_good(word: str) -> bool:
    try:
        return abs(float(word)) <= MAX_NUMBER
    except ValueError:
        return False


def _is_nan(word: str) -> bool:
    return any(mark in word.lower() for mark in ("nan", "inf", "#"))
