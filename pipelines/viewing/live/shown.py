"""What the viewer shows: the clips of a dataset or of files, each read when it is asked for.

Modules that are slow to load are imported by the first clip, so that the page opens before.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipelines.viewing.clip_table import ClipTable
from pipelines.viewing.drawn_members import can_play
from pipelines.viewing.report.table_json import table_to_json, totals_to_json
from pipelines.viewing.sound_part import SoundPart
from shards.format.places import Place, name_of

if TYPE_CHECKING:
    from motiondata.bodies.body import Body
    from pipelines.viewing.live.packed_body import Packed
    from pipelines.viewing.viewed_clip import ViewedClip


class ShownClips(ABC):
    """Clips with their keys. `body` is a file or folder of bodies, or None for the bundled one."""

    faults: tuple[str, ...] = ()
    """What is damaged or missing, one sentence each."""
    plays = True
    """Whether the clips can be drawn; else the page has their table and captions."""

    def __init__(self, path: Place, body: Path | None) -> None:
        self.path = path
        self._body = body

    @property
    def has_meshes(self) -> bool:
        """Whether some clips are files of meshes, which have a scale."""
        return False

    @property
    def name(self) -> str:
        """The name of the folder or file."""
        return name_of(self.path)

    @property
    @abstractmethod
    def kind(self) -> str:
        """What they are, such as `lidar dataset`."""

    @property
    @abstractmethod
    def keys(self) -> frozenset[str]:
        """The keys of the clips."""

    @property
    @abstractmethod
    def table(self) -> Mapping[str, Any]:
        """The table of the clips, as `table_to_json` makes it."""

    @property
    @abstractmethod
    def totals(self) -> Mapping[str, Any]:
        """The totals in the head of the page, as `totals_to_json` makes them."""

    @abstractmethod
    def read(self, key: str) -> "ViewedClip":
        """Read a clip. Raises `ShardError`, `MotionDataError` or `OSError`."""

    @cached_property
    def bodies(self) -> "Mapping[str, Body]":
        """The bodies that are posed, by gender. Raises `InputError` if they cannot be loaded."""
        from pipelines.clips.bodies import load_bodies_by_gender

        return load_bodies_by_gender(self._body)

    def has_body(self, clip: "ViewedClip") -> bool:
        """Tell whether there is a body or a mesh to draw of a clip."""
        return clip.pose is not None and clip.trans is not None

    def pack_body(self, clip: "ViewedClip", origin: NDArray[np.float64]) -> "Packed | None":
        """Pack the body that moves as a clip does, around the page's origin (3,); None without."""
        from pipelines.viewing.clip_body import body_of, shape_of, surface_of_pair
        from pipelines.viewing.live.packed_body import pack_body, pack_meshes
        from pipelines.viewing.viewed_clip import Meshes

        if clip.is_pair:
            vertices, faces = surface_of_pair(clip, shape_of(clip, self.bodies)[0])
            return pack_meshes(Meshes((vertices.astype(np.float64),), (faces,)), origin)
        body = body_of(clip, self.bodies)
        return pack_body(body, origin) if body else None


class DatasetClips(ShownClips):
    """The clips of a dataset that may be damaged or not finished."""

    def __init__(self, path: Place, body: Path | None = None) -> None:
        """Open the sound part; raise `DatasetError` if nothing of the dataset can be read."""
        super().__init__(path, body)
        self.part = SoundPart.open(path)
        self.faults = self.part.faults
        self.plays = can_play(self.part.dataset.schema)
        self._columns = ClipTable.of(self.part.dataset.manifest)

    @property
    def kind(self) -> str:
        """The name of the product."""
        named = self.part.dataset.description.provenance.get("product")
        return f"{named or self.part.product.name} dataset"

    @cached_property
    def keys(self) -> frozenset[str]:
        """The keys of the samples."""
        return frozenset(self._columns.keys)

    @property
    def table(self) -> Mapping[str, Any]:
        """The table of the manifest."""
        return table_to_json(self._columns)

    @property
    def totals(self) -> Mapping[str, Any]:
        """The totals of the dataset."""
        return totals_to_json(self.part.dataset, len(self.part.drops), self._columns)

    def read(self, key: str) -> "ViewedClip":
        """Read a clip from its shard."""
        from pipelines.viewing.viewed_clip import read_viewed_clip

        return read_viewed_clip(self.part.dataset, key)
