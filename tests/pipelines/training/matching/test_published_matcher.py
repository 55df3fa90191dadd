"""The published matcher: files of its layout give the values of a plain implementation."""

import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from motiondata.errors import InputError
from pipelines.training.matching.load_matcher import read_matcher
from pipelines.training.matching.published_matcher import load_published_matcher
from pipelines.training.matching.word_vectors import read_word_vectors

WORDS = ("unk", "sos", "eos", "a", "person", "walk", "left", "on")
COLUMNS, WIDTH, WORD = 263, 6, 5
CAPTION = "a/DET person/NOUN walk/VERB left/ADV moonwise/ADV"
SHAPES: dict[str, dict[str, tuple[int, ...]]] = {
    "movement_encoder": {
        "main.0.weight": (WIDTH, COLUMNS - 4, 4),
        "main.0.bias": (WIDTH,),
        "main.3.weight": (7, WIDTH, 4),
        "main.3.bias": (7,),
        "out_net.weight": (7, 7),
        "out_net.bias": (7,),
    },
    "motion_encoder": {},
    "text_encoder": {"pos_emb.weight": (WORD, 15), "pos_emb.bias": (WORD,)},
}
for name, columns in (("motion_encoder", 7), ("text_encoder", WORD)):
    SHAPES[name] |= {
        "hidden": (2, 1, WIDTH),
        "input_emb.weight": (WIDTH, columns),
        "input_emb.bias": (WIDTH,),
        "output_net.0.weight": (WIDTH, 2 * WIDTH),
        "output_net.0.bias": (WIDTH,),
        "output_net.1.weight": (WIDTH,),
        "output_net.1.bias": (WIDTH,),
        "output_net.3.weight": (4, WIDTH),
        "output_net.3.bias": (4,),
        **{
            f"gru.{kind}_l0{way}": (3 * WIDTH, WIDTH) if "weight" in kind else (3 * WIDTH,)
            for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            for way in ("", "_reverse")
        },
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write random weights in the published layout, statistics, and word vectors."""
    out = tmp_path_factory.mktemp("published")
    random = torch.Generator().manual_seed(0)
    states = {
        name: {key: torch.randn(shape, generator=random) / 2 for key, shape in shapes.items()}
        for name, shapes in SHAPES.items()
    }
    torch.save({**states, "opt_text_encoder": {"lr": 1e-4}, "epoch": 3}, out / "finest.tar")
    numbers = np.random.default_rng(0)
    np.save(out / "mean.npy", numbers.normal(size=COLUMNS))
    np.save(out / "std.npy", numbers.uniform(0.5, 2, COLUMNS))
    np.save(out / "our_vab_data.npy", numbers.normal(size=(len(WORDS), WORD)))
    rows = {word: len(WORDS) - 1 - at for at, word in enumerate(WORDS)}
    (out / "our_vab_words.pkl").write_bytes(pickle.dumps([*WORDS]))
    (out / "our_vab_idx.pkl").write_bytes(pickle.dumps(rows))
    return out


Array = NDArray[np.float64]


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def leaky(x: Array) -> Array:
    return np.where(x > 0, x, 0.2 * x)


def convolve(x: Array, weight: Array, bias: Array) -> Array:
    """Return a convolution with stride 2 of x (frames, columns)."""
    padded = np.pad(x, ((1, 1), (0, 0)))
    starts = range(0, len(padded) - 3, 2)
    return np.array([np.einsum("kc,ock->o", padded[s : s + 4], weight) + bias for s in starts])


def recur(x: Array, state: Array, w: Callable[[str], Array]) -> Array:
    """Return the last state of a gated recurrent unit that reads x (length, width)."""
    for row in x:
        from_input, from_state = (
            np.split(w(f"weight_{kind}") @ value + w(f"bias_{kind}"), 3)
            for kind, value in (("ih", row), ("hh", state))
        )
        reset = sigmoid(from_input[0] + from_state[0])
        update = sigmoid(from_input[1] + from_state[1])
        new = np.tanh(from_input[2] + reset * from_state[2])
        state = (1 - update) * new + update * state
    return state


def encode(x: Array, w: dict[str, Array]) -> Array:
    """Return the vector of a sequence x (length, columns)."""
    x = x @ w["input_emb.weight"].T + w["input_emb.bias"]

    def gates(way: str) -> Callable[[str], Array]:
        return lambda name: w[f"gru.{name.replace('_ih', '_ih_l0').replace('_hh', '_hh_l0')}{way}"]

    last = np.concatenate(
        [
            recur(x, w["hidden"][0, 0], gates("")),
            recur(x[::-1], w["hidden"][1, 0], gates("_reverse")),
        ]
    )
    y = w["output_net.0.weight"] @ last + w["output_net.0.bias"]
    y = (y - y.mean()) / np.sqrt(y.var() + 1e-5) * w["output_net.1.weight"]
    y = leaky(y + w["output_net.1.bias"])
    return w["output_net.3.weight"] @ y + w["output_net.3.bias"]


def weights(folder: Path, name: str) -> dict[str, Array]:
    state: dict[str, Any] = torch.load(folder / "finest.tar", weights_only=True)
    found: dict[str, Tensor] = state[name]
    return {key: value.double().numpy() for key, value in found.items()}


@pytest.mark.parametrize("frames", [4, 21, 40])
def test_motions_have_the_vectors_of_a_plain_implementation(folder: Path, frames: int) -> None:
    clip = np.random.default_rng(1).normal(size=(frames, COLUMNS)).astype(np.float32)
    (found,) = load_published_matcher(folder).embed_motions([clip])
    w = weights(folder, "movement_encoder")
    x = (clip - np.load(folder / "mean.npy")) / np.load(folder / "std.npy")
    x = x[: frames // 4 * 4, :-4]
    x = np.pad(x, ((0, 196 - len(x)), (0, 0)))  # as the evaluator pads its batches
    for layer in ("main.0", "main.3"):
        x = leaky(convolve(x, w[f"{layer}.weight"], w[f"{layer}.bias"]))
    x = x[: frames // 4] @ w["out_net.weight"].T + w["out_net.bias"]
    assert found == pytest.approx(encode(x, weights(folder, "motion_encoder")), abs=1e-4)


def test_texts_have_the_vectors_of_a_plain_implementation(folder: Path) -> None:
    (found,) = load_published_matcher(folder).embed_texts([CAPTION])
    w, vectors = weights(folder, "text_encoder"), np.load(folder / "our_vab_data.npy")
    read = [
        ("sos", 14), ("a", 2), ("person", 1), ("walk", 12), ("left", 9), ("unk", 14), ("eos", 14),
    ]  # fmt: skip
    rows = [vectors[len(WORDS) - 1 - WORDS.index(word)] for word, _ in read]
    parts = np.eye(15)[[part for _, part in read]] @ w["pos_emb.weight"].T + w["pos_emb.bias"]
    assert found == pytest.approx(encode(np.array(rows) + parts, w), abs=1e-5)


def test_long_captions_are_cut_after_twenty_words(folder: Path) -> None:
    vectors, parts = read_word_vectors(folder).read("walk/VERB " * 30)
    assert (len(vectors), parts.shape) == (22, (22, 15))


def test_a_folder_is_a_matcher_of_tagged_captions(folder: Path) -> None:
    matcher = read_matcher(folder)
    assert (matcher.reads_tags, matcher.columns) == (True, COLUMNS)
    assert matcher.fields.representation == "humanml3d-263"
    with pytest.raises(InputError, match="at least 4 frames, found"):
        matcher.embed_motions([np.zeros((3, COLUMNS), np.float32)])


class Harmful:
    """Runs code when it is unpickled carelessly."""

    def __reduce__(self) -> tuple[Any, ...]:
        return (exec, ("raise SystemExit",))


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("finest.tar", b"no archive", "expected the weights movement_encoder"),
        ("mean.npy", b"", "expected statistics of features"),
        ("our_vab_words.pkl", pickle.dumps(Harmful()), r"asks for builtins\.exec"),
        ("our_vab_idx.pkl", pickle.dumps({"unk": 0}), "expected word vectors in"),
    ],
)
def test_other_files_are_refused(
    folder: Path, tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    (other / name).write_bytes(content)
    with pytest.raises(InputError, match=message):
        load_published_matcher(other)


def test_files_that_do_not_belong_together_are_refused(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    np.save(other / "std.npy", np.ones(251))
    with pytest.raises(InputError, match="expected statistics, word vectors and parts of speech"):
        load_published_matcher(other)
