"""One logistic regression for a few neighbouring thresholds: a level for each, slopes in common."""

from collections.abc import Mapping, Sequence
from typing import Final, Self

import numpy as np
from scipy.linalg import solve
from scipy.special import expit
from sklearn.base import BaseEstimator, clone

from features.arrays import Floats
from models.learners.design import one_window
from models.numerics.distribution import falling, reached
from models.problems.problem import Rows, Sample

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


class Parallel(BaseEstimator):  # type: ignore[misc]
    """P(size >= k) with logit = level of k + slopes x standardised columns, penalty 1 / C.

    Parallel slopes are McCullagh's (J. R. Stat. Soc. B 1980), each threshold's answers taken as a
    row's of its own. What deaths just below and above a threshold say is so used for it. `starts`
    are for each threshold the columns whose mean is the log-odds to start from, if any: with no
    evidence it then repeats those.
    """

    def __init__(
        self,
        thresholds: Sequence[float],
        columns: Sequence[str],
        starts: Sequence[Sequence[str]] = (),
        C: float = 0.03,
    ) -> None:
        self.thresholds = thresholds
        self.columns = columns
        self.starts = starts
        self.C = C

    def fit(self, sample: Sample) -> Self:
        """The fitted estimator."""
        Z, size, weight = one_window(sample, self.columns)
        self.centre_ = weight @ Z / weight.sum()
        self.spread_ = np.sqrt(weight @ (Z - self.centre_) ** 2 / weight.sum())
        self.spread_[self.spread_ < STILL] = np.inf
        Z = (Z - self.centre_) / self.spread_
        Y = reached(size, self.thresholds)
        worth = weight * TOLD / max(len(self.thresholds), TOLD)
        start = self._start(sample.rows)[~np.isnan(sample.size[:, 0])]
        self.levels_, self.slopes_ = _fit(Z, Y, worth, start, self.C)
        return self

    def predict(self, rows: Rows) -> Floats:
        """P(size >= threshold): (row, 1, threshold)."""
        Z = (rows.pick(self.columns) - self.centre_) / self.spread_
        odds = self._start(rows) + self.levels_ + (Z @ self.slopes_)[:, None]
        return falling(expit(odds))[:, None]

    def _start(self, rows: Rows) -> Floats:
        if not self.starts:
            return np.zeros((len(rows), len(self.thresholds)))
        return np.column_stack([rows.pick(columns).mean(axis=1) for columns in self.starts])


class Neighbouring(BaseEstimator):  # type: ignore[misc]
    """For each threshold a `Parallel` on the thresholds around it, of which it keeps that one."""

    def __init__(self, parts: Mapping[float, Parallel]) -> None:
        self.parts = parts
        self.thresholds = tuple(parts)

    def fit(self, sample: Sample) -> Self:
        """The fitted estimator."""
        self.models_ = [clone(part).fit(sample) for part in self.parts.values()]
        return self

    def predict(self, rows: Rows) -> Floats:
        """P(size >= threshold): (row, 1, threshold)."""
        several = [
            model.predict(rows)[:, 0, list(model.thresholds).index(k)]
            for k, model in zip(self.thresholds, self.models_, strict=True)
        ]
        return falling(np.column_stack(several))[:, None]


def _fit(Z: Floats, Y: Floats, weight: Floats, start: Floats, C: float) -> tuple[Floats, Floats]:
    """Levels and slopes that maximise the penalised likelihood, by Newton's method.

    The slopes are shared, so a row's curvature is the sum over its thresholds, and many thresholds
    cost hardly more than one.
    """
    levels, slopes = np.zeros(Y.shape[1]), np.zeros(Z.shape[1])
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
