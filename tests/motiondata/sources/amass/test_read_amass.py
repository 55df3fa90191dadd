"""One recording of AMASS, read by the function of the Python interface."""

from pathlib import Path

import numpy as np
import pytest

from motiondata import read_amass
from motiondata.errors import InputError, RecordingError
from tests.support.amass_files import save_npz, smplh_arrays, smplx_arrays


@pytest.mark.parametrize(("make", "fps"), [(smplh_arrays, 120.0), (smplx_arrays, 30.0)])
def test_either_release_is_read_by_its_keys(make: object, fps: float, tmp_path: Path) -> None:
    assert callable(make)
    arrays = make()
    recording = read_amass(str(save_npz(tmp_path / "walk.npz", arrays)))
    assert recording.fps == fps
    np.testing.assert_array_equal(recording.trans, arrays["trans"])
    assert recording.source == str(tmp_path / "walk.npz")


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.npz", tmp_path):
        with pytest.raises(InputError, match="expected an AMASS recording"):
            read_amass(path)


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    path = save_npz(tmp_path / "shape.npz", smplh_arrays(mocap_framerate=None))
    with pytest.raises(RecordingError, match="no key mocap_framerate"):
        read_amass(path)
