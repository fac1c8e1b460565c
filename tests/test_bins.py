"""Binned columns grow the same trees as the columns themselves."""

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier

from models.bins import Bins


def test_bins_by_hand() -> None:
    X = np.array([[0.0, 5.0], [1.0, 5.0], [3.0, 5.0], [4.0, 5.0]])

    halves = Bins(2).fit(X, np.array([1.0, 1.0, 1.0, 9.0]))
    apart = Bins(4).fit(X, np.ones(4))

    # half the weight lies at 4 alone; a column of one value has one bin
    assert halves.transform(np.array([[4.0, 5.0], [9.0, 9.0]])).tolist() == [[0, 0], [1, 0]]
    assert apart.transform(X)[:, 0].tolist() == [0, 1, 2, 3]
    assert apart.transform(np.array([[0.4, 0.0], [2.1, 0.0]]))[:, 0].tolist() == [0, 2]


def test_boosting_on_bins_is_boosting_on_columns() -> None:
    rng = np.random.default_rng(1)
    X = rng.normal(size=(2000, 3))
    X[:, 2] = np.round(X[:, 2])
    y = rng.random(2000) < 1 / (1 + np.exp(-X[:, 0] - X[:, 2]))
    weight = rng.uniform(0.5, 2, 2000)
    model = HistGradientBoostingClassifier(max_iter=10, max_bins=16, random_state=0)
    bins = Bins(16).fit(X, weight)

    plain = model.fit(X, y, weight).predict_proba(X)
    binned = model.fit(bins.transform(X), y, weight).predict_proba(bins.transform(X))

    np.testing.assert_allclose(binned, plain)
