"""Text models: repeatable, lossless on captions, and refused where a folder holds none."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("transformers")

from transformers import BertConfig

from motiondata.errors import InputError
from pipelines.training.common.load_text_model import load_text_model
from pipelines.training.common.options import TINY
from pipelines.training.common.text_model import IGNORED, MAX_TOKENS, TextModel
from pipelines.training.common.tiny_text_model import SPECIAL, UNKNOWN, make_tokenizer
from tests.support.text_models import SMALL, save_text_model

ROOT = Path(__file__).resolve().parents[4]
CAPTIONS = ["a person walks forward, then stops.", "Someone's left arm waves.", "a person runs"]


def tiny(seed: int = 0) -> TextModel:
    return load_text_model(TINY, CAPTIONS, seed, SMALL)


def test_captions_survive_the_tokenizer_but_for_case_and_full_stop() -> None:
    text = tiny()
    plain = [caption.lower().removesuffix(".") for caption in CAPTIONS]
    assert text.decode(text.encode(CAPTIONS)[0]) == plain


@given(st.lists(st.sampled_from(["walks", "forward,", "left", "runs"]), min_size=1, max_size=9))
def test_other_sentences_of_the_words_survive_too(words: list[str]) -> None:
    sentence = " ".join(words)
    ids = make_tokenizer(CAPTIONS).encode(sentence).ids
    assert make_tokenizer(CAPTIONS).decode(ids) == sentence
    assert len(ids) <= len(words) + sentence.count(",") + 1


def test_a_word_that_no_caption_has_is_spelled() -> None:
    text = tiny()
    assert text.decode(text.encode(["a person walls"])[0]) == ["a person walls"]


def test_a_character_that_no_caption_has_is_unknown() -> None:
    tokenizer = make_tokenizer(CAPTIONS)
    ids = tokenizer.encode("a person walks 3 steps").ids
    assert ids.count(SPECIAL.index(UNKNOWN)) == 1


def test_every_text_ends_and_long_ones_are_cut() -> None:
    text = tiny()
    ids, mask = text.encode(["", "a person " * MAX_TOKENS])
    assert ids.shape == mask.shape == (2, MAX_TOKENS)
    assert mask.sum(1).tolist() == [1, MAX_TOKENS]
    assert ids[0, 0] == ids[1, -1] == text.model.config.eos_token_id


def test_labels_ignore_what_pads() -> None:
    ids, mask = tiny().encode(CAPTIONS)
    labels = tiny().labels(CAPTIONS)
    assert torch.equal(labels == IGNORED, mask == 0)
    assert torch.equal(labels[mask == 1], ids[mask == 1])


def test_the_same_captions_and_seed_make_the_same_model() -> None:
    first, second, other = tiny(), tiny(), tiny(seed=1)
    assert first.to_state() == second.to_state()
    assert all(map(torch.equal, first.model.parameters(), second.model.parameters()))
    assert not all(map(torch.equal, first.model.parameters(), other.model.parameters()))


def test_making_a_model_leaves_randomness_alone() -> None:
    before = torch.get_rng_state()
    tiny()
    assert torch.equal(before, torch.get_rng_state())


def test_a_text_model_comes_back_from_its_state_and_weights() -> None:
    text = tiny()
    again = TextModel.from_state(text.to_state())
    again.model.load_state_dict(text.model.state_dict())
    assert again.to_state() == text.to_state()
    ids = text.labels(CAPTIONS)
    embeds = torch.zeros(len(CAPTIONS), 4, text.width)
    with torch.no_grad():
        losses = [
            each.model.eval()(inputs_embeds=embeds, labels=ids).loss for each in (text, again)
        ]
    assert losses[0] == losses[1]


def test_a_t5_with_an_output_layer_of_its_own_comes_back_from_its_state(tmp_path: Path) -> None:
    made = tiny()
    made.model.lm_head.weight = torch.nn.Parameter(made.model.lm_head.weight + 1.0)
    made.model.config.tie_word_embeddings = False
    save_text_model(made, tmp_path)
    text = load_text_model(str(tmp_path), CAPTIONS, 0)
    words, output = text.model.shared.weight, text.model.lm_head.weight
    assert torch.allclose(words + 1.0, output)
    restored = TextModel.from_state(text.to_state())
    restored.model.load_state_dict(text.model.state_dict())
    assert torch.equal(restored.model.shared.weight, words)
    assert torch.equal(restored.model.encoder.embed_tokens.weight, words)
    assert torch.equal(restored.model.lm_head.weight, output)


def test_a_text_model_is_loaded_from_a_folder(tmp_path: Path) -> None:
    text = tiny()
    save_text_model(text, tmp_path)
    loaded = load_text_model(str(tmp_path), [], 0)
    assert torch.equal(loaded.encode(CAPTIONS)[0], text.encode(CAPTIONS)[0])
    assert all(map(torch.equal, loaded.model.parameters(), text.model.parameters()))


@pytest.mark.parametrize(
    ("config", "found"),
    [
        (None, r"found no config\.json; choose such a folder"),
        (b"{", "JSONDecodeError"),
        (b"[]", "TypeError"),
        (json.dumps({"model_type": "bert"}).encode(), "found 'bert'"),
        (json.dumps({"model_type": "t5"}).encode(), r"expected tokenizer\.json or spiece\.model"),
    ],
)
def test_a_folder_without_a_t5_is_refused(tmp_path: Path, config: bytes | None, found: str) -> None:
    if config is not None:
        (tmp_path / "config.json").write_bytes(config)
    with pytest.raises(InputError, match=found):
        load_text_model(str(tmp_path), CAPTIONS, 0)


def test_a_damaged_text_model_is_refused(tmp_path: Path) -> None:
    save_text_model(tiny(), tmp_path)
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:1000])
    with pytest.raises(InputError, match="the text model cannot be loaded"):
        load_text_model(str(tmp_path), [], 0)


def write_t5(folder: Path, texts: list[str] = CAPTIONS, **config: Any) -> Path:
    """Write a small T5 with a tokenizer of texts, and a configuration of which some is changed."""
    text = load_text_model(TINY, texts, 0, SMALL)
    save_text_model(text, folder)
    path = folder / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **config}))
    return folder


def test_a_text_model_without_its_tokenizer_is_refused(tmp_path: Path) -> None:
    (write_t5(tmp_path) / "tokenizer.json").unlink()
    with pytest.raises(
        InputError, match=r"expected tokenizer\.json or spiece\.model, found neither"
    ):
        load_text_model(str(tmp_path), CAPTIONS, 0)


@pytest.mark.skipif(find_spec("sentencepiece") is not None, reason="the package is there")
def test_the_package_that_reads_pieces_is_named(tmp_path: Path) -> None:
    (write_t5(tmp_path) / "tokenizer.json").rename(tmp_path / "spiece.model")
    with pytest.raises(InputError, match="needs the package sentencepiece: pip install sentence"):
        load_text_model(str(tmp_path), CAPTIONS, 0)


def test_a_tokenizer_of_another_model_is_refused(tmp_path: Path) -> None:
    write_t5(tmp_path / "small")
    write_t5(tmp_path / "large", [*CAPTIONS, "zebras quickly jump over boxes"])
    (tmp_path / "large/tokenizer.json").replace(tmp_path / "small/tokenizer.json")
    with pytest.raises(
        InputError, match=r"token numbers up to \d+, but its model has embeddings of only \d+"
    ):
        load_text_model(str(tmp_path / "small"), CAPTIONS, 0)


def test_a_tokenizer_that_cannot_write_the_captions_is_refused(tmp_path: Path) -> None:
    write_t5(tmp_path)
    foreign = ["\u0447\u0435\u043b\u043e\u0432\u0435\u043a \u0438\u0434\u0451\u0442"] * 3
    with pytest.raises(InputError, match=r"loses 3 of the first 3: .* support the language"):
        load_text_model(str(tmp_path), foreign, 0)


def test_a_caption_in_twenty_may_have_a_character_that_no_piece_has(tmp_path: Path) -> None:
    write_t5(tmp_path)
    some = [*CAPTIONS * 7, "a person walks \N{PERSON WITH BALL}"]
    assert load_text_model(str(tmp_path), some, 0).width == SMALL.d_model


def test_captions_that_are_cut_are_no_loss(tmp_path: Path) -> None:
    write_t5(tmp_path)
    assert load_text_model(str(tmp_path), ["a person runs " * MAX_TOKENS], 0).width == SMALL.d_model


@pytest.mark.parametrize(
    ("config", "found"),
    [
        (
            {"eos_token_id": 0},
            r"ends texts with the tokens \[1\], but config.json has eos_token_id 0",
        ),
        ({"pad_token_id": 10**6}, "pad_token_id 1000000"),
        ({"decoder_start_token_id": None}, "decoder_start_token_id None"),
    ],
)
def test_special_tokens_that_do_not_fit_are_refused(
    tmp_path: Path, config: dict[str, Any], found: str
) -> None:
    write_t5(tmp_path, **config)
    with pytest.raises(InputError, match=found):
        load_text_model(str(tmp_path), CAPTIONS, 0)


@pytest.mark.parametrize("key", ["attn_implementation", "_attn_implementation"])
def test_a_configuration_that_names_code_is_refused(tmp_path: Path, key: str) -> None:
    write_t5(tmp_path, CAPTIONS, **{key: "someone/kernel"})
    with pytest.raises(
        InputError, match="has attn_implementation someone/kernel, which names code"
    ):
        load_text_model(str(tmp_path), CAPTIONS, 0)
    state = tiny().to_state()
    state["config"] = json.dumps({**json.loads(state["config"]), key: "someone/kernel"})
    with pytest.raises(
        InputError, match="has attn_implementation someone/kernel, which names code"
    ):
        TextModel.from_state(state)


@pytest.mark.parametrize("content", ["x", "{}", '{"added_tokens": [], "model": {}}'])
def test_a_damaged_tokenizer_is_refused(tmp_path: Path, content: str) -> None:
    (write_t5(tmp_path) / "tokenizer.json").write_text(content)
    with pytest.raises(InputError, match="the text model cannot be loaded"):
        load_text_model(str(tmp_path), CAPTIONS, 0)
    with pytest.raises(InputError, match="its text model cannot be loaded"):
        TextModel.from_state({**tiny().to_state(), "tokenizer": content})


def test_a_state_of_odd_types_is_a_value_error() -> None:
    state = tiny().to_state()
    state["config"] = json.dumps({**json.loads(state["config"]), "num_layers": "x"})
    with pytest.raises(ValueError, match="the configuration of the T5"):
        TextModel.from_state(state)


def test_another_kind_of_model_is_refused_from_the_hub_too(tmp_path: Path) -> None:
    BertConfig().save_pretrained(tmp_path)
    with pytest.raises(InputError, match="expected model_type 't5', found 'bert'"):
        load_text_model(f"hub:{tmp_path}", [], 0)


def test_any_seed_makes_weights() -> None:
    assert load_text_model("tiny", CAPTIONS, 2**70).width == 128


def test_a_machine_without_the_extra_is_told_of_it() -> None:
    program = "import sys; sys.modules['transformers'] = None; import cli; cli.main()"
    run = subprocess.run(
        [sys.executable, "-c", program, "caption", "data", "--checkpoint", "x.pt"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 2
    assert "pip install 'motiondata[train]'" in run.stderr
    assert "Traceback" not in run.stderr
