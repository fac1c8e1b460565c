"""Columns cut at their weighted quantiles, once for all the models that are fitted on them."""

from typing import Self

import numpy as np

from features.history import Floats


class Bins:
    """At most `most` bins a column, their edges quantiles by row weight, or between few values.

    Gradient boosting that is given the bins' numbers grows the trees that it would have grown on
    the columns. It would cut them anew for every threshold, and with row weights that is slow.
    """

    def __init__(self, most: int) -> None:
        self.most = most

    def fit(self, X: Floats, weight: Floats) -> Self:
        """The bins of these rows."""
        self.edges_ = [_edges(column, weight, self.most) for column in X.T]
        return self

    def transform(self, X: Floats) -> Floats:
        """The number of each value's bin, (row, column)."""
        numbers = [np.searchsorted(e, x) for e, x in zip(self.edges_, X.T, strict=True)]
        return np.column_stack(numbers).astype(np.float64)


def _edges(column: Floats, weight: Floats, most: int) -> Floats:
    values = np.unique(column)
    if len(values) <= most:
        between: Floats = (values[1:] + values[:-1]) / 2
        return between
    ranks = np.linspace(0, 1, most + 1)[1:-1]
    found: Floats = np.unique(np.quantile(column, ranks, weights=weight, method="inverted_cdf"))
    return found
