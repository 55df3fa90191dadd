"""Bash completes commands, options, choices and known names, as docs/command-line.md sets it up."""

import os
import re
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import ShellComplete

from cli import main
from tests.test_layers import ROOT

LINE = re.search(r"`(eval .*bash_source.*)`", (ROOT / "docs/command-line.md").read_text())
COMPLETE = """
{line}
COMP_WORDS=({words} "")
COMP_CWORD=$((${{#COMP_WORDS[@]}} - 2))
_motiondata_completion motiondata 2>/dev/null
printf '%s\\n' "${{COMPREPLY[@]}}"
"""
"""What bash does at Tab, with the function that the line of the document defines."""


def completed_by_bash(words: str) -> list[str]:
    assert LINE is not None
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    run = subprocess.run(
        ["bash", "-c", COMPLETE.format(line=LINE[1], words=words)],
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=True,
    )
    return run.stdout.split()


def completed(words: list[str], begun: str) -> set[str]:
    complete = ShellComplete(main, {}, "motiondata", "_MOTIONDATA_COMPLETE")
    return {item.value for item in complete.get_completions(words, begun) if item.type == "plain"}


def test_bash_completes_a_command() -> None:
    assert completed_by_bash("motiondata build-l") == ["build-lidar"]


@pytest.mark.parametrize(
    ("words", "begun", "expected"),
    [
        (["build-lidar"], "--sens", {"--sensor", "--sensors"}),
        (["build-lidar", "x", "--sensor"], "vl", {"vlp-16", "vlp-32c", "vls-128"}),
        (["sensors", "--sensor"], "xt", {"xt32"}),
        (["build-lidar", "x", "--realism"], "s", {"sensor", "street"}),
        (["build-lidar", "x", "--recipe"], "ca", {"captioning"}),
        (["export", "x", "--format"], "n", {"npy-tree", "ntu"}),
    ],
)
def test_options_choices_and_names_are_completed(
    words: list[str], begun: str, expected: set[str]
) -> None:
    assert completed(words, begun) == expected


def test_a_name_may_be_a_file_too() -> None:
    complete = ShellComplete(main, {}, "motiondata", "_MOTIONDATA_COMPLETE")
    items = complete.get_completions(["build-lidar", "x", "--sensor"], "roof")
    assert [(item.type, item.value) for item in items] == [("file", "roof")]


def test_every_path_is_completed_by_the_shell() -> None:
    for command in main.commands.values():
        for parameter in command.params:
            if isinstance(parameter.type, click.Path):
                (item,) = parameter.type.shell_complete(click.Context(command), parameter, "a")
                assert item.type in {"dir", "file"}, parameter.name
