"""Alarms of a language model: captions are looked at where the training asks for them."""

from dataclasses import replace

import pytest

pytest.importorskip("transformers")

from pipelines.training.common.logs import History
from pipelines.training.language.measures import CAPTIONING, LanguageMeasures, alarms_of
from pipelines.training.language.trained_for import tasks_of

RECENT = History([{"step": 400, "loss": 2.0}], 2.0)
IGNORING = LanguageMeasures(16, {CAPTIONING: 7.9}, shuffled_loss=7.9, distinct=1.0, commonest="a")
REPEATING = replace(IGNORING, shuffled_loss=20.0, distinct=1 / 16)


@pytest.mark.parametrize(
    ("measures", "alarm"),
    [(IGNORING, "the motion is ignored"), (REPEATING, "1 different caption of 16 clips")],
)
def test_captions_raise_alarms_where_they_are_trained(
    measures: LanguageMeasures, alarm: str
) -> None:
    for tasks in (None, (CAPTIONING, "caption_to_motion")):
        (found,) = alarms_of(measures, RECENT, 300, tasks)
        assert alarm in found
        assert not alarms_of(measures, RECENT, 401, tasks)
    assert not alarms_of(measures, RECENT, 300, ("caption_to_motion",))


def test_the_tasks_in_focus_are_all_tasks_if_they_have_the_whole_share() -> None:
    assert tasks_of(("caption_to_motion",), 1.0) == ("caption_to_motion",)
    assert tasks_of(("caption_to_motion",), 0.9) is None
    assert tasks_of((), 1.0) is None
