"""A built dataset with thousands of damages: each is found, and readers refuse what they can see.

Bits in the middle of a member are for `verify` to find, by hash; a reader sees sizes and headers.
"""

import shutil
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from random import Random

import pytest

from pipelines.engine.execution import Execution
from pipelines.engine.receipt_files import ReceiptFiles
from pipelines.engine.receipts import Receipt
from pipelines.products.lidar.build import build_lidar
from shards.errors import DatasetError
from shards.format.dataset import Dataset
from shards.format.reading import read_member
from shards.format.ustar import BLOCK
from shards.verify import verify
from tests.support.bad_recordings import Write, saved
from tests.support.built_rows import make_rows
from tests.support.samples import iter_samples

LISTS = {"train": ("a0", "b1"), "val": ("c2",), "test": ("d3",)}
ROWS: dict[str, Write] = {key: saved() for keys in LISTS.values() for key in keys}

Damage = Callable[[bytes, Random], bytes]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a dataset of three splits, small enough to be verified thousands of times."""
    root = tmp_path_factory.mktemp("whole")
    options = make_rows(root, ROWS)
    for split, names in LISTS.items():
        (root / f"{split}.txt").write_text("\n".join(names))
    build_lidar(options, root / "out", Execution())
    return root / "out"


@pytest.fixture
def out(whole: Path, tmp_path: Path) -> Path:
    """Return a copy that a test may damage."""
    return Path(shutil.copytree(whole, tmp_path / "out"))


def is_found(out: Path) -> bool:
    return next(verify(out), None) is not None


def covered_files(out: Path) -> list[Path]:
    """Return the files that `verify` vouches for: all but the receipts, which are a build's own."""
    files = (path for path in out.rglob("*") if path.is_file())
    return sorted(path for path in files if path.parent.name != "receipts")


def flip_a_bit(content: bytes, chance: Random) -> bytes:
    place, bit = divmod(chance.randrange(8 * len(content)), 8)
    return replaced(content, place, bytes([content[place] ^ 1 << bit]))


def cut_off(content: bytes, chance: Random) -> bytes:
    return content[: chance.randrange(len(content))]


def append(content: bytes, chance: Random) -> bytes:
    return content + chance.choice((b"\0", b"\n", bytes(BLOCK), content[:BLOCK], content))


def zero(content: bytes, chance: Random) -> bytes:
    length = chance.choice((1, 8, BLOCK, 4096))
    return replaced(content, chance.randrange(len(content)), bytes(length))


def overwrite(content: bytes, chance: Random) -> bytes:
    length, source = chance.choice((1, 8, BLOCK)), chance.randrange(len(content))
    return replaced(content, chance.randrange(len(content)), content[source : source + length])


def swap_blocks(content: bytes, chance: Random) -> bytes:
    first, second = sorted(chance.randrange(len(content) // BLOCK + 1) * BLOCK for _ in range(2))
    swapped = replaced(content, first, content[second : second + BLOCK])
    return replaced(swapped, second, content[first : first + len(content[second:])][:BLOCK])


def replaced(content: bytes, place: int, part: bytes) -> bytes:
    """Return bytes of the same length with a part of them replaced."""
    return (content[:place] + part + content[place + len(part) :])[: len(content)]


DAMAGES: dict[Damage, int] = {
    flip_a_bit: 900, cut_off: 250, append: 150, zero: 350, overwrite: 350, swap_blocks: 200,
}  # fmt: skip


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_every_damage_is_found(out: Path, damage: Damage) -> None:
    files = [(path, path.read_bytes()) for path in covered_files(out)]
    chance, missed, done = Random(damage.__name__), [], 0  # noqa: S311
    while done < DAMAGES[damage]:
        path, content = chance.choice(files)
        damaged = damage(content, chance)
        if damaged != content:
            done += 1
            path.write_bytes(damaged)
            if not is_found(out):
                missed.append((path.name, done))
            path.write_bytes(content)
    assert missed == []
    assert not is_found(out)


def test_a_receipt_with_any_damage_answers_nothing(out: Path) -> None:
    path = out / "receipts/train-000000.json"
    content, chance = path.read_bytes(), Random(0)  # noqa: S311
    plan = Receipt.from_bytes(content).plan
    assert ReceiptFiles(out).find("train/000000.tar", plan) is not None
    for damage in (flip_a_bit, cut_off, append, zero, overwrite):
        for _ in range(40):
            damaged = damage(content, chance)
            path.write_bytes(damaged)
            found = ReceiptFiles(out).find("train/000000.tar", plan)
            assert (found is None) == (damaged != content)


def shards(out: Path) -> list[Path]:
    return sorted(out.glob("*/*.tar"))


def read_all(out: Path) -> None:
    dataset = Dataset.open(out)
    for split in dataset.description.splits:
        for _ in iter_samples(dataset, split):
            pass


def cut_shards(out: Path) -> Iterator[tuple[Path, bytes]]:
    """Yield each shard with what is left of it when it is cut at a block's end."""
    for path in shards(out):
        content = path.read_bytes()
        yield from ((path, content[:size]) for size in range(0, len(content), BLOCK))


def test_a_shard_cut_at_any_block_is_found_and_not_read(out: Path) -> None:
    for path, left in cut_shards(out):
        content = path.read_bytes()
        path.write_bytes(left)
        assert is_found(out)
        with pytest.raises(DatasetError, match=f"has {len(left)} bytes; expected {len(content)}"):
            read_all(out)
        path.write_bytes(content)


def test_shards_that_changed_places_are_found_and_not_read(out: Path) -> None:
    for first, second in combinations(shards(out), 2):
        contents = first.read_bytes(), second.read_bytes()
        first.write_bytes(contents[1])
        second.write_bytes(contents[0])
        assert is_found(out)
        with pytest.raises(DatasetError):
            read_all(out)
        first.write_bytes(contents[0])
        second.write_bytes(contents[1])
    assert not is_found(out)


def test_members_that_changed_places_are_found_and_not_read(out: Path) -> None:
    """Swap members of the same size, headers and all, so that only their names tell."""
    dataset, swaps = Dataset.open(out), 0
    for shard in dataset.description.shards:
        content = (out / shard.name).read_bytes()
        places = [
            (row.key, suffix, span)
            for row in dataset.rows_of(shard)
            for suffix, span in row.members.items()
        ]
        for (key, suffix, one), (_, _, other) in combinations(places, 2):
            if one.size == other.size:
                start, end = one.offset - BLOCK, other.offset - BLOCK
                length = BLOCK + one.size
                swapped = replaced(content, start, content[end : end + length])
                swapped = replaced(swapped, end, content[start : start + length])
                (out / shard.name).write_bytes(swapped)
                swaps += 1
                assert is_found(out)
                with pytest.raises(DatasetError, match="is not that of"):
                    read_member(dataset, key, suffix)
        (out / shard.name).write_bytes(content)
    assert swaps >= 10


def test_any_lost_file_is_found(out: Path) -> None:
    for path in covered_files(out):
        content = path.read_bytes()
        path.unlink()
        assert is_found(out), path
        path.write_bytes(content)
    assert not is_found(out)


@pytest.mark.parametrize("name", ["dataset.json", "manifest.parquet"])
def test_a_dataset_without_its_manifest_is_not_read(out: Path, name: str) -> None:
    (out / name).unlink()
    assert is_found(out)
    with pytest.raises(DatasetError, match=r"not a finished dataset|expected a file"):
        read_all(out)


def test_a_header_with_any_other_byte_is_not_read(out: Path) -> None:
    dataset = Dataset.open(out)
    shard = dataset.description.shards[0]
    row = dataset.rows_of(shard)[0]
    content = (out / shard.name).read_bytes()
    for place in range(BLOCK):
        (out / shard.name).write_bytes(replaced(content, place, bytes([content[place] ^ 1])))
        with pytest.raises(DatasetError, match="the tar header at byte 0"):
            read_member(dataset, row.key, "points.npy")
