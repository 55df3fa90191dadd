"""Extending a training: the position in stages whose numbers of steps have changed.

The number of steps may change if every step done would have been the same. The training then ends
with the same bits as a training that had the new number of steps from its start.
"""

from collections.abc import Sequence

from motiondata.counting import counted
from motiondata.errors import InputError
from pipelines.training.common.optimizer import rate_factor
from pipelines.training.common.options import OptimizerOptions, Stage
from pipelines.training.common.training_task import TrainingPosition


def can_be_extended(stage: Stage, options: OptimizerOptions) -> bool:
    """Return whether the steps of a finished stage stay the same if more steps follow."""
    return _same_rates(stage, Stage(stage.name, stage.steps + 1), stage.steps, options)


def position_in(
    now: Sequence[Stage],
    before: Sequence[Stage],
    position: TrainingPosition,
    options: OptimizerOptions,
) -> TrainingPosition:
    """Return the position in the stages `now`, given the position in the earlier stages `before`.

    Stages that have not begun may differ in any way. The current stage, or the last stage if all
    are done, may have another number of steps if the learning rates of the steps done do not depend
    on it. Raises `InputError` with the reason otherwise, and `ValueError` for an impossible
    position.
    """
    _check(before, position)
    reached = position.stage if position.step else position.stage - 1
    if now[: reached + 1] == before[: reached + 1]:
        return position
    finished = position.stage == len(before)
    if finished and len(now) >= len(before) and now[:reached] == before[:reached]:
        position = TrainingPosition(reached, before[reached].steps, position.total)
    elif now[:reached] != before[:reached] or reached != position.stage or len(now) <= reached:
        raise InputError(f"stages {_named(before)} -> {_named(now)}, and {_done(before, position)}")
    _check_stage(now[reached], before[reached], position.step, options)
    return position


def _check_stage(now: Stage, before: Stage, done: int, options: OptimizerOptions) -> None:
    """Raise `InputError` unless the steps done in `before` are the same in `now`."""
    if now.name != before.name:
        raise InputError(f"stage {before.name} -> {now.name}, and {_are_done(done, 'it')}")
    change = f"steps of {now.name} {before.steps} -> {now.steps}"
    if now.steps <= done:
        raise InputError(f"{change}, and {done} are done")
    if not _same_rates(before, now, done, options):
        raise InputError(
            f"{change}: with the schedule {options.schedule} the learning rates of the {done} "
            "steps done depend on the number of all steps; only a training that began with "
            "--schedule constant can be extended"
        )


def _same_rates(one: Stage, other: Stage, steps: int, options: OptimizerOptions) -> bool:
    return all(
        rate_factor(step, one.steps, options) == rate_factor(step, other.steps, options)
        for step in range(steps)
    )


def _check(stages: Sequence[Stage], position: TrainingPosition) -> None:
    steps = [stage.steps for stage in stages]
    inside = 0 <= position.stage <= len(steps)
    most = [*steps, 1][position.stage] if inside else 0
    total = sum(steps[: position.stage]) + position.step
    if not inside or not 0 <= position.step < most or position.total != total:
        raise ValueError(f"the position {position} in {_named(stages)}")


def _named(stages: Sequence[Stage]) -> str:
    return ",".join(f"{stage.name} {stage.steps}" for stage in stages)


def _done(stages: Sequence[Stage], position: TrainingPosition) -> str:
    if position.stage == len(stages):
        return "all of them are done"
    return _are_done(position.step, stages[position.stage].name)


def _are_done(steps: int, stage: str) -> str:
    return f"{counted(steps, 'step')} of {stage} {'is' if steps == 1 else 'are'} done"
