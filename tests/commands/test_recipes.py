"""Recipes: a file gives what the command line gives, and a mistake in it has a place."""

import re
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from cli import WITH_RECIPES, main
from commands.recipes import SHIPPED, options_in_recipes, shipped_recipes
from commands.training_options import to_loop
from pipelines.training.common.command_line import (
    OPTIONS_FILE,
    record_command_line,
    training_recipe,
)
from pipelines.training.common.logs import LOG
from shards.format.dataset import Dataset
from tests.support.archive import MadeArchive
from tests.support.samples import iter_samples


def run(*words: object) -> Result:
    result = CliRunner().invoke(main, [str(word) for word in words])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.output
    return result


def parsed(command: str, *words: str) -> dict[str, object]:
    """Return the parameters that a command would get."""
    found = main.commands[command]
    with found.make_context(command, [*words]) as context:
        return {
            name: value
            for name, value in context.params.items()
            if name in options_in_recipes(found)
        }


LIDAR = ("index.csv", "--amass", "archive", "--out", "out")


def test_a_recipe_gives_what_the_command_line_gives(tmp_path: Path) -> None:
    recipe = tmp_path / "kit.toml"
    recipe.write_text(
        'command = "build-lidar"\nsource = "index.csv"\namass = "archive"\nout = "out"\n'
        "points = 99\nnoise = 0.01\nmirror = true\nmean-shape = false\nfps = 20\n"
        'exclude = ["lying", "t_pose"]\nworkers = "auto"\nmax_failures = "2%"\n'
    )
    words = ["--points", "99", "--noise", "0.01", "--mirror", "--fps", "20", "--max-failures", "2%"]
    words += ["--exclude", "lying", "--exclude", "t_pose"]
    expected = parsed("build-lidar", *LIDAR, *words)
    assert parsed("build-lidar", "--recipe", str(recipe)) == expected
    other = parsed("build-lidar", "--recipe", str(recipe), "--points", "5", "--exclude", "lying")
    assert other == {**expected, "points": 5, "exclude": ("lying",)}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\npoinst = 3", "line 2: there is no option 'poinst'; did you mean points?"),
        ("points = 3.5", "line 1: points is 3.5; expected a whole number"),
        ("points = true", "line 1: points is True; expected a whole number"),
        ("a = 1", "line 1: there is no option 'a'"),
        ("mirror = 1", "line 1: mirror is 1; expected true or false"),
        ('\n\nnoise = "x"', "line 3: noise is 'x'; expected a number"),
        ("points = [1]", "line 1: points is [1]; expected a whole number"),
        ("exclude = [1, [2]]", "line 1: exclude is [2]; expected text or a list of them"),
        ('device = "tpu"', "line 1: device: 'tpu' is not one of"),
        ('out = "s3://a/b"', "line 1: out: s3://a/b: expected a path on this machine"),
        ("[scan]\npoints = 1", "line 1: there is no option 'scan'"),
        ('command = "align"', "line 1: is a recipe of align, not of build-lidar"),
        ("points = ", "is not TOML: Invalid value (at end of document)"),
        ("json = true", "line 1: there is no option 'json'"),
    ],
)
def test_a_mistake_has_a_place(tmp_path: Path, text: str, message: str) -> None:
    recipe = tmp_path / "r.toml"
    recipe.write_text(text)
    result = run("build-lidar", *LIDAR, "--recipe", recipe)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.split())


def test_a_recipe_that_is_none_is_refused(tmp_path: Path) -> None:
    said = run("build-lidar", *LIDAR, "--recipe", "stret").stderr
    assert "there is no recipe 'stret'; did you mean street?" in said
    said = run("build-lidar", *LIDAR, "--recipe", tmp_path / "no.toml").stderr
    assert "expected a recipe (.toml); No such file or directory" in " ".join(said.split())


@pytest.mark.parametrize("name", shipped_recipes())
def test_a_shipped_recipe_is_read(name: str) -> None:
    text = (SHIPPED / f"{name}.toml").read_text()
    found = parsed("build-lidar", *LIDAR, "--recipe", name)
    keys = re.findall(r"^(\w+) =", text, re.MULTILINE)
    assert {*keys} - {"command"} <= found.keys()
    if name == "default":
        assert found == parsed("build-lidar", *LIDAR)
    else:
        assert found != parsed("build-lidar", *LIDAR)


@pytest.mark.parametrize("command", WITH_RECIPES, ids=lambda command: str(command.name))
def test_builds_and_trainings_take_recipes(command: click.Command) -> None:
    assert any("--recipe" in each.opts for each in command.params)
    assert {each.name for each in command.params if each.required} <= {*options_in_recipes(command)}


def test_the_recipe_of_a_dataset_makes_it_again(
    built: Dataset, archive: MadeArchive, tmp_path: Path
) -> None:
    recipe = tmp_path / "again.toml"
    recipe.write_text(run("recipe", built.path).stdout)
    root, out = archive.root, tmp_path / "out"
    run("build-lidar", root / "index.csv", "--amass", root / "amass", "--body", root / "body.npz",
        "--sensor", root / "sensor.toml", "--recipe", recipe, "--out", out,
        "--max-failures", "100%", "--workers", 0)  # fmt: skip
    assert Dataset.open(out).content_hash == built.content_hash
    edited = tmp_path / "edited"
    words = ("--where", "frames > 14", "--shard-megabytes", 1)
    assert run("filter", built.path, *words, "--out", edited).exit_code == 0
    recipe.write_text(run("recipe", edited).stdout)
    again = tmp_path / "edited-again"
    assert run("filter", built.path, "--recipe", recipe, "--out", again).exit_code == 0
    first, second = Dataset.open(edited), Dataset.open(again)
    assert first.content_hash == second.content_hash
    assert [*iter_samples(first, "train")] == [*iter_samples(second, "train")]


TRAININGS = {
    "align": "--no-augmentation --rate 1e-5 --exclude t_pose --exclude lying",
    "train-captioner": "--stages projector,full --steps 3,5 --lora-rank 4 --text-model t5",
    "train-tokenizer": "--quantizer fsq --causal --workers 2 --tensorboard",
    "train-language": "--pretraining-steps 0 --focus motion_to_caption --schedule constant",
    "train-pose-editor": "--latent 8 --kl-weight 0.5 --text-encoder minilm --exclude t_pose",
    "train-pair-matcher": "--shared-width 64 --rate 1e-4 --tensorboard",
    "train-matcher": "--dropout 0.3 --batch 7 --seed 5 --device cpu --precision fp32",
}


def record_training(command: str, out: Path, *words: str) -> dict[str, object]:
    """Record the options of a training without training; return its parameters."""
    found = main.commands[command]
    with found.make_context(command, ["data", "--out", str(out), *words]) as context:
        record_command_line(out, to_loop({**context.params}).command_line, {"dataset": "1f"})
        return {name: context.params[name] for name in options_in_recipes(found)}


@pytest.mark.parametrize(
    ("command", "words"), [*TRAININGS.items(), *((command, "") for command in TRAININGS)]
)
def test_the_recipe_of_a_training_gives_its_options(
    command: str, words: str, tmp_path: Path
) -> None:
    trained = record_training(command, tmp_path, *words.split())
    (tmp_path / LOG).touch()
    recipe = tmp_path / "again.toml"
    recipe.write_text(run("recipe", tmp_path).stdout)
    again = parsed(command, "data", "--out", str(tmp_path), "--recipe", str(recipe))
    assert again == trained
    assert training_recipe(tmp_path).files == ()


def test_every_training_is_tested() -> None:
    assert {*TRAININGS} == {name for name in main.commands if re.match("train-|align", name)}
    assert {*TRAININGS} <= {command.name for command in WITH_RECIPES}


def test_the_recipe_of_a_training_names_the_options_of_files(tmp_path: Path) -> None:
    record_training("train-captioner", tmp_path, "--tokens", "t", "--encoder-checkpoint", "e.pt")
    (tmp_path / LOG).touch()
    said = run("recipe", tmp_path).stdout
    assert "not recorded: name those of --tokens, --encoder-checkpoint too." in said
    assert "e.pt" not in said


def test_a_folder_without_the_options_of_its_training_is_refused(tmp_path: Path) -> None:
    (tmp_path / LOG).touch()
    assert "expected the options of a training, found no file" in run("recipe", tmp_path).stderr
    for text in ("", "[]", '{"command": "align"}', "[" * 100_000):
        (tmp_path / OPTIONS_FILE).write_text(text)
        result = run("recipe", tmp_path)
        assert (result.exit_code, result.stdout) == (2, "")
        assert "found other contents" in result.stderr
