"""Every fault in docs/reliability.md names a test that exists."""

import re

import pytest

from tests.test_layers import ROOT

PIPELINES = ROOT / "tests/pipelines"
TABLES = (ROOT / "docs/reliability.md").read_text()
NAMED = sorted(set(re.findall(r"`([^`\s]*test_\w+\.py)(?: -k (\w+))?`", TABLES)))


def test_the_tables_name_tests() -> None:
    assert len(NAMED) > 30
    assert "`-k" not in TABLES


@pytest.mark.parametrize(("file", "word"), NAMED)
def test_a_named_test_exists(file: str, word: str) -> None:
    tests = re.findall(r"^def test_(\w+)", (PIPELINES / file).read_text(), re.MULTILINE)
    assert any(word in test for test in tests)
