"""Frame rates of CMU trials, which their files do not contain.

CMU's cameras run at 120 Hz. AMASS (SMPL+H) gives half of that for some trials, and HumanML3D
numbers the frames of AMASS. A trial that is in AMASS therefore has the rate given by AMASS. Source:
the `mocap_framerate` of AMASS's CMU recordings as listed by trial in NVlabs/ProtoMotions,
data/yaml_files/motion_fps_amass.yaml, and in abhinanda-punnakkal/BABEL, featp_2_fps.json.
"""

FULL_FPS = 120.0
HALF_FPS = 60.0

HALF_RATE_SUBJECTS = frozenset(
    {
        "60", "61", "62", "74", "75", "77", "79", "80", "84", "88", "93", "103", "106", "107",
        "115", "139", "141", "143",
    }
)  # fmt: skip
"""Subjects whose trials have half the rate, except for `FULL_RATE_TRIALS`."""

HALF_RATE_TRIALS = frozenset({"89_01", "90_08", "90_11"})
"""Trials of other subjects that have half the rate."""

FULL_RATE_TRIALS = frozenset({"74_09", "77_21", "77_28", "84_09", "88_03", "139_21"})


def trial_fps(trial: str) -> float:
    """Return the frame rate, Hz, of a trial, which is named as its file: `02_01`."""
    subject = trial.split("_")[0]
    if trial in FULL_RATE_TRIALS:
        return FULL_FPS
    return HALF_FPS if subject in HALF_RATE_SUBJECTS or trial in HALF_RATE_TRIALS else FULL_FPS
