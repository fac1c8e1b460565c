"""A discrete-time hazard model (statsmodels): one fit for all horizons."""

from collections.abc import Sequence
from typing import Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator

from features.arrays import Floats
from models.learners.design import anchor, evidence, scaled
from models.learners.prior import read_prior, whitened
from models.numerics.distribution import rising

FLOOR = 1e-9


class Hazard(BaseEstimator):  # type: ignore[misc]
    """P(event within h) = 1 - exp(-H(h) exp(a + c'x)), H the memory's cumulative hazard.

    The complementary log-log regression of grouped survival times (Prentice and Gloeckler 1978)
    with the memory as offset and a ridge on a and c: proportional hazards over horizons, so the
    probability rises with the horizon as the memory's does. `pooled` starts from what other dyads
    have taught (prior.py), and takes this dyad's own coefficients to lie 1 / penalty (variance)
    about them; else from zero.
    """

    def __init__(
        self,
        horizons: tuple[int, ...],
        columns: Sequence[str],
        penalty: float = 400.0,
        pooled: bool = False,
    ) -> None:
        self.horizons = horizons
        self.columns = columns
        self.penalty = penalty
        self.pooled = pooled

    def _design(self, X: pd.DataFrame) -> Floats:
        Z = scaled(X, self.columns)
        return np.column_stack([np.ones(len(Z)), Z])

    def _hazard(self, X: pd.DataFrame) -> Floats:
        """The memory's log cumulative hazard: (row, horizon)."""
        log_hazard: Floats = np.log(-np.log1p(-anchor(X, self.horizons)))
        return log_hazard

    def fit(self, X: pd.DataFrame, Y: Floats, weight: Floats) -> Self:
        """The fitted estimator; NaN labels (windows not closed) are left out.

        With no evidence it repeats the memory, or says what the pool says.
        """
        from statsmodels.genmod.families import Binomial
        from statsmodels.genmod.families.links import CLogLog
        from statsmodels.genmod.generalized_linear_model import GLM

        row, horizon = np.nonzero(~np.isnan(Y))
        weights = evidence(weight, self.horizons)[row, horizon]
        D = self._design(X)[row]
        mean, root = self._start(D.shape[1])
        self.coefficients_ = mean
        if not len(row):
            return self
        offset = self._hazard(X)[row, horizon] + D @ mean
        D = D @ root
        model = GLM(Y[row, horizon], D, Binomial(CLogLog()), offset=offset, var_weights=weights)
        ridge = model.fit_regularized(alpha=1 / len(row), L1_wt=0.0)
        self.coefficients_ = mean + root @ np.asarray(ridge.params)
        return self

    def _start(self, size: int) -> tuple[Floats, Floats]:
        """The Gaussian prior of the coefficients: its mean, and a root of its covariance."""
        if self.pooled:
            return whitened(read_prior(), 1 / self.penalty)
        return np.zeros(size), np.eye(size) / np.sqrt(self.penalty)

    def predict_proba(self, X: pd.DataFrame) -> Floats:
        """Probabilities, (row, horizon)."""
        log_hazard = self._hazard(X) + (self._design(X) @ self.coefficients_)[:, None]
        p = -np.expm1(-np.exp(np.clip(log_hazard, -30, 5)))
        return rising(np.clip(p, FLOOR, 1 - FLOOR))
