"""Alarms of several trainings: captions that collapse, and a learning rate that is too high."""

MIN_LOSS_RISE = 1.01
"""Minimum ratio of the loss with another clip's motion to the loss with the clip's own, if the
motion matters."""
MIN_DISTINCT = 0.1
"""Share of distinct captions below which the captions have collapsed."""
MAX_LOSS_RISE = 1.5
"""Ratio to the lowest earlier loss above which the loss has risen."""


def is_collapsed(distinct: float, clips: int) -> bool:
    """Return whether different clips have the same captions, by the share of distinct ones."""
    return distinct * clips <= max(1.0, MIN_DISTINCT * clips)


def rate_alarms(loss: float, lowest: float, remedy: str = "--rate") -> list[str]:
    """Return an alarm if the mean loss shows a learning rate that is too high.

    `lowest` is the lowest mean loss between earlier validations, `remedy` the option to lower.
    """
    if loss <= MAX_LOSS_RISE * lowest:
        return []
    return [
        f"the loss has risen from {lowest:.3f} to {loss:.3f}, so the learning rate is too high; "
        f"train again with a lower {remedy}"
    ]
