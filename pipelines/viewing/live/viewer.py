"""What the viewer shows: its page, made once, and clips, each read when it is asked for.

Only the manifest is read before the page opens, so a dataset of any size opens at once.
"""

from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from urllib.parse import quote

from motiondata.body_regions import REGION_COLORS, REGION_OF_JOINT
from motiondata.errors import InputError
from pipelines.products.descriptions import Describe
from pipelines.products.descriptions import describe as describe_product
from pipelines.viewing.clip_table import ClipTable
from pipelines.viewing.live.predictions import Predictions, read_predictions
from pipelines.viewing.report.hidden_paths import hide_paths
from pipelines.viewing.report.html import make_page, to_script_json
from pipelines.viewing.report.packed_clip import pack_clip
from pipelines.viewing.report.table_json import table_to_json, totals_to_json
from pipelines.viewing.sound_part import SoundPart
from pipelines.viewing.viewed_clip import read_viewed_clip
from shards.errors import ShardError


@dataclass(frozen=True)
class Answer:
    """The answer to a request."""

    status: HTTPStatus
    kind: str
    """The media type."""
    body: bytes


def _text(status: HTTPStatus, text: str) -> Answer:
    return Answer(status, "text/plain; charset=utf-8", text.encode("utf-8", "replace"))


NOT_FOUND = _text(HTTPStatus.NOT_FOUND, "there is no such page")


@dataclass(frozen=True)
class Viewer:
    """A dataset that is looked at."""

    part: SoundPart
    keys: frozenset[str]
    page: bytes
    """The HTML of the page."""
    predictions: Predictions = field(default_factory=dict)
    """Captions that a model predicted, shown under the clip's own."""

    @classmethod
    def open(
        cls, path: Path, describe: Describe = describe_product, captions: Path | None = None
    ) -> "Viewer":
        """Open the sound part of a dataset, and make its page.

        `captions` is a file of predicted captions. Raises `DatasetError` if nothing of the dataset
        can be read, and `InputError` if the file has another form or no clip of the dataset.
        """
        part = SoundPart.open(path, describe)
        table = ClipTable.of(part.dataset.manifest)
        keys = frozenset(table.keys)
        predictions = read_predictions(captions) if captions else {}
        if captions and keys.isdisjoint(predictions):
            raise InputError(f"{captions}: expected captions of clips of {path}, found none")
        summary = {
            "live": True,
            "name": part.dataset.path.name,
            "product": part.product.name,
            "faults": [hide_paths(fault) for fault in part.faults],
            "more_faults": 0,
            "totals": totals_to_json(part.dataset, len(part.drops), table),
            "captions": None,
            "regions": [*REGION_COLORS.items()],
            "part_colors": [REGION_COLORS[region] for region in REGION_OF_JOINT],
        }
        title = f"{part.dataset.path.name}: {part.product.name} dataset"
        page = make_page(title, summary, table_to_json(table), (), live=True)
        return cls(part, keys, page.encode(), predictions)

    def answer(self, path: str, key: str | None) -> Answer:
        """Answer a request for the page, or for a clip by its key. There is nothing else."""
        if path == "/":
            return Answer(HTTPStatus.OK, "text/html; charset=utf-8", self.page)
        if path == "/clip" and key is not None:
            return self._clip(key)
        return NOT_FOUND

    def _clip(self, key: str) -> Answer:
        if key not in self.keys:
            return _text(HTTPStatus.NOT_FOUND, f"{key}: there is no such clip")
        try:
            packed = pack_clip(read_viewed_clip(self.part.dataset, key))
        except (ShardError, OSError):
            message = f"{key}: cannot be read; to check every byte: motiondata verify DATASET"
            return _text(HTTPStatus.UNPROCESSABLE_ENTITY, message)
        if packed is None:
            message = f"{key}: has neither points nor a skeleton"
            return _text(HTTPStatus.UNPROCESSABLE_ENTITY, message)
        head = {**packed.head, "predictions": self.predictions.get(key, ())}
        body = to_script_json({"head": head, "data": packed.data}).encode()
        return Answer(HTTPStatus.OK, "application/json", body)


def link_to(address: str, key: str, frame: int = 0) -> str:
    """Return the link to a frame of a clip in the page."""
    return f"{address}#clip={quote(key, safe='')}&frame={frame}"
