"""What a schema requires of samples, and its messages."""

from typing import Any

import numpy as np
import pytest

from shards.errors import MemberError, SampleError, ShardError
from shards.format.array_spec import ArraySpec
from shards.format.members import decode_member, encode_member
from shards.format.schema import Schema
from shards.format.writing import encode_sample
from tests.support.dataset import SCHEMA, made_values


def encoded(**changes: Any) -> dict[str, bytes]:
    values = made_values("a") | {name.replace("_", "."): value for name, value in changes.items()}
    return {suffix: encode_member(suffix, value) for suffix, value in values.items()}


def test_a_sample_that_fits_has_no_faults() -> None:
    assert SCHEMA.check("a", encoded()) == []
    assert SCHEMA.check("a", encoded(), frames=len(made_values("a")["hits.npy"])) == []


TRANS = made_values("a")["trans.npy"]
FAULTS = {
    "another type": ({"hits_npy": np.zeros(3, np.int64)}, "is int64"),
    "another number of axes": ({"hits_npy": np.zeros((3, 1), np.int32)}, "expected int32 (frames)"),
    "another fixed length": ({"trans_npy": np.zeros((3, 4), np.float32)}, "has 4 along 3"),
    "another named length": ({"trans_npy": np.zeros((99, 3), np.float32)}, "99 along frames, not"),
    "NaN": ({"trans_npy": np.full_like(TRANS, np.nan)}, "contains NaN or infinite values"),
    "infinity": ({"trans_npy": np.full_like(TRANS, np.inf)}, "contains NaN or infinite"),
}


@pytest.mark.parametrize(("changes", "message"), FAULTS.values(), ids=FAULTS)
def test_a_fault_names_its_member(changes: dict[str, Any], message: str) -> None:
    faults = SCHEMA.check("a", encoded(**changes))
    member = next(iter(changes)).replace("_", ".")
    assert any(fault.startswith(f"a.{member}: ") and message in fault for fault in faults)


def test_frames_other_than_expected_are_a_fault_of_every_array() -> None:
    assert len(SCHEMA.check("a", encoded(), frames=99)) == 4


@pytest.mark.parametrize("suffix", ["points.npy", "json", "txt"])
def test_bytes_that_cannot_be_decoded_are_a_fault(suffix: str) -> None:
    faults = SCHEMA.check("a", encoded() | {suffix: b"\xff{"})
    assert [fault.split(":")[0] for fault in faults] == [f"a.{suffix}"]


def test_members_must_come_in_their_order_and_all() -> None:
    members = encoded()
    backwards = dict(reversed(members.items()))
    assert "expected points.npy, hits.npy" in SCHEMA.check("a", backwards)[0]
    del members["txt"]
    assert "expected points.npy, hits.npy" in SCHEMA.check("a", members)[0]


def test_a_sample_that_does_not_fit_is_not_encoded() -> None:
    values = made_values("a") | {"hits.npy": np.zeros(3, np.int64)}
    with pytest.raises(SampleError, match=r"a\.hits\.npy: is int64 .*expected int32"):
        encode_sample(SCHEMA, "a", values)


UNENCODABLE: list[tuple[str, Any]] = [
    ("json", {"range": float("nan")}),
    ("json", {"array": np.zeros(1)}),
    ("txt", "half a letter: \udc80"),
    ("txt", 5),
    ("points.npy", [1, 2]),
]


@pytest.mark.parametrize(("suffix", "value"), UNENCODABLE)
def test_what_a_member_cannot_say_is_refused(suffix: str, value: Any) -> None:
    with pytest.raises(SampleError, match="cannot be encoded"):
        encode_member(suffix, value)


@pytest.mark.parametrize("data", [b"", b"NaN", b'{"a": Infinity}', b"[" * 100_000, b"\xff", b"{}x"])
def test_json_is_read_strictly(data: bytes) -> None:
    with pytest.raises(MemberError, match="expected JSON in UTF-8"):
        decode_member("json", data)


def test_objects_and_text_survive_the_round_trip() -> None:
    for suffix, value in (("json", {"é": [1, None, 0.1]}), ("txt", "café\nwalks")):
        assert decode_member(suffix, encode_member(suffix, value)) == value


def test_a_schema_survives_the_round_trip_with_its_order() -> None:
    back = Schema.from_json(SCHEMA.to_json())
    assert back == SCHEMA
    assert list(back.members) == list(SCHEMA.members)


FRAMES = ArraySpec("int32", ("frames",))
CONTRADICTIONS: dict[str, dict[str, ArraySpec | str]] = {
    "no frames": {"json": "json"},
    "a name with a dot": {"left.hand.npy": FRAMES},
    "an unknown suffix": {"hits.npy": FRAMES, "mp4": "text"},
    "text in an array's name": {"hits.npy": FRAMES, "parts.npy": "text"},
    "an array in a text's name": {"hits.npy": FRAMES, "txt": FRAMES},
    "one field twice": {"hits.npy": FRAMES, "hits.json": "json"},
    "counted by nothing": {"points.npy": ArraySpec("float32", ("frames", 3), "hits")},
    "counted by another shape": {
        "points.npy": ArraySpec("float32", ("frames", 3), "parts"),
        "parts.npy": ArraySpec("uint8", ("frames", 3)),
    },
}


@pytest.mark.parametrize("members", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_a_schema_that_contradicts_itself_is_refused(members: dict[str, ArraySpec | str]) -> None:
    with pytest.raises(ShardError):
        Schema(members)


@pytest.mark.parametrize(
    ("dtype", "shape"), [("object", (1,)), ("f4", (1,)), ("float32", (0, 3)), ("float32", ())]
)
def test_an_array_of_no_known_type_or_shape_is_refused(dtype: str, shape: tuple[int, ...]) -> None:
    with pytest.raises(ShardError, match="expected"):
        ArraySpec(dtype, shape)


def test_the_main_field_is_the_first_floating_point_one() -> None:
    hits, trans = ArraySpec("int32", ("frames",)), ArraySpec("float32", ("frames", 3))
    assert Schema({"hits.npy": hits, "trans.npy": trans, "json": "json"}).main_field == "trans"
    with pytest.raises(
        ShardError, match="there is no floating-point field; the fields are hits, json"
    ):
        _ = Schema({"hits.npy": hits, "json": "json"}).main_field


def test_a_field_without_statistics_names_those_that_have_some() -> None:
    with pytest.raises(ShardError, match="'hits'; choose one of points, trans"):
        SCHEMA.float_array("hits")
