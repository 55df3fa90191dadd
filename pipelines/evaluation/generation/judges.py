"""Matchers that choose motion: they must be others than the one that measures it."""

from collections.abc import Mapping, Sequence

from motiondata.errors import InputError
from pipelines.evaluation.generation.options import MotionEvaluationOptions
from pipelines.evaluation.generation.report import JUDGED
from pipelines.products.tokens.description import JUDGES
from pipelines.training.matching.load_matcher import LoadedMatcher, described, load_matchers
from pipelines.training.matching.matcher import Matcher
from shards.format.dataset import Dataset


def read_judges(options: MotionEvaluationOptions, matcher: Matcher) -> tuple[LoadedMatcher, ...]:
    """Return the matchers that choose training motions, for motion that `matcher` measures.

    Raises `InputError` for other files, the same one twice, other features or rates, and `matcher`.
    """
    judges = load_matchers(options.judge)
    for path, judge in zip(options.judge, judges, strict=True):
        fps = matcher.fps if isinstance(matcher, LoadedMatcher) else judge.fps
        if (judge.fields, judge.fps) != (matcher.fields, fps):
            raise InputError(
                f"{path}: expected a matcher of {described(matcher.fields, fps)}, found one of "
                f"{judge.reads}"
            )
        if judge.id == matcher.id:
            raise InputError(
                f"{path}: expected a --judge that is not the --matcher, which measures what it "
                "chooses, found the same one; train another with another --seed"
            )
    return judges


def names_of_judges(
    generated: Mapping[str, Dataset], judges: Sequence[LoadedMatcher], matcher: Matcher
) -> dict[str, list[str]]:
    """Return the ids of the matchers that chose motions, by the rows where some did.

    Raises `InputError` if the one that is to measure them is among them.
    """
    found = {name: each.description.provenance.get(JUDGES, []) for name, each in generated.items()}
    for name, ids in found.items():
        if matcher.id in ids:
            raise InputError(
                f"{generated[name].place}: expected motion that this matcher did not choose, found "
                "motion of generate-split --matcher with the same one; evaluate with a matcher of "
                "another train-matcher --seed"
            )
    found[JUDGED] = [judge.id for judge in judges]
    return {name: ids for name, ids in found.items() if ids}
