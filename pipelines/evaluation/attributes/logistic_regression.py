"""Multinomial logistic regression with an L2 penalty, by L-BFGS: what a linear probe is made of.

The objective is the mean negative log-likelihood plus half the strength times the sum of squares of
the weights; intercepts are free. It is convex, so that its minimum does not depend on the solver.
With fewer vectors than numbers, the weights of the minimum are sums of the vectors, so they are
found among these, which is several times as fast.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import log_softmax

MOST_ITERATIONS = 1000
TOLERANCE = 1e-6
"""Largest component of the gradient at which the solver stops."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class LogisticRegression:
    """A linear model of the probabilities of classes."""

    weights: Floats
    """Shaped (numbers per vector, classes)."""
    intercepts: Floats
    """Shaped (classes,)."""

    @classmethod
    def fit(
        cls, vectors: Floats, classes: NDArray[np.intp], strength: float
    ) -> "LogisticRegression":
        """Fit vectors shaped (clips, numbers) to their classes, numbered from 0 without gaps."""
        if len(vectors) < vectors.shape[1]:
            left, scales, axes = np.linalg.svd(vectors, full_matrices=False)
            among = cls.fit(left * scales, classes, strength)
            return cls(axes.T @ among.weights, among.intercepts)
        numbers, known = vectors.shape[1], int(classes.max()) + 1
        targets = np.eye(known)[classes]
        start = np.zeros((numbers + 1) * known)
        found = minimize(
            _loss_and_gradient,
            start,
            (vectors, targets, strength),
            method="L-BFGS-B",
            jac=True,
            options={"maxiter": MOST_ITERATIONS, "gtol": TOLERANCE},
        )
        values = np.asarray(found.x).reshape(numbers + 1, known)
        return cls(values[:-1], values[-1])

    def log_probabilities(self, vectors: Floats) -> Floats:
        """Return the logarithm of the probability of each class, shaped (clips, classes)."""
        return np.asarray(log_softmax(vectors @ self.weights + self.intercepts, axis=1))

    def classes(self, vectors: Floats) -> NDArray[np.intp]:
        """Return the most probable class of each vector, the first one of equals."""
        return np.asarray(self.log_probabilities(vectors).argmax(axis=1), np.intp)


def _loss_and_gradient(
    flat: Floats, vectors: Floats, targets: Floats, strength: float
) -> tuple[float, Floats]:
    values = flat.reshape(vectors.shape[1] + 1, targets.shape[1])
    weights, intercepts = values[:-1], values[-1]
    logs = log_softmax(vectors @ weights + intercepts, axis=1)
    loss = -(targets * logs).sum() / len(vectors) + 0.5 * strength * (weights**2).sum()
    errors = (np.exp(logs) - targets) / len(vectors)
    gradient = np.vstack((vectors.T @ errors + strength * weights, errors.sum(axis=0)))
    return float(loss), gradient.ravel()
