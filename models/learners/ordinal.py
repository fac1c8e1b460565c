"""One logistic regression for a few neighbouring thresholds: a level for each, slopes in common."""

from collections.abc import Sequence
from typing import Final, Self

import numpy as np
from scipy.linalg import solve
from scipy.special import expit
from sklearn.base import BaseEstimator

from features.arrays import Floats
from models.numerics.distribution import falling, reached

STEPS: Final = 30
LEAP: Final = 4.0
"""The longest step in any coefficient: where few rows say much, Newton's overshoots."""
TOLERANCE: Final = 1e-4
LEVEL_SHARE: Final = 0.05
"""What a level is drawn to zero, beside a slope."""
TOLD: Final = 1.5
"""How many rows the several answers of one row are worth: they are nearly one answer."""
STILL: Final = 1e-3
"""A column that varied less says nothing."""


class LadderRidge(BaseEstimator):  # type: ignore[misc]
    """P(size >= k) with logit = level of k + slopes x standardised columns, penalty 1 / C.

    Parallel slopes are McCullagh's (J. R. Stat. Soc. B 1980), each threshold's answers taken as a
    row's of its own. What deaths just below and above a threshold say is so used for it. `starts`
    are for each threshold the columns whose mean is the log-odds to start from, if any: with no
    evidence it then repeats those.
    """

    def __init__(
        self,
        thresholds: Sequence[float],
        columns: Sequence[int],
        starts: Sequence[Sequence[int]] = (),
        C: float = 0.03,
    ) -> None:
        self.thresholds = thresholds
        self.columns = columns
        self.starts = starts
        self.C = C

    def fit(self, X: Floats, size: Floats, weight: Floats) -> Self:
        """The fitted estimator; a second fit sets out from the first one's coefficients."""
        Z = X[:, list(self.columns)]
        self.centre_ = weight @ Z / weight.sum()
        self.spread_ = np.sqrt(weight @ (Z - self.centre_) ** 2 / weight.sum())
        self.spread_[self.spread_ < STILL] = np.inf
        Z = (Z - self.centre_) / self.spread_
        Y = reached(size, self.thresholds)
        told = weight * TOLD / max(len(self.thresholds), TOLD)
        if not hasattr(self, "slopes_"):
            self.levels_, self.slopes_ = np.zeros(Y.shape[1]), np.zeros(Z.shape[1])
        first = self.levels_, self.slopes_
        self.levels_, self.slopes_ = _fit(Z, Y, told, self._start(X), self.C, *first)
        return self

    def predict(self, X: Floats) -> Floats:
        """P(size >= k): (row, threshold)."""
        Z = (X[:, list(self.columns)] - self.centre_) / self.spread_
        return falling(expit(self._start(X) + self.levels_ + (Z @ self.slopes_)[:, None]))

    def _start(self, X: Floats) -> Floats:
        if not self.starts:
            return np.zeros((len(X), len(self.thresholds)))
        return np.column_stack([X[:, list(columns)].mean(axis=1) for columns in self.starts])


def _fit(
    Z: Floats,
    Y: Floats,
    weight: Floats,
    start: Floats,
    C: float,
    levels: Floats,
    slopes: Floats,
) -> tuple[Floats, Floats]:
    """Levels and slopes that maximise the penalised likelihood, by Newton's method.

    The slopes are shared, so a row's curvature is the sum over its thresholds, and many thresholds
    cost hardly more than one.
    """
    at = len(levels)
    penalty = np.concatenate([np.full(at, LEVEL_SHARE / C), np.full(len(slopes), 1 / C)])
    for _ in range(STEPS):
        p = expit(start + levels + (Z @ slopes)[:, None])
        off, bend = weight[:, None] * (Y - p), weight[:, None] * p * (1 - p)
        gradient = np.concatenate([off.sum(axis=0), Z.T @ off.sum(axis=1)])
        cross = bend.T @ Z
        curvature = np.block(
            [[np.diag(bend.sum(axis=0)), cross], [cross.T, (Z * bend.sum(axis=1)[:, None]).T @ Z]]
        )
        gradient -= penalty * np.concatenate([levels, slopes])
        step = solve(curvature + np.diag(penalty), gradient, assume_a="pos")
        step *= min(1.0, LEAP / max(np.abs(step).max(), TOLERANCE))
        levels, slopes = levels + step[:at], slopes + step[at:]
        if np.abs(step).max() < TOLERANCE:
            break
    return levels, slopes
