"""A ridge logistic regression that starts from the memory's log-odds."""

from collections.abc import Sequence
from typing import Self

import numpy as np
from scipy.special import expit, logit
from sklearn.base import BaseEstimator

from features.arrays import Floats
from models.learners.design import anchor, evidence, scaled
from models.numerics.newton import fit_offset_ridge
from models.problems.problem import Rows, Sample

STILL = 1e-6
"""A column that varied less says nothing."""


class MemoryLogistic(BaseEstimator):  # type: ignore[misc]
    """A regression a horizon and threshold: the memory's log-odds plus a ridge on a few columns.

    With no evidence it repeats the memory.
    """

    def __init__(
        self, thresholds: Sequence[float], columns: Sequence[str], penalty: float = 400.0
    ) -> None:
        self.thresholds = thresholds
        self.columns = columns
        self.penalty = penalty

    def fit(self, sample: Sample) -> Self:
        """The fitted estimator; windows that are not closed are left out."""
        Z, weight = scaled(sample.rows, self.columns), sample.weight
        total = weight.sum()
        self.centre_ = weight @ Z / total
        self.spread_ = np.sqrt(weight @ (Z - self.centre_) ** 2 / total)
        self.spread_[self.spread_ < STILL] = np.inf
        Z = self._standard(Z)
        precision = np.full(Z.shape[1], self.penalty)
        start, weights = logit(anchor(sample.rows)), evidence(sample)
        self.coefficients_ = np.empty((weights.shape[1], len(self.thresholds), Z.shape[1]))
        for k, threshold in enumerate(self.thresholds):
            Y = sample.reached(threshold)
            for h in range(weights.shape[1]):
                row = ~np.isnan(Y[:, h])
                self.coefficients_[h, k] = fit_offset_ridge(
                    Z[row], Y[row, h], weights[row, h], start[row, h, k], precision
                )
        return self

    def _standard(self, Z: Floats) -> Floats:
        Z = (Z - self.centre_) / self.spread_
        return np.column_stack([np.ones(len(Z)), Z])

    def predict(self, rows: Rows) -> Floats:
        """P(size >= threshold): (row, horizon, threshold)."""
        Z = self._standard(scaled(rows, self.columns))
        moved = np.stack([Z @ b.T for b in self.coefficients_.transpose(1, 0, 2)], axis=2)
        p: Floats = expit(logit(anchor(rows)) + moved)
        return p
