"""A ridge logistic regression that starts from the memory's log-odds."""

from collections.abc import Sequence
from typing import Self

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from sklearn.base import BaseEstimator

from features.arrays import Floats
from models.learners.design import anchor, evidence, scaled
from models.numerics.distribution import rising
from models.numerics.newton import fit_offset_ridge


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
