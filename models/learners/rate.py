"""The baselines: a rate of the past, taken as the forecast."""

from collections.abc import Sequence
from typing import Self

from sklearn.base import BaseEstimator

from features.arrays import Floats
from models.problems.problem import Rows, Sample


class Rate(BaseEstimator):  # type: ignore[misc]
    """Forecasts one rate as it stands; nothing is fitted."""

    def __init__(self, rate: str, thresholds: Sequence[float]) -> None:
        self.rate = rate
        self.thresholds = thresholds

    def fit(self, sample: Sample) -> Self:  # noqa: ARG002
        """The estimator itself."""
        return self

    def predict(self, rows: Rows) -> Floats:
        """P(size >= threshold): (row, horizon, threshold)."""
        return rows.rates[self.rate]
