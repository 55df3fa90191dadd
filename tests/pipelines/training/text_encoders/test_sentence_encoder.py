"""Text encoders of every family make the vectors that sentence-transformers makes of them."""

from pathlib import Path
from typing import Any

import pytest
import torch

pytest.importorskip("transformers")
pytest.importorskip("sentence_transformers")

import transformers
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import (
    Dense,
    Normalize,
    Pooling,
    Transformer,
)

from motiondata.errors import InputError
from pipelines.training.text_encoders.load_text_encoder import load_text_encoder
from tests.support.text_encoders import CAPTIONS, FAMILIES, SIZES, make_tokenizer, save_family


def save_steps(folder: Path, out: Path, *steps: Any) -> Path:
    """Write a model of sentence-transformers whose transformer is in a folder."""
    SentenceTransformer(modules=[Transformer(str(folder)), *steps], device="cpu").save(str(out))
    return out


def expect_reference(folder: Path) -> None:
    found = load_text_encoder(str(folder), CAPTIONS, 0)
    expected = SentenceTransformer(str(folder), device="cpu").encode(CAPTIONS)
    assert found.width == expected.shape[1]
    with torch.no_grad():
        assert torch.allclose(found.embed(CAPTIONS), torch.from_numpy(expected), atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_a_folder_without_steps_is_pooled_by_the_mean(family: str, tmp_path: Path) -> None:
    expect_reference(save_family(family, tmp_path / "model"))


@pytest.mark.parametrize("mode", ["cls", ("max", "mean_sqrt_len_tokens")])
def test_the_listed_pooling_is_used(mode: Any, tmp_path: Path) -> None:
    folder = save_family("mpnet", tmp_path / "plain")
    expect_reference(save_steps(folder, tmp_path / "listed", Pooling(16, mode), Normalize()))


def test_linear_layers_after_the_pooling_are_used(tmp_path: Path) -> None:
    folder = save_family("t5", tmp_path / "plain")
    layers = (Dense(16, 5, bias=False, activation_function=torch.nn.Identity()), Dense(5, 3))
    expect_reference(save_steps(folder, tmp_path / "listed", Pooling(16, "mean"), *layers))


def test_old_switches_of_poolings_are_read(tmp_path: Path) -> None:
    folder = save_family("bert", tmp_path / "plain")
    listed = save_steps(folder, tmp_path / "listed", Pooling(16, "cls"))
    (listed / "1_Pooling" / "config.json").write_text(
        '{"word_embedding_dimension": 16, "pooling_mode_cls_token": false, '
        '"pooling_mode_mean_tokens": false, "pooling_mode_max_tokens": true}'
    )
    expect_reference(listed)


def test_the_text_tower_of_clip_projects_the_end_token(tmp_path: Path) -> None:
    text = {**SIZES, "projection_dim": 6, "eos_token_id": 3}
    image = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1}
    image |= {"num_attention_heads": 2, "image_size": 8, "patch_size": 4}
    torch.manual_seed(0)
    config = transformers.CLIPConfig(text_config=text, vision_config=image, projection_dim=6)
    clip = transformers.CLIPModel(config).eval()
    clip.save_pretrained(tmp_path)
    tokenizer = make_tokenizer()
    tokenizer.save_pretrained(tmp_path)
    found = load_text_encoder(str(tmp_path), CAPTIONS, 0)
    with torch.no_grad():
        for caption, vector in zip(CAPTIONS, found.embed(CAPTIONS), strict=True):
            ids = tokenizer(caption, return_tensors="pt")["input_ids"]
            last = clip.text_model(input_ids=ids).last_hidden_state[0, -1]
            assert torch.allclose(vector, clip.text_projection(last), atol=1e-5)


@pytest.mark.parametrize("family", FAMILIES)
def test_vectors_do_not_depend_on_other_texts_of_a_batch(family: str, tmp_path: Path) -> None:
    found = load_text_encoder(str(save_family(family, tmp_path)), CAPTIONS, 0)
    with torch.no_grad():
        alone = torch.cat([found.embed([caption]) for caption in CAPTIONS])
        assert torch.allclose(found.embed(CAPTIONS), alone, atol=1e-6)


def test_long_texts_are_cut_to_what_the_model_reads(tmp_path: Path) -> None:
    found = load_text_encoder(str(save_family("bert", tmp_path)), CAPTIONS, 0)
    with torch.no_grad():
        assert found.embed(["a person walks " * 100]).isfinite().all()


def test_a_folder_without_weights_is_refused(tmp_path: Path) -> None:
    FAMILIES["bert"]().config.save_pretrained(tmp_path)
    with pytest.raises(InputError, match="the text encoder cannot be loaded"):
        load_text_encoder(str(tmp_path), CAPTIONS, 0)


def test_weights_of_another_model_are_refused(tmp_path: Path) -> None:
    save_family("t5", tmp_path)
    FAMILIES["bert"]().config.save_pretrained(tmp_path)
    with pytest.raises(InputError, match="its weights lack"):
        load_text_encoder(str(tmp_path), CAPTIONS, 0)


def test_captions_of_unknown_words_are_refused(tmp_path: Path) -> None:
    folder = save_family("bert", tmp_path)
    with pytest.raises(InputError, match="expected a language model that knows the words"):
        load_text_encoder(str(folder), ["ein Mensch läuft"], 0)


def test_unknown_steps_are_refused(tmp_path: Path) -> None:
    folder = save_family("bert", tmp_path)
    for steps, message in (
        ('[{"type": "a.Transformer", "path": ""}, {"type": "a.Run", "path": "x"}]', "the steps"),
        ('[{"type": "a.Transformer", "path": "../.."}]', "expected folders below it"),
        ("[3]", "expected steps with type and path"),
        ("{", "expected JSON"),
    ):
        (folder / "modules.json").write_text(steps)
        with pytest.raises(InputError, match=message):
            load_text_encoder(str(folder), CAPTIONS, 0)


def test_a_missing_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected the folder of a text encoder"):
        load_text_encoder(str(tmp_path / "nothing"), CAPTIONS, 0)
