"""Install the wheel with each extra by pip, in a new environment each, and run what it promises.

Run `python -m tools.check_extras`, or name the extras: `python -m tools.check_extras build view`;
`base` is the installation without an extra. The versions are those of `constraints.txt`, or with
`--newest` those that pip finds. It downloads, and needs some GB of disk for a while. The tests
make such environments without a download: `tests/test_installed.py`.
"""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CORPUS = "data/corpus/index.csv --amass data/corpus/amass"
FRAMES = """
from shards import open_dataset
data = open_dataset("data/lidar")
print(sum(len(each["points"]) for each in data.frames("train", field="points", batch=64)))
"""
TABLES = """
from shards import open_dataset
data = open_dataset("data/lidar")
print(len(data.manifest), len(data.drops), len(data.where("frames > 60")))
"""
WEBDATASET = """
from shards import open_dataset
print([sample["txt"] for sample in open_dataset("data/lidar").webdataset("train")][:1])
"""
LOADER = """
from shards import open_dataset
from shards.stream.loader import Loader
stream = open_dataset("data/lidar").windows("train", field="points", length=16, batch=4)
print(next(iter(Loader(stream)))["points"].shape)
"""
REMOTE = """
from pathlib import Path
import fsspec
from shards import open_dataset
memory = fsspec.filesystem("memory")
for file in Path("data/lidar").rglob("*.*"):
    memory.pipe_file(f"/kit/{file.relative_to('data/lidar')}", file.read_bytes())
print(len(open_dataset("memory://kit")))
import s3fs, aiohttp
"""
TAGS = """
import spacy
print([word.text for word in spacy.blank("en")("a man walks")])
"""
KERNELS = """
import numba.cuda
from motiondata.lidar.cuda import kernels
print(numba.cuda.is_available())
"""
TRAINS = (
    "align data/lidar --steps 2 --batch 4 --device cpu --out aligned",
    "encode data/lidar --checkpoint aligned/checkpoint.pt --workers 0 --out features",
    "train-captioner features --stages full --steps 2 --batch 4 --device cpu --out captioner",
    "evaluate features --checkpoint captioner/checkpoint.pt --device cpu --out report",
)
TEXT_MODEL = """
from transformers import PreTrainedTokenizerFast
from pipelines.training.common.load_text_model import load_text_model
from pipelines.training.common.text_model import END
from pipelines.training.common.tiny_text_model import PAD, UNKNOWN, TinySizes
from shards import open_dataset
data = open_dataset("data/lidar")
captions = [line for key in data for line in data[key]["txt"].splitlines()]
sizes = TinySizes(d_model=16, d_kv=8, d_ff=16, num_heads=2)
made = load_text_model("tiny", captions, 0, sizes)
made.model.save_pretrained("t5")
names = {"pad_token": PAD, "eos_token": END, "unk_token": UNKNOWN}
PreTrainedTokenizerFast(tokenizer_object=made.tokenizer, **names).save_pretrained("t5")
"""
"""Writes a T5 with random weights as transformers do."""
WITH_LORA = (
    *TRAINS[:2],
    TEXT_MODEL,
    f"{TRAINS[2]} --text-model t5 --lora-rank 2",
    TRAINS[3],
)
PROMISES: dict[str, tuple[str, ...]] = {
    "base": (
        "info data/lidar",
        "verify data/lidar",
        "stats data/lidar",
        "recipe data/lidar",
        "export data/lidar --format npy-tree --out files",
        "copy data/lidar copied",
        FRAMES,
    ),
    "build": (
        "synthesize --clips 4 --out corpus",
        "build-lidar corpus/index.csv --amass corpus/amass --workers 0 --out lidar",
        "build-lidar data/corpus/amass/CMU --workers 0 --limit 1 --out one",
        f"build-features {CORPUS} --representation humanml3d-263 --workers 0 --out motion",
        "recover motion --out recovered",
        "split data/lidar --part train=0.5 --part test=0.5 --out parts",
        "reshard data/lidar --shard-megabytes 1 --out again",
        "export data/lidar --format glb --limit 1 --out animations",
        "export data/lidar --format bvh --limit 1 --out skeletons",
        "import skeletons --from bvh --out archive",
        "sensors",
    ),
    "ray": (f"build-lidar {CORPUS} --workers 2 --shard-megabytes 1 --out lidar",),
    "view": (
        "preview data/lidar --out picture.png",
        "report data/lidar --out report.html",
        "render data/lidar 000004 --out clip.mp4",
        "card data/lidar --date 2026-01-01 --out card",
    ),
    "tables": (TABLES,),
    "query": ("query data/lidar 'select count(*) from manifest'",),
    "remote": (REMOTE,),
    "webdataset": (WEBDATASET,),
    "torch": (LOADER,),
    "train": TRAINS,
    "tensorboard,train": (f"{TRAINS[0]} --tensorboard",),
    "lora": WITH_LORA,
    "tags": (TAGS,),
    "gpu": (KERNELS,),
    "all": ("demo demo --clips 12", *WITH_LORA),
}
"""What runs after an installation with extras: commands, and programs in Python."""
ON_GPU = {"gpu": f"build-lidar {CORPUS} --workers 0 --limit 2 --device cuda --out lidar"}
"""What runs too where there is a GPU."""


def check(extras: str, wheel: Path, data: Path, constraints: tuple[str, ...]) -> None:
    """Install extras and run what they promise, in a folder that is removed afterwards."""
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        python = folder / "environment" / "bin" / "python"
        what = f"{wheel}[{extras}]" if extras != "base" else str(wheel)
        begun = time.monotonic()
        _run(folder, sys.executable, "-m", "venv", folder / "environment")
        _run(folder, python, "-m", "pip", "install", "--quiet", *constraints, what)
        installed = time.monotonic() - begun
        (folder / "data").symlink_to(data)
        for promise in (*PROMISES[extras], *_on_gpu(extras), "doctor"):
            _keep(promise, python, folder)
        _print(f"{extras}: installed in {installed:.0f} s, {_megabytes(python.parents[1]):,} MB")


def _on_gpu(extras: str) -> tuple[str, ...]:
    if extras in ON_GPU and shutil.which("nvidia-smi") is None:
        _print(f"{extras}: installed, not run: no nvidia-smi was found")
        return ()
    return (ON_GPU[extras],) if extras in ON_GPU else ()


def _keep(promise: str, python: Path, folder: Path) -> None:
    if promise.startswith("\n"):
        _run(folder, python, "-W", "error", "-c", promise)
    else:
        _run(folder, "bash", "-c", f"{python} -m motiondata {promise}")


def _run(folder: Path, *words: object) -> None:
    done = subprocess.run(  # noqa: S603
        [str(word) for word in words],
        cwd=folder,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, words))}\n{done.stdout}")


def _megabytes(folder: Path) -> int:
    files = (path.lstat() for path in folder.rglob("*"))
    return round(sum(each.st_size for each in files) / 1e6)


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def build_wheel(folder: Path) -> Path:
    """Build the wheel of this checkout, and return its path."""
    sources = folder / "sources"
    unwanted = shutil.ignore_patterns(".*", "build", "demo", "*.egg-info", "tests", "__pycache__")
    shutil.copytree(ROOT, sources, ignore=unwanted)
    _run(folder, sys.executable, "-m", "build", "--outdir", folder, sources)
    (wheel,) = folder.glob("motiondata-*.whl")
    return wheel


def main(words: list[str]) -> int:
    """Check the extras that are named, or all; return how many failed.

    Exits with the known names if there are others.
    """
    constraints = () if "--newest" in words else ("--constraint", str(ROOT / "constraints.txt"))
    named = [word for word in words if word != "--newest"] or list(PROMISES)
    if unknown := [name for name in named if name not in PROMISES]:
        sys.exit(f"expected of {', '.join(PROMISES)}; found {', '.join(unknown)}")
    with tempfile.TemporaryDirectory() as made:
        data = Path(made) / "data"
        _run(Path(made), sys.executable, "-m", "motiondata", "demo", data, "--clips", 12)
        wheel = build_wheel(Path(made))
        return sum(not _is_kept(check, each, wheel, data, constraints) for each in named)


def _is_kept(check: Callable[..., None], extras: str, *others: object) -> bool:
    try:
        check(extras, *others)
    except RuntimeError as error:
        _print(f"{extras}: FAILED: {error}")
        return False
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
