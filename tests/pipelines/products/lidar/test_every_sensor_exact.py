"""Every sensor of `motiondata sensors`, with exact scans: small whole builds."""

from pathlib import Path

import pytest

from tests.support.archive import MadeArchive
from tests.support.every_sensor import every_sensor, expect_a_sound_build, two_clips

REALISM = "none"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> MadeArchive:
    return two_clips(tmp_path_factory.mktemp("two"))


@pytest.mark.parametrize("sensor", every_sensor(REALISM))
def test_a_build_with_it_is_sound_described_and_exported(
    made: MadeArchive, tmp_path: Path, sensor: str
) -> None:
    expect_a_sound_build(made, tmp_path, sensor, REALISM)
