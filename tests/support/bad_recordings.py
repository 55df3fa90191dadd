"""Recordings that are wrong in one way each, by name, with the reason for which each is dropped.

Real files, made small: a build reads them beside good ones, and no good one may notice.
"""

import io
import os
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from motiondata.errors import DropReason
from tests.support.skeleton import moving_pose

FRAMES = 60
"""Of each recording, at 120 fps: 10 frames at 20 fps."""

POSE, TRANS = moving_pose(FRAMES, seed=7)
UNREADABLE, INVALID = DropReason.UNREADABLE, DropReason.INVALID
MISSING, NOT_FINITE = DropReason.MISSING, DropReason.NOT_FINITE

Write = Callable[[Path], object]


class Bad(NamedTuple):
    """How a bad recording is written, why it is dropped, and what its drop says."""

    write: Write
    reason: DropReason
    message: str


def arrays(**changes: Any) -> dict[str, Any]:
    """Return the arrays of a good recording, some of them others; None takes a key away."""
    made = {
        "poses": np.concatenate([POSE.reshape(FRAMES, -1), np.zeros((FRAMES, 90))], axis=1),
        "trans": TRANS,
        "betas": np.linspace(-1, 1, 16),
        "gender": "female",
        "mocap_framerate": 120.0,
        **changes,
    }
    return {key: value for key, value in made.items() if value is not None}


def saved(**changes: Any) -> Write:
    """Return a writer of a recording with some other arrays."""
    return lambda path: np.savez(path, **arrays(**changes))


def raw(content: bytes) -> Write:
    """Return a writer of bytes."""
    return lambda path: path.write_bytes(content)


def content_of(**changes: Any) -> bytes:
    """Return the bytes of a recording with some other arrays."""
    stream = io.BytesIO()
    np.savez(stream, **arrays(**changes))
    return stream.getvalue()


def changed(array: np.ndarray, place: Any, value: float) -> np.ndarray:
    """Return a copy with some values replaced."""
    copy = array.copy()
    copy[place] = value
    return copy


def members(*entries: tuple[str, bytes], packing: int = zipfile.ZIP_STORED) -> bytes:
    """Return a recording with further members, or with some of its members replaced."""
    names = {name for name, _ in entries}
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content_of())) as good,
        zipfile.ZipFile(stream, "w", packing) as made,
    ):
        for name in good.namelist():
            if name not in names:
                made.writestr(name, good.read(name))
        for name, data in entries:
            made.writestr(name, data)
    return stream.getvalue()


def npy(shape: str, data: bytes = b"", dtype: str = "<f8") -> bytes:
    """Return a `.npy` file whose header says anything."""
    header = f"{{'descr': '{dtype}', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(header)) + header + data


def flipped(place: int) -> Write:
    """Return a writer of a recording with a bit flipped, counted from the end if negative."""
    content = bytearray(content_of())
    content[place] ^= 4
    return raw(bytes(content))


def lying_bomb() -> bytes:
    """Return a recording of some kB whose `poses` unpack to 64 MiB and say 32 kB."""
    bomb = npy("(60, 66)", bytes(2**26))
    content = members(("poses.npy", bomb), packing=zipfile.ZIP_DEFLATED)
    claimed = len(npy("(60, 66)")) + 60 * 66 * 8
    return content.replace(struct.pack("<I", len(bomb)), struct.pack("<I", claimed))


def claiming(size: int) -> bytes:
    """Return a recording whose `poses` say in the zip file's directory that they are so large."""
    honest = npy("(3,)", bytes(24))
    content = members(("poses.npy", honest))
    return content.replace(struct.pack("<I", len(honest)), struct.pack("<I", size))


def doubled(name: str) -> bytes:
    """Return a recording in whose zip file a member stands twice."""
    content = members((name.upper(), npy("(1, 66)", bytes(528))))
    return content.replace(name.upper().encode(), name.encode())


def to_itself(path: Path) -> None:
    """Make a link that leads to itself."""
    path.symlink_to(path)


def surrogate() -> np.ndarray:
    """Return a text that is half of a character."""
    return np.frombuffer(b"\x00\xd8\x00\x00", "<U1").reshape(())


GOOD_CONTENT = content_of()
WITH_OBJECTS = np.array([{"a": 1}] * FRAMES, dtype=object)

BAD_RECORDINGS: dict[str, Bad] = {
    "empty": Bad(raw(b""), UNREADABLE, "File is not a zip file"),
    "a web page": Bad(raw(b"<html>Please log in</html>"), UNREADABLE, "not a zip file"),
    "cut in half": Bad(raw(GOOD_CONTENT[: len(GOOD_CONTENT) // 2]), UNREADABLE, "not a zip"),
    "cut at its end": Bad(raw(GOOD_CONTENT[:-30]), UNREADABLE, "not a zip file"),
    "a bit of the poses flipped": Bad(flipped(9_000), UNREADABLE, "recorded size and checksum"),
    "a bit of a header flipped": Bad(flipped(0), UNREADABLE, "expected a whole .npz file"),
    "zeros in its middle": Bad(
        raw(GOOD_CONTENT[:5000] + bytes(4096) + GOOD_CONTENT[9096:]),
        UNREADABLE,
        "recorded size and checksum",
    ),
    "a header that claims 100 GB": Bad(
        raw(members(("poses.npy", npy("(12500000000,)")))), UNREADABLE, "size that its header"
    ),
    "a directory that claims 4 GB": Bad(raw(claiming(2**32 - 2)), INVALID, "4294967294 bytes"),
    "a bomb that says it is small": Bad(
        lambda p: p.write_bytes(lying_bomb()), UNREADABLE, "recorded size and checksum"
    ),
    "packed by bzip2": Bad(
        raw(members(packing=zipfile.ZIP_BZIP2)), UNREADABLE, "otherwise than by deflate"
    ),
    "a folder": Bad(Path.mkdir, MISSING, "is not in the archive"),
    "a pipe": Bad(os.mkfifo, MISSING, "is not in the archive"),
    "a link to nothing": Bad(lambda p: p.symlink_to("nothing"), MISSING, "not in the archive"),
    "a link to itself": Bad(to_itself, MISSING, "is not in the archive"),
    "no arrays": Bad(lambda p: np.savez(p), INVALID, "no key mocap_framerate"),
    "no poses": Bad(saved(poses=None), INVALID, "no key poses"),
    "no trans": Bad(saved(trans=None), INVALID, "no key trans"),
    "no betas": Bad(saved(betas=None), INVALID, "no key betas"),
    "no gender": Bad(saved(gender=None), INVALID, "no key gender"),
    "no frame rate": Bad(saved(mocap_framerate=None), INVALID, "not a motion but a shape"),
    "poses twice": Bad(raw(doubled("poses.npy")), INVALID, "poses twice"),
    "poses with and without a suffix": Bad(
        raw(members(("poses", npy("(1, 66)", bytes(528))))), INVALID, "poses twice"
    ),
    "poses of objects": Bad(saved(poses=WITH_OBJECTS), INVALID, "nothing is ever unpickled"),
    "a gender of objects": Bad(
        saved(gender=np.array(None)), INVALID, "nothing is ever unpickled"
    ),
    "whole numbers for poses": Bad(saved(poses=np.zeros((60, 156), int)), INVALID, "int64"),
    "complex poses": Bad(saved(poses=np.zeros((60, 156), complex)), UNREADABLE, "no header"),
    "text for poses": Bad(saved(poses=np.array(["a"])), INVALID, "poses is <U1"),
    "poses by joint": Bad(saved(poses=POSE), INVALID, "in 2 dimensions"),
    "too few joints": Bad(saved(poses=np.zeros((60, 63))), INVALID, "66 or more"),
    "half a joint": Bad(saved(poses=np.zeros((60, 67))), INVALID, "three columns per joint"),
    "poses turned round": Bad(saved(poses=np.zeros((156, 60))), INVALID, "66 or more"),
    "fewer trans than poses": Bad(saved(trans=TRANS[:-1]), INVALID, "pose is shaped"),
    "flat trans": Bad(saved(trans=TRANS[:, :2]), INVALID, "trans is shaped (60, 2)"),
    "no frames": Bad(
        saved(poses=np.zeros((0, 156)), trans=np.zeros((0, 3))), INVALID, "there are no frames"
    ),
    "a rate below zero": Bad(saved(mocap_framerate=-120.0), INVALID, "frame rate is -120"),
    "a rate of zero": Bad(saved(mocap_framerate=0), INVALID, "frame rate is 0"),
    "a rate of NaN": Bad(saved(mocap_framerate=np.nan), INVALID, "frame rate is nan"),
    "an infinite rate": Bad(saved(mocap_framerate=np.inf), INVALID, "frame rate is inf"),
    "two rates": Bad(saved(mocap_framerate=[120.0, 60.0]), INVALID, "expected one number"),
    "a rate in words": Bad(saved(mocap_framerate="fast"), INVALID, "expected one number"),
    "a rate of 10 fps": Bad(saved(mocap_framerate=10.0), INVALID, "expected at least 20"),
    "a rate of a billion": Bad(saved(mocap_framerate=1e9), INVALID, "frame rate is 1000000000.0"),
    "an endless rate": Bad(saved(mocap_framerate=1e300), INVALID, "frame rate is 1e+300"),
    "an unknown gender": Bad(saved(gender="robot"), INVALID, "gender is 'robot'"),
    "a number for a gender": Bad(saved(gender=1), INVALID, "expected one text"),
    "no letters for a gender": Bad(saved(gender=""), INVALID, "gender is ''"),
    "two genders": Bad(saved(gender=["male", "female"]), INVALID, "expected one text"),
    "a gender that is no character": Bad(
        raw(members(("gender.npy", npy("()", b"\xff\xff\xff\x7f", "<U1")))), INVALID, "gender"
    ),
    "a gender of 900,000 letters": Bad(saved(gender="x" * 900_000), INVALID, "one text of"),
    "a licence that is half a character": Bad(saved(licence=surrogate()), INVALID, "licence"),
    "a licence of 900,000 letters": Bad(saved(licence="x" * 900_000), INVALID, "one text of"),
    "betas in a table": Bad(saved(betas=np.zeros((1, 16))), INVALID, "betas is float64"),
    "betas of NaN": Bad(saved(betas=np.full(16, np.nan)), INVALID, "betas has NaN"),
    "betas beyond a person": Bad(saved(betas=np.full(16, 1e20)), INVALID, "betas"),
    "a frame of NaN": Bad(saved(poses=changed(arrays()["poses"], 12, np.nan)), NOT_FINITE, "NaN"),
    "a place of NaN": Bad(saved(trans=changed(TRANS, (12, 1), np.nan)), NOT_FINITE, "NaN"),
    "an infinite place": Bad(saved(trans=changed(TRANS, (12, 1), np.inf)), NOT_FINITE, "NaN"),
    "a place too far to be true": Bad(saved(trans=changed(TRANS, 12, 1e30)), INVALID, "meters"),
    "a place in millimeters": Bad(saved(trans=TRANS * 1e4), INVALID, "meters"),
    "a turn too wide to be true": Bad(
        saved(poses=changed(arrays()["poses"], 12, 1e300)), INVALID, "radians"
    ),
    "turns in degrees": Bad(
        saved(poses=np.degrees(arrays()["poses"])), INVALID, "degrees"
    ),
}  # fmt: skip

ODD_RECORDINGS: dict[str, Write] = {
    "packed": lambda path: np.savez_compressed(path, **arrays()),
    "columns first": saved(poses=np.asfortranarray(arrays()["poses"])),
    "big-endian": saved(poses=arrays()["poses"].astype(">f8")),
    "single precision": saved(poses=arrays()["poses"].astype(np.float32)),
    "half precision": saved(poses=arrays()["poses"].astype(np.float16)),
    "a gender in bytes": saved(gender=np.array(b"male")),
    "a gender in a list": saved(gender=["neutral"]),
    "a whole number for a rate": saved(mocap_framerate=np.int32(120)),
    "no betas to speak of": saved(betas=np.zeros(0)),
    "a thousand betas": saved(betas=np.ones(1000)),
    "objects that nobody reads": saved(marker_data=WITH_OBJECTS),
    "thousands of members": saved(**{f"extra{n}": n for n in range(3000)}),
    "members of odd names": raw(members(("../../evil.npy", b"?"), ("a\nb", b"?"))),
    "NaN outside the clip": saved(trans=changed(TRANS, slice(56, None), np.nan)),
    "nonsense outside the clip": saved(
        trans=changed(TRANS, slice(56, None), 1e300),
        poses=changed(arrays()["poses"], slice(56, None), 1e300),
    ),
    "NaN in all frames between the clip's": saved(
        trans=changed(TRANS, np.arange(FRAMES) % 6 > 0, np.nan)
    ),
}
"""Recordings that look unusual and are good all the same."""
