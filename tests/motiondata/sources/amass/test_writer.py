"""Writing recordings: what is written is read back, and the same recording gives the same bytes."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from motiondata.recording import Recording
from motiondata.sources.amass.reader import read_smplh
from motiondata.sources.amass.writer import write_amass
from tests.support.skeleton import moving_pose


def made_recording() -> Recording:
    betas = np.linspace(-2, 2, 16)
    where = {"source": "KIT/3/made_poses.npz", "shape_space": "made", "licence": "free"}
    return Recording(*moving_pose(50, seed=3), 120.0, "female", betas, **where)  # type: ignore[arg-type]


@pytest.mark.parametrize(("dtype", "error"), [(np.float64, 0.0), (np.float32, 1e-6)])
def test_a_recording_is_read_back_as_it_was(tmp_path: Path, dtype: type, error: float) -> None:
    recording = made_recording()
    size = write_amass(tmp_path / "KIT/3/made_poses.npz", recording, dtype)
    read = read_smplh(tmp_path / "KIT/3/made_poses.npz", recording.source)
    assert size == (tmp_path / "KIT/3/made_poses.npz").stat().st_size
    for field in fields(Recording):
        expected, found = getattr(recording, field.name), getattr(read, field.name)
        if isinstance(expected, np.ndarray):
            assert np.abs(found - expected).max() <= error, field.name
        else:
            assert found == expected, field.name


def test_a_file_has_amass_s_keys_and_shapes(tmp_path: Path) -> None:
    write_amass(tmp_path / "made_poses.npz", made_recording())
    with np.load(tmp_path / "made_poses.npz") as written:
        assert written["poses"].shape == (50, 156)
        assert written["betas"].shape == (16,)
        assert written["mocap_framerate"] == 120.0
        assert not written["poses"][:, 66:].any()


def test_the_same_recording_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a.npz", "b.npz"):
        write_amass(tmp_path / name, made_recording())
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"a.npz", "b.npz"}
