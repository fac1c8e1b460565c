"""The baselines: a rate of the past, taken as the forecast."""

from typing import Self

import pandas as pd
from sklearn.base import BaseEstimator

from features.arrays import Floats
from features.rates import column
from models.learners.design import pick
from models.numerics.distribution import rising


class Rate(BaseEstimator):  # type: ignore[misc]
    """Forecasts one rate column as it stands; nothing is fitted."""

    def __init__(self, rate: str, horizons: tuple[int, ...]) -> None:
        self.rate = rate
        self.horizons = horizons
        self.columns: tuple[str, ...] = ()

    def fit(self, X: pd.DataFrame, Y: Floats, weight: Floats) -> Self:  # noqa: ARG002
        """The estimator itself."""
        return self

    def predict_proba(self, X: pd.DataFrame) -> Floats:
        """Probabilities, (row, horizon)."""
        return rising(pick(X, [column(self.rate, h) for h in self.horizons]))
