"""The schema of a dataset: the members of every sample, with their order, types and shapes.

An axis has a name where its length varies between samples. All arrays of one sample agree on the
length of each named axis. The manifest records the length of `frames`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from shards.errors import MemberError, ShardError
from shards.format.array_spec import FRAMES, ArraySpec
from shards.format.members import SUFFIX, decode_member, field_of, kind_of
from shards.format.unknown_names import near

TEXTS = {"json": "json", "txt": "text"}
"""The schema type of non-array members, by encoding."""


@dataclass(frozen=True)
class Schema:
    """The members of every sample, by suffix, in their order in the tar file."""

    members: Mapping[str, ArraySpec | str]
    """An `ArraySpec` for `*.npy`, `"json"` for `*.json`, `"text"` for `*.txt`."""

    def __post_init__(self) -> None:
        for suffix, spec in self.members.items():
            _check_member(suffix, spec)
        if len(self.suffixes) != len(self.members):
            raise ShardError(f"two members share a name before the dot: {', '.join(self.members)}")
        if not any(spec.shape[:1] == (FRAMES,) for spec in self.arrays.values()):
            raise ShardError(f"no array has {FRAMES!r} as its first axis; expected at least one")
        for spec in self.arrays.values():
            self._check_counted(spec)

    def _check_counted(self, spec: ArraySpec) -> None:
        counted = spec.counted_where
        if counted is not None and (
            counted not in self.arrays
            or self.arrays[counted].shape != (FRAMES,)
            or spec.shape[0] != FRAMES
        ):
            raise ShardError(f"counted_where is {counted!r}; expected an array of shape (frames,)")

    @property
    def suffixes(self) -> dict[str, str]:
        """The suffix of each field, such as `points.npy` for `points`."""
        return {field_of(suffix): suffix for suffix in self.members}

    @property
    def arrays(self) -> dict[str, ArraySpec]:
        """The array members, by field."""
        return {
            field_of(suffix): spec
            for suffix, spec in self.members.items()
            if isinstance(spec, ArraySpec)
        }

    @property
    def main_field(self) -> str:
        """The first floating-point field; raise `ShardError` if there is none."""
        for field, spec in self.arrays.items():
            if spec.is_float:
                return field
        raise ShardError(
            f"there is no floating-point field; the fields are {', '.join(self.suffixes)}"
        )

    def float_array(self, field: str) -> ArraySpec:
        """Return the spec of a floating-point field; raise `ShardError` with the available ones."""
        floats = {name: spec for name, spec in self.arrays.items() if spec.is_float}
        if field not in floats:
            raise ShardError(
                f"there is no floating-point field {field!r}{near(field, [*floats])}; "
                f"choose one of {', '.join(floats)}"
            )
        return floats[field]

    def packed(self, suffix: str, value: Any) -> Any:
        """Return a member's value as it is stored; one that does not match stays as it is."""
        spec = self.members.get(suffix)
        return spec.pack(value) if isinstance(spec, ArraySpec) else value

    def frames_of(self, values: Mapping[str, Any]) -> int:
        """Return the number of frames of a sample, given its arrays by suffix."""
        return next(
            len(values[self.suffixes[field]])
            for field, spec in self.arrays.items()
            if spec.shape[0] == FRAMES
        )

    def decode(self, suffix: str, data: bytes, frames: int) -> Any:
        """Decode a member of a sample with `frames` frames: an array, an object or text.

        Raises `MemberError` where it does not match the schema.
        """
        return _decode(suffix, self.members[suffix], data, {FRAMES: frames})

    def as_read(
        self, values: Mapping[str, Any], members: Mapping[str, bytes], frames: int
    ) -> Mapping[str, Any]:
        """Return a sample's values, by suffix, as they are read from its members."""
        packed = {
            suffix: self.decode(suffix, members[suffix], frames)
            for suffix, spec in self.members.items()
            if isinstance(spec, ArraySpec) and spec.stored is not None
        }
        return {**values, **packed}

    def check(self, key: str, members: Mapping[str, bytes], frames: int | None = None) -> list[str]:
        """Return the faults of a sample's members, one sentence per fault.

        `frames` is the expected number of frames, if it is known.
        """
        if list(members) != list(self.members):
            return [f"{key}: has {', '.join(members)}; expected {', '.join(self.members)}"]
        axes = {} if frames is None else {FRAMES: frames}
        faults = []
        for suffix, spec in self.members.items():
            try:
                _decode(suffix, spec, members[suffix], axes)
            except MemberError as error:
                faults.append(f"{key}.{suffix}: {error}")
        return faults

    def to_json(self) -> list[dict[str, Any]]:
        """Return the schema as a JSON list, because the order of members matters."""
        return [{"member": suffix, **_spec_to_json(spec)} for suffix, spec in self.members.items()]

    @staticmethod
    def from_json(entries: Sequence[Mapping[str, Any]]) -> "Schema":
        """Return the schema that `to_json` wrote."""
        return Schema({entry["member"]: _spec_from_json(entry) for entry in entries})


def _check_member(suffix: str, spec: ArraySpec | str) -> None:
    if not SUFFIX.fullmatch(suffix):
        raise ShardError(
            f"the member name is {suffix!r}; expected, for example, points.npy, json, or txt"
        )
    if not isinstance(spec, ArraySpec) and spec != TEXTS.get(kind_of(suffix)):
        raise ShardError(f"{suffix} is declared as {spec!r}, which does not match its suffix")
    if isinstance(spec, ArraySpec) and kind_of(suffix) != "npy":
        raise ShardError(f"{suffix} is declared as an array, which does not match its suffix")


def _decode(suffix: str, spec: ArraySpec | str, data: bytes, axes: dict[str, int]) -> Any:
    value = decode_member(suffix, data)
    if not isinstance(spec, ArraySpec):
        return value
    if faults := spec.as_stored.faults(value, axes):
        raise MemberError("; ".join(faults))
    array = spec.unpack(value)
    if spec.is_float and not np.isfinite(array).all():
        raise MemberError("contains NaN or infinite values")
    return array


def _spec_to_json(spec: ArraySpec | str) -> dict[str, Any]:
    if isinstance(spec, str):
        return {"type": spec}
    counted = {} if spec.counted_where is None else {"counted_where": spec.counted_where}
    stored = {} if spec.stored is None else {"stored": spec.stored}
    return {"type": spec.dtype, "shape": list(spec.shape), **counted, **stored}


def _spec_from_json(entry: Mapping[str, Any]) -> ArraySpec | str:
    kind = entry["type"]
    if "shape" not in entry:
        return str(kind)
    optional = entry.get("counted_where"), entry.get("stored")
    return ArraySpec(str(kind), tuple(entry["shape"]), *optional)
