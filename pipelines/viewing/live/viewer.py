"""What the viewer shows: its page, made once, and clips, each read when it is asked for.

Only the manifest is read before the page opens, so a dataset of any size opens at once.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from math import inf
from pathlib import Path
from typing import Any
from urllib.parse import quote

from motiondata.body_regions import REGION_COLORS, REGION_OF_JOINT
from motiondata.errors import InputError, MotionDataError
from pipelines.viewing.live.open_shown import open_shown
from pipelines.viewing.live.predictions import Predictions, read_predictions
from pipelines.viewing.live.shown import ShownClips
from pipelines.viewing.report.hidden_paths import hide_paths
from pipelines.viewing.report.html import make_page, to_script_json
from shards.errors import ShardError
from shards.format.places import Place

Query = Mapping[str, str]
"""The values of a request, by name."""


@dataclass(frozen=True)
class Answer:
    """The answer to a request."""

    status: HTTPStatus
    kind: str
    """The media type."""
    body: bytes


def _text(status: HTTPStatus, text: str) -> Answer:
    return Answer(status, "text/plain; charset=utf-8", text.encode("utf-8", "replace"))


def _json(value: Any) -> Answer:
    return Answer(HTTPStatus.OK, "application/json", to_script_json(value).encode())


def _problem(text: str) -> Answer:
    """Answer that a clip cannot be shown. It is no error of HTTP, which browsers log as a fault."""
    return _json({"problem": text})


NOT_FOUND = _text(HTTPStatus.NOT_FOUND, "there is no such page")


@dataclass(frozen=True)
class Viewer:
    """Clips that are looked at."""

    shown: ShownClips
    page: bytes
    """The HTML of the page."""
    over: ShownClips | None = None
    """Clips that are laid over those of the same key."""
    predictions: Predictions = field(default_factory=dict)
    """Captions that a model predicted, shown under the clip's own."""

    @classmethod
    def open(
        cls,
        path: Place,
        captions: Path | None = None,
        overlay: Place | None = None,
        body: Path | None = None,
        scale: float | None = None,
    ) -> "Viewer":
        """Open the sound part of a dataset, or files, and make the page.

        `captions` is a file of predicted captions, `overlay` another dataset or files of the same
        clips, `body` a file or folder of bodies, and `scale` the meters per unit of meshes. Raises
        `DatasetError` if nothing of a dataset can be read, and `InputError` if a file has another
        form or no clip of the dataset.
        """
        shown = open_shown(path, body, scale)
        over = open_shown(overlay, body, scale) if overlay else None
        if scale is not None:
            _expect_scalable(scale, shown.has_meshes or bool(over and over.has_meshes))
        if over is not None and len(shown.keys) + len(over.keys) > 2:
            _expect_shared(shown.keys, over.keys, f"{overlay}: expected clips of {path}")
        predictions = read_predictions(captions) if captions else {}
        if captions:
            _expect_shared(shown.keys, {*predictions}, f"{captions}: expected captions of {path}")
        return cls(shown, _page_of(shown, over), over, predictions)

    def answer(self, path: str, query: Query) -> Answer:
        """Answer a request for the page, or for a clip by its key. There is nothing else."""
        if path == "/":
            return Answer(HTTPStatus.OK, "text/html; charset=utf-8", self.page)
        if path == "/skin" and "id" in query:
            return self._skin(query["id"])
        make = {"/clip": self._clip, "/body": self._bodies}.get(path)
        if make is None or "key" not in query:
            return NOT_FOUND
        return self._about(query["key"], make)

    def _about(self, key: str, make: Callable[[str], Any]) -> Answer:
        if key not in self.shown.keys:
            return _text(HTTPStatus.NOT_FOUND, f"{key}: there is no such clip")
        try:
            return _json(make(key))
        except (ShardError, OSError):
            return _problem(
                f"{key}: cannot be read; to check every byte: motiondata verify DATASET"
            )
        except MotionDataError as error:
            return _problem(hide_paths(str(error)))

    def _clip(self, key: str) -> Mapping[str, Any]:
        from pipelines.viewing.live.layers import layers_to_json, read_layers

        made = layers_to_json(self.shown, read_layers(self.shown, self.over, key))
        made["head"]["predictions"] = self.predictions.get(key, ())
        return made

    def _bodies(self, key: str) -> Mapping[str, Any]:
        from pipelines.viewing.live.layers import bodies_to_json, read_layers

        return bodies_to_json(self.shown, self.over, read_layers(self.shown, self.over, key))

    def _skin(self, name: str) -> Answer:
        from pipelines.viewing.live.packed_body import pack_skin

        known = {body.id: body for body in self.shown.bodies.values()}
        return _json(pack_skin(known[name])) if name in known else NOT_FOUND


def _expect_scalable(scale: float, has_meshes: bool) -> None:
    if not 0 < scale < inf:
        raise InputError(f"--scale: expected more than 0, found {scale:g}")
    if not has_meshes:
        raise InputError("--scale: expected files of meshes, found none; omit it")


def _expect_shared(keys: frozenset[str], others: Any, expected: str) -> None:
    if keys.isdisjoint(others):
        raise InputError(f"{expected}, found none of the same key")


def _page_of(shown: ShownClips, over: ShownClips | None) -> bytes:
    summary = {
        "live": True,
        "name": shown.name,
        "product": shown.kind,
        "layers": [shown.name, over.name] if over else [],
        "faults": [
            *map(hide_paths, shown.faults),
            *(
                f"{over.name}: {hide_paths(fault)}"
                for over in [over]
                if over
                for fault in over.faults
            ),
        ],
        "more_faults": 0,
        "plays": shown.plays,
        "totals": shown.totals,
        "captions": None,
        "regions": [*REGION_COLORS.items()],
        "part_colors": [REGION_COLORS[region] for region in REGION_OF_JOINT],
    }
    return make_page(f"{shown.name}: {shown.kind}", summary, shown.table, (), live=True).encode()


def link_to(address: str, key: str, frame: int = 0) -> str:
    """Return the link to a frame of a clip in the page."""
    return f"{address}#clip={quote(key, safe='')}&frame={frame}"
