"""A plain reader of GLB files, and skinning as the glTF specification defines it."""

import json
import struct
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

TYPES = {5121: "u1", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
WIDTHS = {"SCALAR": 1, "VEC3": 3, "VEC4": 4, "MAT4": 16}


@dataclass(frozen=True)
class Glb:
    """The two chunks of a GLB file."""

    document: dict[str, Any]
    binary: bytes

    def array(self, accessor: int) -> NDArray[Any]:
        """Return the values of an accessor, shaped (elements, width)."""
        entry = self.document["accessors"][accessor]
        view = self.document["bufferViews"][entry["bufferView"]]
        width = WIDTHS[entry["type"]]
        start = view.get("byteOffset", 0) + entry.get("byteOffset", 0)
        kind = TYPES[entry["componentType"]]
        values = np.frombuffer(self.binary, kind, entry["count"] * width, start)
        return values.reshape(entry["count"], width)

    def posed(self, key: int) -> NDArray[np.float64]:
        """Return the vertices of the only skinned mesh at one key of its animation."""
        (primitive,) = self.document["meshes"][0]["primitives"]
        skin = self.document["skins"][0]
        binds = self.array(skin["inverseBindMatrices"]).reshape(-1, 4, 4).transpose(0, 2, 1)
        world = self._world_matrices(key)
        matrices = np.stack([world[node] for node in skin["joints"]]) @ binds
        vertices = self.array(primitive["attributes"]["POSITION"]).astype(np.float64)
        rest = np.column_stack([vertices, np.ones(len(vertices))])
        posed = np.zeros((len(vertices), 3))
        for number in range(len(primitive["attributes"])):
            if f"JOINTS_{number}" in primitive["attributes"]:
                joints = self.array(primitive["attributes"][f"JOINTS_{number}"])
                weights = self.array(primitive["attributes"][f"WEIGHTS_{number}"])
                blended = np.einsum("vi,vijk->vjk", weights, matrices[joints])
                posed += np.einsum("vjk,vk->vj", blended, rest)[:, :3]
        return posed

    def _world_matrices(self, key: int) -> dict[int, NDArray[np.float64]]:
        (animation,) = self.document["animations"]
        values: dict[int, dict[str, NDArray[Any]]] = {}
        for channel in animation["channels"]:
            sampler = animation["samplers"][channel["sampler"]]
            target = channel["target"]
            values.setdefault(target["node"], {})[target["path"]] = self.array(sampler["output"])[
                key
            ]
        found: dict[int, NDArray[np.float64]] = {}
        for root in self.document["scenes"][0]["nodes"]:
            self._add_below(root, np.eye(4), values, found)
        return found

    def _add_below(
        self,
        node: int,
        above: NDArray[np.float64],
        values: dict[int, dict[str, NDArray[Any]]],
        found: dict[int, NDArray[np.float64]],
    ) -> None:
        entry, animated = self.document["nodes"][node], values.get(node, {})
        local = np.eye(4)
        rotation = animated.get("rotation", entry.get("rotation", [0, 0, 0, 1]))
        local[:3, :3] = Rotation.from_quat(rotation).as_matrix()
        local[:3, 3] = animated.get("translation", entry.get("translation", [0, 0, 0]))
        found[node] = above @ local
        for child in entry.get("children", []):
            self._add_below(child, found[node], values, found)


def read_glb(content: bytes) -> Glb:
    """Return the chunks of a GLB file; check its header and the lengths."""
    magic, version, length = struct.unpack_from("<4sII", content)
    assert (magic, version, length) == (b"glTF", 2, len(content))
    size, kind = struct.unpack_from("<I4s", content, 12)
    assert kind == b"JSON"
    assert size % 4 == 0
    begin = 20 + size
    binary_size, binary_kind = struct.unpack_from("<I4s", content, begin)
    assert binary_kind == b"BIN\0"
    assert binary_size % 4 == 0
    assert begin + 8 + binary_size == len(content)
    return Glb(json.loads(content[20:begin]), content[begin + 8 :])
