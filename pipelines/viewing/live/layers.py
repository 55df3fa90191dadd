"""A clip, and the clip of the same key of another dataset over it, in one frame of reference."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from motiondata.errors import InputError, MotionDataError
from pipelines.viewing.live.shown import ShownClips
from pipelines.viewing.registration import Move, find_clip_move, moved_clip
from pipelines.viewing.report.packed_clip import origin_of, pack_clip, texts_of
from pipelines.viewing.report.streams import PackedClip
from pipelines.viewing.viewed_clip import ViewedClip
from shards.errors import ShardError

UNREADABLE = (ShardError, MotionDataError, OSError)
"""The errors of a clip that cannot be read."""


@dataclass(frozen=True)
class Layers:
    """A clip and, if there is one, the clip over it."""

    clip: ViewedClip
    over: ViewedClip | None = None
    remarks: tuple[str, ...] = ()
    """What a person should know about them."""


def read_layers(shown: ShownClips, over: ShownClips | None, key: str) -> Layers:
    """Read a clip and the one over it. Raises what `ShownClips.read` raises for the first."""
    clip = shown.read(key)
    notes = tuple(map(str, clip.details.get("notes", ())))
    if over is None:
        return Layers(clip, None, notes)
    other = find_other(shown, over, key)
    if other is None:
        return Layers(clip, None, (*notes, f"{over.name} has no clip {key}"))
    try:
        laid = over.read(other)
    except UNREADABLE:
        return Layers(clip, None, (*notes, f"the clip of {over.name} cannot be read"))
    move = find_clip_move(laid, clip)
    if move.is_nothing:
        return Layers(clip, laid, notes)
    return Layers(clip, moved_clip(laid, move), (*notes, _said(over.name, move)))


def find_other(shown: ShownClips, over: ShownClips, key: str) -> str | None:
    """Return the key of the clip over one: the same key, or the only clip over an only clip."""
    if key in over.keys:
        return key
    return next(iter(over.keys)) if len(shown.keys) == len(over.keys) == 1 else None


def _said(name: str, move: Move) -> str:
    meters = float(np.linalg.norm(move.shift))
    return (
        f"{name} was turned by {np.degrees(move.radians):.0f}° and moved by {meters:.2f} m onto it"
    )


def layers_to_json(shown: ShownClips, layers: Layers) -> dict[str, Any]:
    """Return what is drawn of both clips, or the captions of a clip that cannot play.

    Raises `InputError` if there is nothing to draw of a clip that should play.
    """
    if not shown.plays:
        return {"head": texts_of(layers.clip), "data": None, "remarks": layers.remarks}
    packed = pack_clip(layers.clip)
    if packed is None:
        raise InputError(f"{layers.clip.key}: has neither points nor a skeleton")
    over = pack_clip(layers.over) if layers.over else None
    has_body = shown.has_body(layers.clip) or layers.over is not None
    return {
        "head": {**packed.head, "has_body": has_body},
        "data": packed.data,
        "over": over and _to_json(over),
        "remarks": layers.remarks,
    }


def _to_json(packed: PackedClip) -> dict[str, Any]:
    return {"head": packed.head, "data": packed.data}


def bodies_to_json(shown: ShownClips, over: ShownClips | None, layers: Layers) -> dict[str, Any]:
    """Return the bodies of both clips, None for a clip without one."""
    origin = origin_of(layers.clip)
    bodies = [shown.pack_body(layers.clip, origin)]
    if over is not None and layers.over is not None:
        bodies.append(over.pack_body(layers.over, origin))
    return {"bodies": bodies}
