"""What the learners see: log-scaled columns, the memories to start from, one window at a time."""

from collections.abc import Sequence
from typing import Protocol, Self

import numpy as np

from features.arrays import Floats
from features.rates import POOLED
from models.problems.problem import Rows, Sample

ANCHORS = ("memory_52", "memory_104")
"""The rates that the learners start from: on origins before 2019 their mean beat either alone."""


class Learner(Protocol):
    """What a recipe is made of: it may be tried on any problem whose columns and rates it names."""

    thresholds: Sequence[float]

    def fit(self, sample: Sample) -> Self:
        """The fitted estimator; sizes that are NaN are left out."""

    def predict(self, rows: Rows) -> Floats:
        """P(size >= threshold): (row, horizon, threshold)."""


def anchor(rows: Rows) -> Floats:
    """The probabilities to start from: (row, horizon, threshold).

    Where units share a model it is the memory that leans on all of theirs, which on origins of 2012
    to 2018 every learner of the segments did better from; else the mean of the anchors.
    """
    names = (POOLED,) if POOLED in rows.rates else ANCHORS
    p: Floats = np.mean([rows.rates[name] for name in names], axis=0)
    return p


def scaled(rows: Rows, columns: Sequence[str]) -> Floats:
    """log(1 + x) of the columns (all are counts, days or flags, so never negative)."""
    return np.log1p(rows.pick(columns))


def evidence(sample: Sample) -> Floats:
    """Row weights by horizon, each the row's times what its window tells of its own."""
    weights: Floats = sample.weight[:, None] * sample.share
    return weights


def one_window(sample: Sample, columns: Sequence[str] | None = None) -> tuple[Floats, ...]:
    """Features, sizes and weights of the rows whose one window is closed.

    Raises ValueError where the sample asks of several horizons.
    """
    if sample.size.shape[1] != 1:
        raise ValueError(f"one horizon at a time, found {sample.size.shape[1]}")
    known = ~np.isnan(sample.size[:, 0])
    X = sample.rows.X if columns is None else sample.rows.pick(columns)
    return X[known], sample.size[known, 0], sample.weight[known] * sample.share[0]


def columns_of(rows: Rows, columns: Sequence[str] | None) -> Floats:
    """The named columns, or all: (row, column)."""
    return rows.X if columns is None else rows.pick(columns)
