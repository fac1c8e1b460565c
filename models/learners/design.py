"""What the learners see: log-scaled event columns, and the memory to start from."""

from collections.abc import Iterable, Sequence

import numpy as np
import pandas as pd

from features.arrays import Floats
from features.rates import column
from features.targets import WEEK

ANCHORS = ("memory_52", "memory_104")
"""The rates that the learners start from: on origins before 2019 their mean beat either alone."""


def pick(X: pd.DataFrame, names: Iterable[str]) -> Floats:
    """The named columns' values, (row, column); by position, ten times faster than by a list."""
    at = np.array([X.columns.get_loc(name) for name in names], dtype=np.intp)
    values: Floats = X.to_numpy()[:, at]
    return values


def anchor(X: pd.DataFrame, horizons: Sequence[int]) -> Floats:
    """The probabilities to start from, the mean of the anchors': (row, horizon)."""
    rates = [pick(X, [column(rate, h) for h in horizons]) for rate in ANCHORS]
    p: Floats = np.mean(rates, axis=0)
    return p


def scaled(X: pd.DataFrame, columns: Sequence[str]) -> Floats:
    """log(1 + x) of the columns (all are counts, days or flags, so never negative)."""
    return np.log1p(pick(X, columns))


def evidence(weight: Floats, horizons: Sequence[int]) -> Floats:
    """Row weights by horizon: weekly windows overlap, so each tells WEEK / horizon of its own."""
    told: Floats = weight[:, None] * (WEEK / np.array(horizons))
    return told
