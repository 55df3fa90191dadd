"""Checkpoints: contents are restored; other files are refused in one sentence."""

from pathlib import Path
from zipfile import ZipFile

import pytest
import torch

pytest.importorskip("transformers")

from motiondata.errors import InputError
from pipelines.training.captioning.captioner import load_captioner
from pipelines.training.common.checkpoints import read_checkpoint, write_checkpoint
from pipelines.training.encoders.load_encoder import load_encoder
from shards.format.hashing import hash_file

STATE = {"weights": {"scale": torch.arange(3.0)}, "contents": {"name": "tiny", "sizes": [1, 2.5]}}


def save_sealed(path: Path, state: object) -> None:
    """Write what another program put together, with a right hash."""
    torch.save(state, path)
    with path.open("ab") as file:
        file.write(f"\nblake3 {hash_file(path)}\n".encode())


@pytest.fixture
def path(tmp_path: Path) -> Path:
    write_checkpoint(tmp_path / "c.pt", "captioner", STATE)
    return tmp_path / "c.pt"


def test_a_checkpoint_comes_back(path: Path) -> None:
    found = read_checkpoint(path, "captioner")
    assert torch.equal(found["weights"]["scale"], torch.arange(3.0))
    assert found["contents"] == STATE["contents"]


def test_the_same_state_is_the_same_bytes(path: Path) -> None:
    write_checkpoint(path.with_name("again.pt"), "captioner", STATE)
    assert path.with_name("again.pt").read_bytes() == path.read_bytes()


def test_equal_states_are_the_same_bytes_whatever_objects_they_share(path: Path) -> None:
    name = "tiny"
    states = [{"contents": {"a": [one, (0.5, 1)], "b": other, "c": dict.fromkeys([other], one)}}
              for one, other in ((name, name), (name, "".join(["ti", "ny"])))]  # fmt: skip
    written = []
    for state in states:
        write_checkpoint(path, "captioner", state)
        assert read_checkpoint(path, "captioner")["contents"] == state["contents"]
        written.append(path.read_bytes())
    assert written[0] == written[1]


def test_a_checkpoint_that_cannot_be_written_leaves_the_one_before(path: Path) -> None:
    before = path.read_bytes()
    with pytest.raises(AttributeError):
        write_checkpoint(path, "captioner", {"weights": lambda: None})
    assert path.read_bytes() == before
    assert [*path.parent.iterdir()] == [path]


def test_a_checkpoint_of_another_kind_is_refused(path: Path) -> None:
    with pytest.raises(InputError, match=r"expected .* of an encoder \(motiondata align\), found"):
        read_checkpoint(path, "encoder")


def test_a_checkpoint_of_another_version_is_refused(path: Path) -> None:
    save_sealed(path, {**torch.load(path, weights_only=True), "version": 3})
    with pytest.raises(InputError, match="expected version 2 of a checkpoint, found 3"):
        read_checkpoint(path, "captioner")


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"\x80\x04.", b"not a checkpoint at all"])
def test_another_file_is_refused(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "x.pt").write_bytes(data)
    with pytest.raises(InputError, match="not a valid checkpoint"):
        read_checkpoint(tmp_path / "x.pt", "captioner")


def test_a_truncated_checkpoint_is_refused(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(InputError, match="It may be damaged"):
        read_checkpoint(path, "captioner")


def test_a_checkpoint_without_its_hash_is_refused(path: Path) -> None:
    torch.save(torch.load(path, weights_only=True), path)
    with pytest.raises(InputError, match="it does not end with a hash"):
        read_checkpoint(path, "captioner")


def test_a_single_flipped_bit_is_refused_wherever_it_is(path: Path) -> None:
    whole = path.read_bytes()
    for place in range(len(whole)):
        flipped = bytearray(whole)
        flipped[place] ^= 1 << place % 8
        path.write_bytes(flipped)
        with pytest.raises(InputError, match="It may be damaged"):
            read_checkpoint(path, "captioner")


def test_other_programs_read_the_archive(path: Path) -> None:
    assert torch.load(path, weights_only=True)["kind"] == "captioner"
    assert ZipFile(path).testzip() is None


@pytest.mark.parametrize("state", [{}, {"contents": 3}, {"contents": {"text": {"config": "["}}}])
def test_contents_of_another_program_are_refused_in_a_sentence(
    tmp_path: Path, state: dict[str, object]
) -> None:
    write_checkpoint(tmp_path / "x.pt", "captioner", state)
    write_checkpoint(tmp_path / "y.pt", "encoder", state)
    with pytest.raises(InputError, match=r"its contents are not those of a captioner \("):
        load_captioner(tmp_path / "x.pt")
    with pytest.raises(InputError, match=r"its contents are not those of an encoder \("):
        load_encoder(tmp_path / "y.pt")


@pytest.mark.parametrize("state", [{"weights": {}}, [1, 2]])
def test_another_programs_state_is_refused(tmp_path: Path, state: object) -> None:
    save_sealed(tmp_path / "x.pt", state)
    with pytest.raises(InputError, match="found a file of another program"):
        read_checkpoint(tmp_path / "x.pt", "captioner")


def test_a_checkpoint_that_is_absent_or_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="found no such file"):
        read_checkpoint(tmp_path / "absent.pt", "captioner")
    with pytest.raises(InputError, match="found a folder"):
        read_checkpoint(tmp_path, "captioner")
