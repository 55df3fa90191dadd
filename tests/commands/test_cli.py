"""The command line: output and exit codes, and wrong input changes nothing."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import click
import pytest
from click import BadParameter, Command, Option
from click.testing import CliRunner

from cli import main
from commands import build, datasets, sources, training
from commands.parameters import DATASET, FOLDER, NAME_OR_PATH
from motiondata.counting import counted
from pipelines.engine.execution import Execution
from pipelines.products.lidar.build import build_lidar
from pipelines.products.lidar.description import LIDAR
from shards import open_dataset
from shards.errors import ShardError
from shards.format.dataset import Dataset
from tests.support.acclaim_files import amc_text, write_subject
from tests.support.archive import BAD, GOOD, MadeArchive
from tests.support.lidar_options import with_parameters
from tests.test_layers import ROOT


def run(*words: object) -> tuple[int, str]:
    """Run a command; return its exit code and all it printed."""
    result = CliRunner().invoke(main, [str(word) for word in words])
    return result.exit_code, result.output


def build_words(archive: MadeArchive, out: Path, *more: object) -> list[object]:
    root = archive.root
    words = ["build-lidar", root / "index.csv", "--amass", root / "amass", "--out", out]
    words += ["--max-failures", len(BAD)]
    return [*words, "--body", root / "body.npz", "--sensor", root / "sensor.toml", *more]


def test_a_build_ends_with_a_summary_by_subset(archive: MadeArchive, out: Path) -> None:
    code, said = run(*build_words(archive, out))
    assert code == 0
    assert f"{len(GOOD) + len(BAD)} rows: {len(GOOD)} samples, {len(BAD)} drops" in said
    assert "humanact12" in said
    assert "dropped 000008 (unreadable)" in said


def test_a_dry_run_says_what_a_build_would_do_and_writes_nothing(
    archive: MadeArchive, out: Path
) -> None:
    code, said = run(*build_words(archive, out, "--dry-run"))
    assert code == 0
    assert "nothing was written" in said
    assert "3 shards (test 1, train 1, val 1)" in said
    assert not out.exists()


def test_info_tells_what_was_built_and_how_to_do_it_again(archive: MadeArchive, out: Path) -> None:
    run(*build_words(archive, out, "--distance", 7, "--mirror"))
    code, said = run("info", out)
    assert code == 0
    assert "positions_as_rotations: 1" in said
    assert "--distance 7.0" in said
    assert "--mirror" in said
    command = LIDAR.command_line(Dataset.open(out))
    assert "--texts DIR --splits DIR --body FILE --sensor FILE" in command
    again = out.with_name("again")
    words = command.split("--sensor FILE")[1].split()
    assert run(*build_words(archive, again, *words))[0] == 0
    assert Dataset.open(again).content_hash == Dataset.open(out).content_hash


def test_verify_exits_with_1_and_a_line_a_fault(archive: MadeArchive, out: Path) -> None:
    run(*build_words(archive, out))
    assert run("verify", out)[0] == 0
    shard = out / "train/000000.tar"
    data = bytearray(shard.read_bytes())
    data[1000] ^= 1
    shard.write_bytes(data)
    code, said = run("verify", out)
    assert code == 1
    assert "train/000000.tar" in said


def test_stats_of_a_damaged_shard_advises_to_verify(archive: MadeArchive, out: Path) -> None:
    run(*build_words(archive, out))
    shard = out / "train/000000.tar"
    shard.write_bytes(shard.read_bytes()[:-1024])
    code, said = run("stats", out)
    assert code == 2
    assert f"motiondata verify {out} lists every fault" in said


def test_missing_statistics_are_a_fault_that_names_the_command(
    archive: MadeArchive, out: Path
) -> None:
    run(*build_words(archive, out))
    (out / "stats/train/points/mean.npy").unlink()
    code, said = run("verify", out)
    assert code == 1
    assert "mean.npy: is missing; run `motiondata stats` to write it again" in said


def test_stats_prints_a_row_a_component(archive: MadeArchive, out: Path) -> None:
    run(*build_words(archive, out))
    code, said = run("stats", out, "--split", "val", "--field", "joints")
    assert code == 0
    assert said.splitlines()[0] == "joints of val: 440 values per component"
    assert "mean" in said


BUILD = ["build-lidar", "{root}/index.csv", "--amass", "{root}/amass"]

WRONG = {
    "no such index": (["build-lidar", "nowhere.csv", "--amass", "{root}"], "nowhere.csv"),
    "no such archive": (["build-lidar", "{root}/index.csv", "--amass", "nowhere"], "nowhere"),
    "no such texts": ([*BUILD, "--texts", "nowhere"], "--texts"),
    "no such body": ([*BUILD, "--body", "smpl.npz"], "smpl.npz"),
    "no such sensor": ([*BUILD, "--sensor", "hdl-65e"], "hdl-64e"),
    "no points": ([*BUILD, "--points", "0"], "at least 1"),
    "not an index": (["build-lidar", "{root}/body.npz", "--amass", "{root}"], "body.npz"),
    "no recording of the index": (
        ["build-lidar", "{root}/lonely/index.csv", "--amass", "{root}/amass"],
        "none of its rows can be built",
    ),
    "no such folder": (["build-lidar", "{root}/nosuchfolder"], "nosuchfolder does not exist"),
    "no such recording": (["build-lidar", "{root}/nothere.npz"], "nothere.npz does not exist"),
    "no such folder to import": (["import-cmu", "{root}/nothere"], "nothere does not exist"),
    "nothing to import": (["import-cmu", "{root}"], ".asf"),
    "no BVH file": (["import", "{root}", "--from", "bvh"], "found no .bvh file"),
    "no file of joints": (["import", "{root}", "--from", "joints"], "found no .npy file"),
    "an option of joints": (["import", "{root}", "--from", "bvh", "--fps", "9"], "--fps: only for"),
    "an option of BVH": (["import", "{root}", "--from", "cmu", "--up", "z"], "--up: only for"),
    "no clips": (["synthesize", "--clips", "0"], "clips"),
}


@pytest.mark.parametrize("case", WRONG)
def test_wrong_input_is_one_sentence_and_exit_code_2(
    archive: MadeArchive, out: Path, case: str
) -> None:
    words, expected = WRONG[case]
    lonely = archive.root / "lonely"
    lonely.mkdir(exist_ok=True)
    row = "./pose_data/SFU/0005/missing_poses.npy,0,9,000000.npy"
    (lonely / "index.csv").write_text(f"source_path,start_frame,end_frame,new_name\n{row}\n")
    code, said = run(*(word.format(root=archive.root) for word in words), "--out", out)
    assert code == 2, said
    assert expected in said
    assert "Traceback" not in said
    assert not out.exists()


@pytest.mark.parametrize("command", ["verify", "stats", "info"])
def test_a_folder_that_is_no_dataset_is_said_to_be_none(tmp_path: Path, command: str) -> None:
    code, said = run(command, tmp_path)
    assert code == 2
    assert "not a finished dataset" in said


def test_what_the_system_refuses_is_a_sentence_that_says_where(tmp_path: Path) -> None:
    too_long = "x" * 250
    code, said = run("synthesize", "--clips", 1, "--out", tmp_path / too_long)
    assert code == 1
    assert said.endswith("File name too long\n")
    assert said.startswith(f"motiondata: {tmp_path}")


FOLDERS = {
    "build-lidar": ["build-lidar", "{root}/index.csv", "--amass", "{root}/amass", "--out"],
    "build-lidar --dry-run": [
        "build-lidar",
        "{root}/index.csv",
        "--dry-run",
        "--amass",
        "{root}/amass",
        "--out",
    ],
    "synthesize": ["synthesize", "--clips", "1", "--out"],
    "import-cmu": ["import-cmu", "{root}", "--out"],
    "import": ["import", "{root}", "--from", "bvh", "--out"],
    "export": ["export", "{built}", "--format", "pcd", "--out"],
    "align": ["align", "{built}", "--out"],
    "train-captioner": ["train-captioner", "{built}", "--out"],
    "evaluate": ["evaluate", "{built}", "--captions", "{root}/index.csv", "--out"],
}
"""Commands that write a folder, which they name last."""


@pytest.mark.parametrize("command", FOLDERS)
def test_a_folder_below_a_file_is_refused_before_anything_is_begun(
    archive: MadeArchive, built: Dataset, tmp_path: Path, command: str
) -> None:
    (tmp_path / "file").touch()
    words = [word.format(root=archive.root, built=built.path) for word in FOLDERS[command]]
    code, said = run(*words, tmp_path / "file" / "sub")
    assert code == 2
    assert f"{tmp_path / 'file'}: expected a folder to write" in said
    assert "run the same command again" not in said


@pytest.mark.parametrize("command", FOLDERS)
def test_a_url_is_refused_by_name_where_a_folder_is_written(
    archive: MadeArchive,
    built: Dataset,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    words = [word.format(root=archive.root, built=built.path) for word in FOLDERS[command]]
    code, said = run(*words, "s3://bucket/x")
    assert code == 2
    assert "s3://bucket/x: expected a path on this machine, found a URL" in said
    assert list(tmp_path.iterdir()) == []


def test_a_url_is_refused_wherever_a_path_is_taken_that_is_no_dataset(tmp_path: Path) -> None:
    url = "gs://bucket/x"
    refused = 0
    for command in main.commands.values():
        for parameter in command.params:
            if isinstance(parameter.type, type(DATASET)):
                assert str(parameter.type.convert(url, parameter, None)) == url
            elif isinstance(parameter.type, (type(FOLDER), type(NAME_OR_PATH))):
                with pytest.raises(BadParameter, match="URLs are not supported"):
                    parameter.type.convert(url, parameter, None)
                refused += 1
            else:
                assert not isinstance(parameter.type, click.Path), parameter.name
    assert refused > 30


@pytest.mark.parametrize("path", [Path("s3://bucket/x"), "hf://datasets/x", "file:///tmp/x"])
def test_python_functions_refuse_urls_by_name(archive: MadeArchive, path: Path | str) -> None:
    with pytest.raises(ShardError, match="expected a URL as text, found it as a Path"):
        open_dataset(Path(path))
    with pytest.raises(ShardError, match="expected a URL as text, found it as a Path"):
        Dataset.open(Path(path))
    with pytest.raises(ShardError, match="URLs are not supported"):
        with_parameters(archive.options(), amass=Path(path))
    with pytest.raises(ShardError, match="URLs are not supported"):
        build_lidar(archive.options(), Path(path), Execution())


def test_a_folder_with_a_colon_in_its_name_is_no_url(built: Dataset, tmp_path: Path) -> None:
    shutil.copytree(built.path, tmp_path / "a:b" / "lidar")
    assert len(open_dataset(tmp_path / "a:b" / "lidar").dataset.manifest) == len(built.manifest)


@pytest.mark.parametrize("command", ["verify", "stats", "info"])
def test_a_folder_that_is_not_there_is_not_said_to_want_a_build(
    tmp_path: Path, command: str
) -> None:
    _, said = run(command, tmp_path / "nowhere")
    assert "expected a folder with dataset.json, found nothing" in said
    assert "run its build again" not in said


def test_a_dataset_that_lies_one_folder_below_is_named(built: Dataset) -> None:
    _, said = run("info", built.path.parent)
    assert f"there is one in {built.path}" in said


def test_an_unfinished_build_is_said_to_want_a_build(tmp_path: Path) -> None:
    (tmp_path / "receipts").mkdir()
    assert "run its build again to finish it" in run("info", tmp_path)[1]


def test_names_in_split_lists_that_the_index_lacks_are_counted(
    archive: MadeArchive, out: Path, tmp_path: Path
) -> None:
    lists = tmp_path / "lists"
    lists.mkdir()
    for split in ("train", "val", "test"):
        shutil.copy(archive.root / f"{split}.txt", lists)
    with (lists / "val.txt").open("a") as file:
        file.write("999998\nM999999\n")
    expected = "the split lists have 2 names that the index lacks, such as 999998 in val.txt"
    for more in (["--dry-run"], []):
        assert expected in run(*build_words(archive, out, "--splits", lists, *more))[1]
    assert "the index lacks" not in run(*build_words(archive, out.with_name("b")))[1]


def test_an_import_with_a_failed_file_exits_with_3(tmp_path: Path) -> None:
    motion = amc_text([{}] * 4, [(0, 20, 0, 0, 0, 0)] * 4)
    write_subject(tmp_path / "subjects", "02", {"01": motion})
    assert run("import-cmu", tmp_path / "subjects", "--out", tmp_path / "a")[0] == 0
    (tmp_path / "subjects/02/02_02.amc").write_text("no motion\n")
    code, said = run("import-cmu", tmp_path / "subjects", "--out", tmp_path / "b")
    assert code == 3
    assert "failed 02/02_02.amc" in said
    assert said.endswith(f"1 recording, 4 frames in {tmp_path / 'b'}, 1 motion failed\n")


@pytest.mark.parametrize(
    ("number", "expected"),
    [(0, "0 shards"), (1, "1 shard"), (2, "2 shards"), (1320, "1,320 shards")],
)
def test_nouns_are_counted(number: int, expected: str) -> None:
    assert counted(number, "shard") == expected


def test_a_corpus_that_is_interrupted_is_absent(tmp_path: Path) -> None:
    words = ["synthesize", "--clips", "1000000", "--out", str(tmp_path / "corpus")]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-m", "cli", *words], env=environment, stderr=subprocess.PIPE, text=True
    ) as program:
        while not list(tmp_path.rglob("*.npz")):
            assert program.poll() is None
            time.sleep(0.02)
        program.terminate()
        _, said = program.communicate(timeout=60)
    assert program.returncode == 1
    assert said.startswith("motiondata: interrupted; run the same command again")
    assert said.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_path_may_begin_at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert run("synthesize", "--clips", 1, "--out=~/made")[0] == 0
    assert (tmp_path / "made" / "index.csv").is_file()
    assert "~nobody" in run("info", "~nobody")[1]


def test_an_unknown_field_names_those_there_are(built: Dataset) -> None:
    code, said = run("stats", built.path, "--field", "color")
    assert code == 2
    assert "points" in said


def test_help_of_every_command_begins_with_a_sentence() -> None:
    for name, command in main.commands.items():
        code, _ = run(name, "--help")
        assert code == 0
        first, *_ = (command.help or "").split("\n\n")
        assert first.strip().endswith("."), name


@pytest.mark.parametrize("module", [sources, build, datasets, training])
def test_every_option_says_what_it_is_for(module: ModuleType) -> None:
    commands = [value for value in vars(module).values() if isinstance(value, Command)]
    options = [option for command in commands for option in command.params]
    silent = [option.name for option in options if isinstance(option, Option) and not option.help]
    assert silent == []
    assert options


def test_the_program_runs_as_a_process_of_its_own(archive: MadeArchive, tmp_path: Path) -> None:
    words = [str(word) for word in build_words(archive, tmp_path / "lidar", "--limit", 1)]
    program = [sys.executable, "-m", "cli", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        program, cwd=tmp_path, env=environment, capture_output=True, text=True, check=True
    )
    assert "1 row: 1 sample, 0 drops" in done.stdout
    said = [line for line in done.stderr.splitlines() if "the kernels" not in line]
    assert said == ["--workers auto: this process, because one shard is to be built"]
