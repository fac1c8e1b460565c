"""Self-excitation: each event raises for a while the rate of further ones, here and next door."""

from collections.abc import Sequence
from typing import Final, Self

import numpy as np
from sklearn.base import BaseEstimator

from features.arrays import Floats
from models.learners.design import one_window
from models.learners.panel import chance, fitted, logistic
from models.numerics.distribution import falling, reached
from models.problems.problem import Rows, Sample

STEPS: Final = 200
FLOOR: Final = 1e-3
LINK_C: Final = 1.0


class Hawkes(BaseEstimator):  # type: ignore[misc]
    """A linear Hawkes process on grouped times, pooled over segments (Hawkes, Biometrika 1971).

    The expected number of deadly events in the window is a background plus non-negative multiples
    of exponentially decayed counts of its own, its neighbours' and the belt's events: the `excited`
    columns, each log(1 + rate). The multiples maximise the Poisson likelihood (Ogata 1978 for the
    continuous case), by expectation-maximisation (Veen and Schoenberg, JASA 2008), which keeps them
    from falling below zero. The chance of each threshold is a logistic function of log intensity,
    since deaths come in clusters that a Poisson law does not know.
    """

    def __init__(self, thresholds: Sequence[float], excited: Sequence[str]) -> None:
        self.thresholds = thresholds
        self.excited = excited

    def _design(self, X: Floats) -> Floats:
        # columns are log(1 + rate): the process is linear in the rates
        return np.column_stack([np.ones(len(X)), np.expm1(X)]) + FLOOR

    def fit(self, sample: Sample) -> Self:
        """The fitted estimator; the count it explains is log2(1 + deaths), a severity-weighted one.

        A massacre excites more than a killing, but not in proportion to its dead.
        """
        X, size, weight = one_window(sample, self.excited)
        D, count = self._design(X), np.log2(1 + size)
        mass = weight @ D
        b = np.full(D.shape[1], (weight @ count + FLOOR) / mass.sum())
        for _ in range(STEPS):
            b *= (D.T @ (weight * count / (D @ b + FLOOR**2))) / np.maximum(mass, FLOOR**2)
        self.excitation_ = b
        line, Y = self._line(X), reached(size, self.thresholds)
        self.links_ = [fitted(logistic(LINK_C), line, y, weight) for y in Y.T]
        return self

    def intensity(self, X: Floats) -> Floats:
        """The expected severity-weighted number of events in the window, by row of the excited
        columns."""
        expected: Floats = self._design(X) @ self.excitation_
        return expected

    def _line(self, X: Floats) -> Floats:
        return np.log(self.intensity(X)[:, None] + FLOOR)

    def predict(self, rows: Rows) -> Floats:
        """P(size >= threshold): (row, 1, threshold)."""
        line = self._line(rows.pick(self.excited))
        return falling(np.column_stack([chance(link, line) for link in self.links_]))[:, None]
