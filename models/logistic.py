"""A ridge logistic regression that starts from the memory's log-odds."""

from collections.abc import Sequence
from typing import Self

import numpy as np
import pandas as pd
from scipy.linalg import solve
from scipy.special import expit, logit
from sklearn.base import BaseEstimator

from features.history import Floats
from models.design import anchor, evidence, rising, scaled

STEPS = 25
TOLERANCE = 1e-8


def fit_offset_ridge(
    Z: Floats, y: Floats, weight: Floats, offset: Floats, precision: Floats
) -> Floats:
    """The coefficients that maximise the weighted log-likelihood of logit p = offset + Z b,
    less b' diag(precision) b / 2: the mode under a Gaussian prior, by Newton's method.

    Libraries fit a ridge or an offset, not both at a speed that a refit at every origin allows.
    """
    b = np.zeros(Z.shape[1])
    for _ in range(STEPS):
        p = expit(offset + Z @ b)
        gradient = Z.T @ (weight * (y - p)) - precision * b
        curvature = (Z * (weight * p * (1 - p))[:, None]).T @ Z + np.diag(precision)
        step = solve(curvature, gradient, assume_a="pos")
        b += step
        if np.abs(step).max() < TOLERANCE:
            break
    return b


class MemoryLogistic(BaseEstimator):  # type: ignore[misc]
    """One regression a horizon: the memory's log-odds plus a ridge on a few decayed counts.

    With no evidence it repeats the memory.
    """

    def __init__(
        self, horizons: tuple[int, ...], columns: Sequence[str], penalty: float = 400.0
    ) -> None:
        self.horizons = horizons
        self.columns = columns
        self.penalty = penalty

    def fit(self, X: pd.DataFrame, Y: Floats, weight: Floats) -> Self:
        """The fitted estimator; NaN labels (windows not closed) are left out."""
        Z = scaled(X, self.columns)
        total = weight.sum()
        self.centre_ = weight @ Z / total
        self.spread_ = np.sqrt(weight @ (Z - self.centre_) ** 2 / total)
        self.spread_[self.spread_ < 1e-6] = np.inf  # a column that never varied says nothing
        Z = self._standard(Z)
        precision = np.full(Z.shape[1], self.penalty)
        start, weights = logit(anchor(X, self.horizons)), evidence(weight, self.horizons)
        fitted = []
        for i, _ in enumerate(self.horizons):
            row = ~np.isnan(Y[:, i])
            fitted.append(
                fit_offset_ridge(Z[row], Y[row, i], weights[row, i], start[row, i], precision)
            )
        self.coefficients_ = np.stack(fitted)
        return self

    def _standard(self, Z: Floats) -> Floats:
        Z = (Z - self.centre_) / self.spread_
        return np.column_stack([np.ones(len(Z)), Z])

    def predict_proba(self, X: pd.DataFrame) -> Floats:
        """Probabilities, (row, horizon)."""
        moved = self._standard(scaled(X, self.columns)) @ self.coefficients_.T
        return rising(expit(logit(anchor(X, self.horizons)) + moved))
