"""Groups of components: which are valid, and how a rule is named or written."""

import numpy as np
import pytest

from shards.errors import ShardError
from shards.stats.std_groups import GroupRule, Groups, group_std, parse_rule

NAMED: dict[str, Groups] = {"halves": {"a": (0, 2), "b": (2, 4)}, "thirds": {"a": (0, 3)}}


def test_a_group_shares_its_mean() -> None:
    assert group_std(np.array([1.0, 3, 5, 6]), NAMED["halves"]).tolist() == [2, 2, 5.5, 5.5]


WRONG = {
    "too few": {"a": (0, 3)},
    "too many": {"a": (0, 5)},
    "a gap": {"a": (0, 1), "b": (2, 4)},
    "an overlap": {"a": (0, 3), "b": (2, 4)},
    "an empty group": {"a": (0, 2), "b": (2, 2), "c": (2, 4)},
    "another order": {"b": (2, 4), "a": (0, 2)},
    "none": {},
}


@pytest.mark.parametrize("groups", WRONG.values(), ids=WRONG)
def test_groups_hold_each_feature_once(groups: dict[str, tuple[int, int]]) -> None:
    with pytest.raises(ShardError, match="each of the 4 components once"):
        group_std(np.ones(4), groups)


@pytest.mark.parametrize("text", ["halves", "a=0:2,b=2:4"])
def test_a_known_rule_goes_by_its_name(text: str) -> None:
    assert parse_rule(text, NAMED) == GroupRule(NAMED["halves"], "halves")


def test_a_rule_can_be_spelled() -> None:
    rule = parse_rule("plane=0:2,height=2:3", NAMED)
    assert rule == GroupRule({"plane": (0, 2), "height": (2, 3)}, "grouped")


@pytest.mark.parametrize(
    "text", ["", "half", "a=0:2,", "a=0-2", "a=0:2,a=2:3", "a=-1:2", "a=0:2;b=2:3", "=0:2"]
)
def test_a_rule_that_cannot_be_read_names_those_there_are(text: str) -> None:
    with pytest.raises(ShardError, match="expected halves, thirds, or name=start:stop"):
        parse_rule(text, NAMED)
