"""Words for the joints of a clip by rule: the baseline that has learned nothing.

Each rule names one kind of act and the frame at which it begins; acts are named in this order. The
thresholds were set by hand, with a look at synthetic clips, and learn nothing from captions.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np

from motiondata.true_runs import true_runs
from pipelines.evaluation.joint_measures import (
    ANKLES,
    KNEES,
    WRISTS,
    Floats,
    JointMeasures,
    peaks,
)

LEFT_RIGHT = ("left", "right")
NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
STILL = "stands still"


class Act(NamedTuple):
    """What is said of an act, and where it begins."""

    frame: int
    words: str


Rule = Callable[[JointMeasures], Iterator[Act]]


def joints_to_words(joints: Floats, fps: float) -> str:
    """Return a sentence about joints shaped (frames, 22, 3), z up, in any unit of length."""
    measures = JointMeasures(joints, fps)
    acts = sorted(act for rule in RULES for act in rule(measures))
    words = [act.words for act in acts] or [STILL]
    return f"a person {', then '.join(dict.fromkeys(words))}"


def travels(of: JointMeasures) -> Iterator[Act]:
    """Yield walking, running, and steps aside, in the order in which they are done, and turns."""
    least = max(1, round(0.4 * of.fps))
    forward, left = of.velocity.T
    ahead = np.abs(forward) >= np.abs(left)
    directions = {
        "ahead": ahead & (forward > 0.2),
        "walks backward": ahead & (forward < -0.2),
        "steps to the left": ~ahead & (left > 0.2),
        "steps to the right": ~ahead & (left < -0.2),
    }
    found = False
    for words, flags in directions.items():
        for run in true_runs(flags, least):
            if np.linalg.norm(of.path[run.start : run.stop].sum(0)) > 0.4:
                found = True
                yield Act(run.start, _goes(of, run) if words == "ahead" else words)
    if not found and abs(of.turn_deg) > 45:
        begin = int(np.argmax(np.abs(of.heading - of.heading[0]) > 0.4))
        yield Act(begin, _turn(of.turn_deg))


def _goes(of: JointMeasures, run: range) -> str:
    """Return the words for a walk or a run ahead."""
    goes = "runs" if np.quantile(of.velocity[run.start : run.stop, 0], 0.8) > 2 else "walks"
    turn = float(np.degrees(of.heading[run.stop - 1] - of.heading[run.start]))
    if abs(turn) > 240:
        return f"{goes} in a circle to the {side_of(turn)}"
    bend = f" and turns to the {side_of(turn)}" if abs(turn) > 45 else ""
    return f"{goes} forward{bend}"


def _turn(degrees: float) -> str:
    if abs(degrees) > 270:
        return "turns all the way around on the spot"
    return "turns around" if abs(degrees) > 135 else f"turns to the {side_of(degrees)}"


def uses_arms(of: JointMeasures) -> Iterator[Act]:
    """Yield raised arms, and waving hands."""
    least = max(1, round(0.3 * of.fps))
    raised = [true_runs(of.reach[:, side, 2] > 0.1, least) for side in (0, 1)]
    waved = [
        bool(raised[side]) and len(peaks(of.reach[:, side, 1], -np.inf, 0.12)) >= 3
        for side in (0, 1)
    ]
    if not any(raised):
        return
    begin = min(run.start for each in raised for run in each)
    sides = [side for side in (0, 1) if raised[side]]
    if any(waved):
        yield Act(begin, f"waves with {_limbs(sides, 'hand')}")
    else:
        yield Act(begin, f"raises {_limbs(sides, 'arm')}")


def punches(of: JointMeasures) -> Iterator[Act]:
    """Yield hands that shoot forward from the shoulder."""
    level = np.abs(of.reach[..., 2]) < 0.45
    thrusts = [peaks(of.reach[:, side, 0] * level[:, side], 0.85, 0.5) for side in (0, 1)]
    sides = [side for side in (0, 1) if thrusts[side]]
    if sides and of.hands_apart.min() > 0.2:
        begin, count = min(map(min, filter(None, thrusts))), sum(map(len, thrusts))
        yield Act(begin, f"punches {times(count)} with {_limbs(sides, 'hand')}".replace("  ", " "))


def claps(of: JointMeasures) -> Iterator[Act]:
    """Yield hands that meet several times."""
    found = peaks(-of.hands_apart, -0.4, 0.15)
    if len(found) >= 2:
        yield Act(found[0], f"claps {times(len(found))}")


def lowers(of: JointMeasures) -> Iterator[Act]:
    """Yield squats, sitting down, bows, and picking something up."""
    hands = of.above_floor(WRISTS)
    low = peaks(-of.pelvis, -0.78, 0.15)
    if hands.min() < 0.4:
        frame, side = np.unravel_index(hands.argmin(), hands.shape)
        yield Act(int(frame), f"picks up something with the {LEFT_RIGHT[side]} hand")
    elif sits := true_runs(of.pelvis < 0.8, round(1.5 * of.fps)):
        yield Act(sits[0].start, "sits down")
    elif low:
        yield Act(low[0], f"squats {times(len(low))}".strip())
    elif bows := peaks(of.bend_deg, 30, 15):
        yield Act(bows[0], f"bows {times(len(bows))}".strip())


def uses_legs(of: JointMeasures) -> Iterator[Act]:
    """Yield jumps, kicks, and marching."""
    ankles, knees = of.above_floor(ANKLES), of.above_floor(KNEES)
    jumps = peaks(ankles.min(1) * (of.pelvis > 1.02), 0.15, 0.1)
    lifts = [peaks(knees[:, side], 0.72, 0.15) for side in (0, 1)]
    kicks = [peaks(ankles[:, side], 0.35, 0.25) for side in (0, 1)]
    if jumps:
        yield Act(jumps[0], f"jumps {times(len(jumps))}".strip())
    elif min(map(len, lifts)) >= 2 or min(map(len, kicks)) >= 2:
        yield Act(min(chain(*lifts, *kicks)), "marches with high knees")
    else:
        for side in (0, 1):
            if kicks[side] and of.pelvis.min() > 0.8:
                words = f"kicks {times(len(kicks[side]))} with the {LEFT_RIGHT[side]} foot"
                yield Act(kicks[side][0], words.replace("  ", " "))


RULES: Sequence[Rule] = (travels, uses_arms, punches, claps, lowers, uses_legs)
"""All rules; each names at most one act per limb."""


def side_of(leftward: float) -> str:
    """Return the word for a direction whose positive values are to the left."""
    return LEFT_RIGHT[int(leftward < 0)]


def times(count: int) -> str:
    """Return how often something is done, in words; empty for once."""
    if count < 2:
        return ""
    return f"{NUMBERS[count] if count < len(NUMBERS) else count} times"


def _limbs(sides: Sequence[int], limb: str) -> str:
    return f"both {limb}s" if len(sides) == 2 else f"the {LEFT_RIGHT[sides[0]]} {limb}"
