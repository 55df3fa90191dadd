"""Alarms: signs that an editor ignores its text or its latent vector, causes, and remedies.

The loss does not show them: an editor that always returns pose A has a finite loss too.
"""

from math import isfinite

PATIENCE = 200
"""Steps before an editor that has learned nothing is alarming."""
MIN_DIVERGENCE = 0.5
"""Nats per pair below which the latent vector says nothing: half of a choice between two."""
MIN_TEXT_EFFECT = 1.01
"""Least ratio of the joint error with the text of another pair to that with the pair's own, if
the text matters."""


def edit_alarms(
    step: int, divergence: float, error: float, other_text_error: float | None, copy_error: float
) -> list[str]:
    """Return the alarms of a validation after a number of steps.

    `divergence` is that of the posterior in nats per pair. Errors are mean distances of joints: of
    edits, of edits by texts of other pairs, if there are other pairs, and of pose A as it is.
    """
    if not (isfinite(divergence) and isfinite(error)):
        return [
            f"edits are not numbers: the posterior says {divergence:g} nats of pose B, and the "
            f"joint error is {error:g} mm; train again with a lower --rate in another folder"
        ]
    if step < PATIENCE:
        return []
    found = []
    if divergence < MIN_DIVERGENCE:
        found.append(
            f"the posterior has collapsed: it says {divergence:.2f} nats of pose B, so that draws "
            "of one text are alike; try a lower --kl-weight, or more --steps"
        )
    if other_text_error is not None and other_text_error < MIN_TEXT_EFFECT * error:
        found.append(
            f"the text does not matter: the joint error is {error:.1f} mm, and "
            f"{other_text_error:.1f} mm with the texts of other pairs; try more --steps or more "
            "pairs, and check that the texts describe the pairs"
        )
    if error >= copy_error:
        found.append(
            f"edits are not nearer to pose B than pose A is: {error:.1f} mm, where pose A has "
            f"{copy_error:.1f} mm; try more --steps or a lower --rate"
        )
    return found
