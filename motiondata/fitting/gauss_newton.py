"""Damped Gauss-Newton steps on the rotations, the root's path and the shape of a whole clip.

The cost is the sum of squared distances of the joints, m^2, with small weights on the change of
rotations from frame to frame and from the closed-form start, and a large one on rotations beyond a
person's limits. Source of the damping: Levenberg 1944, Marquardt 1963.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from motiondata.fitting.equations import build_equations
from motiondata.fitting.fit_shape import MAX_BETA
from motiondata.fitting.joint_clip import JointClip
from motiondata.fitting.kernels import turn_joints
from motiondata.fitting.limits import bounds
from motiondata.fitting.solve_equations import solve_equations
from motiondata.fitting.unknowns import UNKNOWNS
from motiondata.skeletons import JOINT, JOINTS

Floats = NDArray[np.float64]

SMOOTHNESS = 1e-4
"""Weight of a squared change of rotation between frames, m^2 per rad^2, at 20 frames a second. A
joint moves its children by about 0.3 m per radian, so the data outweigh it a thousand times."""
ANCHOR = 1e-5
"""Weight of a squared rotation away from the start, m^2 per rad^2: turns that no joint shows."""
COLLAR_ANCHOR = 3e-4
"""The same for collars. Their turns about their own bone are not seen either, and a shoulder can
undo them, so smoothness alone would give them half of each fast turn of an arm."""
ANCHORS = np.full(JOINTS, ANCHOR)
ANCHORS[[JOINT["left_collar"], JOINT["right_collar"]]] = COLLAR_ANCHOR
LIMIT = 0.3
"""Weight of a squared rotation beyond a limit, m^2 per rad^2."""
RIDGE = 1e-5
"""Weight of a squared beta, m^2 for each frame: as much as a joint that is 3 mm off."""

FIRST_DAMPING, LEAST_DAMPING, MOST_DAMPING = 1e-5, 1e-7, 1e2
STEPS = 6
"""The most steps; each needs one pass over the clip."""
SMALLEST_GAIN = 1e-2
"""The fit ends when a step lowers the cost by less than this part."""
EXACT = 1e-6
"""The fit ends at this cost for each frame, m^2: that of joints that are 0.2 mm off."""

MOST_FRAMES = 4096
"""The most frames solved at once; they take 35 kB each."""


@dataclass(frozen=True, eq=False)
class State:
    """The unknowns of a fit."""

    local: Floats
    """Local rotations, shaped (frames, 22, 3, 3)."""
    root: Floats
    """Positions of the pelvis, shaped (frames, 3), z up, meters."""
    betas: Floats
    """Shaped (shapes,)."""


@dataclass(frozen=True, eq=False)
class Problem:
    """What does not change in a fit."""

    clip: JointClip
    template: Floats
    """The joints at rest with all betas zero, shaped (22, 3), meters."""
    directions: Floats
    """The displacement of the joints per beta, shaped (22, 3, shapes), meters."""
    start: State
    fps: float
    free_shape: bool
    """Whether the betas may change."""

    def rest(self, state: State) -> Floats:
        """Return the joints at rest, shaped (22, 3)."""
        rest: Floats = self.template + (self.directions * state.betas).sum(axis=-1)
        return rest

    def part(self, first: int) -> "Problem":
        """Return the problem of at most `MOST_FRAMES` frames, from `first` on."""
        chosen = slice(first, first + MOST_FRAMES)
        return replace(
            self,
            clip=replace(self.clip, joints=self.clip.joints[chosen]),
            start=replace(self.start, local=self.start.local[chosen], root=self.start.root[chosen]),
        )

    @property
    def settings(self) -> tuple[float, float]:
        """Return the weights of smoothness and bounds."""
        return SMOOTHNESS * self.fps / 20.0, LIMIT


class _Equations:
    """The normal equations of a state, and its cost."""

    def __init__(self, problem: Problem, state: State) -> None:
        frames = len(state.root)
        shapes = problem.directions.shape[2] if problem.free_shape else 0
        moving = np.ascontiguousarray(problem.directions[..., :shapes])
        self.blocks = np.empty((frames, UNKNOWNS, UNKNOWNS))
        self.right = np.empty((frames, UNKNOWNS, 1 + shapes))
        self.border = np.empty((shapes, 1 + shapes))
        self.smoothness = problem.settings[0]
        self.cost = build_equations(
            state.local, problem.start.local, state.root, problem.rest(state), moving,
            problem.clip.joints, problem.clip.weights, bounds(), ANCHORS, problem.settings,
            self.blocks, self.right, self.border,
        )  # fmt: skip
        if shapes:
            ridge = RIDGE * frames
            self.cost += ridge * float((state.betas * state.betas).sum())
            self.border[:, 0] -= ridge * state.betas
            self.border[np.arange(shapes), 1 + np.arange(shapes)] += ridge

    def step(self, state: State, damping: float) -> State:
        """Return the state after a step; the equations are used up."""
        betas = state.betas[: len(self.border)]
        allowed = np.stack([-MAX_BETA - betas, MAX_BETA - betas])
        moves = solve_equations(
            self.blocks, self.right, self.border, allowed, self.smoothness, damping
        )
        steps = np.ascontiguousarray(self.right[..., 0])
        moved = replace(
            state, local=turn_joints(state.local, steps), root=state.root + steps[:, -3:]
        )
        return replace(moved, betas=betas + moves) if len(moves) else moved


def refine(problem: Problem) -> State:
    """Return the state after a few steps that lower the cost, from `problem.start`.

    Longer clips than `MOST_FRAMES` are solved in parts, all with the shape of the first part.
    """
    first, *others = (
        problem.part(start) for start in range(0, len(problem.start.root), MOST_FRAMES)
    )
    states = [_refine_part(first)]
    for other in others:
        start = replace(other.start, betas=states[0].betas)
        states.append(_refine_part(replace(other, start=start, free_shape=False)))
    return State(
        np.concatenate([state.local for state in states]),
        np.concatenate([state.root for state in states]),
        states[0].betas,
    )


def _refine_part(problem: Problem) -> State:
    best, damping = problem.start, FIRST_DAMPING
    equations = _Equations(problem, best)
    cost = equations.cost
    for _ in range(STEPS):
        if cost < EXACT * len(best.root):
            break
        candidate = equations.step(best, damping)
        equations = _Equations(problem, candidate)
        gained = cost - equations.cost
        if gained > 0:
            best, cost, damping = candidate, equations.cost, max(damping / 10, LEAST_DAMPING)
            if gained < SMALLEST_GAIN * cost:
                break
        else:
            damping = damping * 100
            if damping > MOST_DAMPING:
                break
            equations = _Equations(problem, best)
    return best
