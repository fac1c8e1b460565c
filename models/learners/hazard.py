"""A discrete-time hazard model (statsmodels): one fit for all horizons."""

from collections.abc import Sequence
from typing import Self

import numpy as np
from sklearn.base import BaseEstimator

from features.arrays import Floats
from models.learners.design import anchor, evidence, scaled
from models.learners.prior import read_prior, whitened
from models.numerics.odds import EDGE
from models.problems.problem import Rows, Sample


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
        thresholds: Sequence[float],
        columns: Sequence[str],
        penalty: float = 400.0,
        pooled: bool = False,
    ) -> None:
        self.thresholds = thresholds
        self.columns = columns
        self.penalty = penalty
        self.pooled = pooled

    def _design(self, rows: Rows) -> Floats:
        Z = scaled(rows, self.columns)
        return np.column_stack([np.ones(len(Z)), Z])

    def fit(self, sample: Sample) -> Self:
        """The fitted estimator; windows that are not closed are left out.

        With no evidence it repeats the memory, or says what the pool says.
        """
        D, log_hazard = self._design(sample.rows), _log_hazard(sample.rows)
        self.coefficients_ = np.stack(
            [
                self._fit_one(D, log_hazard[:, :, k], sample.reached(threshold), evidence(sample))
                for k, threshold in enumerate(self.thresholds)
            ]
        )
        return self

    def _fit_one(self, D: Floats, log_hazard: Floats, Y: Floats, weights: Floats) -> Floats:
        from statsmodels.genmod.families import Binomial
        from statsmodels.genmod.families.links import CLogLog
        from statsmodels.genmod.generalized_linear_model import GLM

        row, horizon = np.nonzero(~np.isnan(Y))
        mean, root = self._start(D.shape[1])
        if not len(row):
            return mean
        D = D[row]
        offset = log_hazard[row, horizon] + D @ mean
        model = GLM(
            Y[row, horizon],
            D @ root,
            Binomial(CLogLog()),
            offset=offset,
            var_weights=weights[row, horizon],
        )
        ridge = model.fit_regularized(alpha=1 / len(row), L1_wt=0.0)
        fitted: Floats = mean + root @ np.asarray(ridge.params)
        return fitted

    def _start(self, size: int) -> tuple[Floats, Floats]:
        """The Gaussian prior of the coefficients: its mean, and a root of its covariance."""
        if self.pooled:
            return whitened(read_prior(), 1 / self.penalty)
        return np.zeros(size), np.eye(size) / np.sqrt(self.penalty)

    def predict(self, rows: Rows) -> Floats:
        """P(size >= threshold): (row, horizon, threshold)."""
        D = self._design(rows)
        moved = np.stack([D @ b for b in self.coefficients_], axis=1)
        log_hazard = _log_hazard(rows) + moved[:, None]
        p = -np.expm1(-np.exp(np.clip(log_hazard, -30, 5)))
        clipped: Floats = np.clip(p, EDGE, 1 - EDGE)
        return clipped


def _log_hazard(rows: Rows) -> Floats:
    """The memory's log cumulative hazard: (row, horizon, threshold)."""
    log_hazard: Floats = np.log(-np.log1p(-anchor(rows)))
    return log_hazard
