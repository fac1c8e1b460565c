"""Gradient boosting (scikit-learn) that starts from the memory's log-odds, pooled over horizons."""

from collections.abc import Sequence
from typing import Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import GradientBoostingClassifier

from features.arrays import Floats
from models.learners.design import anchor, evidence, scaled
from models.numerics.distribution import rising

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
        horizons: tuple[int, ...],
        columns: Sequence[str],
        trees: int = 10,
        rate: float = 0.036,
        depth: int = 2,
        seed: int = 0,
    ) -> None:
        self.horizons = horizons
        self.columns = columns
        self.trees = trees
        self.rate = rate
        self.depth = depth
        self.seed = seed

    def _design(self, X: pd.DataFrame) -> Floats:
        """Rows by horizon, (row, horizon) raveled: the memory, the horizon, the columns."""
        Z = np.repeat(scaled(X, self.columns), len(self.horizons), axis=0)
        horizon = np.tile(np.log(self.horizons), len(X))
        return np.column_stack([anchor(X, self.horizons).ravel(), horizon, Z])

    def fit(self, X: pd.DataFrame, Y: Floats, weight: Floats) -> Self:
        """The fitted estimator; NaN labels (windows not closed) are left out.

        Where only one outcome has been seen there is nothing to learn: it repeats the memory.
        """
        step = max(1, len(X) // ROWS)
        X, Y, weight = X.iloc[::step], Y[::step], weight[::step] * step
        y = Y.ravel()
        known = ~np.isnan(y)
        weights = evidence(weight, self.horizons).ravel()
        self.trees_ = None
        if len(np.unique(y[known])) == 2:
            self.trees_ = GradientBoostingClassifier(
                init=Start(),
                n_estimators=self.trees,
                learning_rate=self.rate,
                max_depth=self.depth,
                subsample=0.5,
                max_features=0.5,
                min_weight_fraction_leaf=0.2,
                random_state=self.seed,
            ).fit(self._design(X)[known], y[known], sample_weight=weights[known])
        return self

    def predict_proba(self, X: pd.DataFrame) -> Floats:
        """Probabilities, (row, horizon)."""
        D = self._design(X)
        p = D[:, 0] if self.trees_ is None else self.trees_.predict_proba(D)[:, 1]
        return rising(np.asarray(p, np.float64).reshape(len(X), len(self.horizons)))
