"""Gradient boosting (scikit-learn) that starts from the memory's log-odds, pooled over horizons."""

from collections.abc import Sequence
from typing import Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import GradientBoostingClassifier

from features.arrays import Floats
from models.learners.design import anchor, evidence, scaled
from models.problems.problem import Rows, Sample

ROWS = 1000
"""Where there are more rows, every k-th stands for its neighbours: weekly windows overlap."""


class Start(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """The forecast that boosting starts from: the first column, itself a probability."""

    def fit(self, X: Floats, y: Floats, sample_weight: Floats | None = None) -> Self:  # noqa: ARG002
        """The estimator; nothing is fitted but the two classes."""
        self.classes_ = np.array([0.0, 1.0])
        return self

    def predict_proba(self, X: Floats) -> Floats:
        """Both classes' probabilities: (row, 2)."""
        p = X[:, 0].astype(np.float64)
        return np.column_stack([1 - p, p])


class Boosting(BaseEstimator):  # type: ignore[misc]
    """Small trees, each on a random part of the rows, that correct the memory."""

    def __init__(
        self,
        thresholds: Sequence[float],
        columns: Sequence[str],
        trees: int = 10,
        rate: float = 0.036,
        depth: int = 2,
        seed: int = 0,
    ) -> None:
        self.thresholds = thresholds
        self.columns = columns
        self.trees = trees
        self.rate = rate
        self.depth = depth
        self.seed = seed

    def _design(self, rows: Rows, threshold: int) -> Floats:
        """Rows by horizon, (row, horizon) raveled: the memory, the horizon, the columns."""
        Z = np.repeat(scaled(rows, self.columns), len(rows.horizons), axis=0)
        horizon = np.tile(np.log(rows.horizons), len(rows))
        return np.column_stack([anchor(rows)[:, :, threshold].ravel(), horizon, Z])

    def fit(self, sample: Sample) -> Self:
        """The fitted estimator; windows that are not closed are left out.

        Where only one outcome has been seen there is nothing to learn: it repeats the memory.
        """
        step = max(1, len(sample.rows) // ROWS)
        sample = Sample(
            sample.rows.take(slice(None, None, step)),
            sample.size[::step],
            sample.weight[::step] * step,
            sample.share,
        )
        self.trees_ = [
            self._fit_one(self._design(sample.rows, k), sample.reached(threshold), evidence(sample))
            for k, threshold in enumerate(self.thresholds)
        ]
        return self

    def _fit_one(self, D: Floats, Y: Floats, weights: Floats) -> GradientBoostingClassifier | None:
        y = Y.ravel()
        known = ~np.isnan(y)
        if len(np.unique(y[known])) < 2:
            return None
        return GradientBoostingClassifier(
            init=Start(),
            n_estimators=self.trees,
            learning_rate=self.rate,
            max_depth=self.depth,
            subsample=0.5,
            max_features=0.5,
            min_weight_fraction_leaf=0.2,
            random_state=self.seed,
        ).fit(D[known], y[known], sample_weight=weights.ravel()[known])

    def predict(self, rows: Rows) -> Floats:
        """P(size >= threshold): (row, horizon, threshold)."""
        columns = []
        for k, trees in enumerate(self.trees_):
            D = self._design(rows, k)
            p = D[:, 0] if trees is None else trees.predict_proba(D)[:, 1]
            columns.append(np.asarray(p, np.float64).reshape(len(rows), len(rows.horizons)))
        return np.stack(columns, axis=2)
